/** What was measured, where, and how to do it again. */
import type { HostFingerprint, RecordLine } from "../../domain/record.ts";
import type { Reading } from "../../domain/units.ts";
import type { Summary } from "../../domain/verdict.ts";
import { formatBytes, formatCount, formatDuration, formatNumberOf, formatTime } from "../format.ts";
import { isolationText } from "../isolation-words.ts";
import { emulationText } from "../words.ts";
import { html } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { agentLabel, note, section, table } from "./parts.ts";
import { absent } from "./typeset.ts";

const reading = (value: Reading<string | number>): string =>
  value.kind === "value" ? String(value.value) : `not known: ${value.reason}`;

const facts = (pairs: readonly (readonly [string, string | Markup])[]): Markup =>
  html`<dl>
    ${pairs.map(
      ([name, text]) =>
        html`<dt>${name}</dt>
          <dd>${text}</dd>`,
    )}
  </dl>`;

const hostFacts = (host: HostFingerprint): Markup =>
  facts([
    ["Host", host.hostname],
    ["System", `${host.distribution}, kernel ${host.kernel}, ${host.arch}`],
    [
      "Processor",
      `${host.cpuModel}, ${formatNumberOf(host.cpus, "CPU")} (possible: ${reading(host.possibleCpus)})`,
    ],
    ["Memory", `${formatBytes(host.memoryBytes)}, page size ${reading(host.pageSize)}`],
    ["Virtualisation", host.virtualisation],
    ...[emulationText(host)].flatMap((text) => (text === null ? [] : [["CPU emulated", text] as const])),
    ["Clock source", reading(host.clocksource)],
    ["Frequency governor", reading(host.governor)],
    ["Mitigations", reading(host.mitigations)],
    ["cgroups", host.cgroup],
    ["Node.js", host.node],
  ]);

const runFacts = ({ run }: Summary): Markup => {
  const took = run.endedAt === null ? Number.NaN : Date.parse(run.endedAt) - Date.parse(run.startedAt);
  return facts([
    ["Run", run.id],
    [
      "Started",
      `${formatTime(run.startedAt)}${Number.isNaN(took) ? "" : `, took ${formatDuration(took)}`}${run.complete ? "" : ", incomplete"}`,
    ],
    ["Tool", run.tool],
    ["Method", run.method],
    ["Design", `profile ${run.profile}, ${formatNumberOf(run.blocks, "block")}, seed ${run.seed}`],
    [
      "Trials",
      `${formatCount(run.trials.measured)} measured, ${formatCount(run.trials.skipped)} skipped, ${formatCount(run.trials.failed)} failed`,
    ],
    ["Command", html`<code>${run.command.join(" ")}</code>`],
    ["Budgets", run.budgetSource],
    ...[isolationText(run)].flatMap((text) => (text === null ? [] : [["Ran in", text] as const])),
  ]);
};

/** Settings that an agent ran with, from its first turn that started. */
export const settingsOf = (
  lines: readonly RecordLine[],
  agent: string,
): readonly (readonly [string, string])[] => {
  const turn = lines.find(
    (line) => line.type === "turn" && line.agent === agent && line.outcome.kind === "started",
  );
  return turn?.type === "turn" && turn.outcome.kind === "started"
    ? Object.entries(turn.outcome.settings)
    : [];
};

const agentTable = (summary: Summary): Markup =>
  table(
    "Agents that were measured",
    [{ title: "agent" }, { title: "what it is" }, { title: "version" }, { title: "observes" }],
    measuredAgents(summary).map((agent) => ({
      header: agentLabel(summary, agent.id),
      cells: [
        html`${agent.title}`,
        agent.version === null ? absent("no version") : html`${agent.version}`,
        agent.observes.length === 0 ? absent("observes nothing") : html`${agent.observes.join(", ")}`,
      ],
    })),
  );

const measuredAgents = (summary: Summary): Summary["agents"] =>
  summary.agents.filter((agent) => agent.status === "measured");

/** What an agent cannot see and how it was set up: folded away, because it is long and seldom the question. */
const agentDetails = (summary: Summary, lines: readonly RecordLine[]): readonly Markup[] =>
  measuredAgents(summary).map((agent) => {
    const settings = settingsOf(lines, agent.id);
    const blind = agent.blindSpots.length === 0 ? "nothing known" : agent.blindSpots.join("; ");
    return html`<details data-agent="${agent.id}">
      <summary>${agentLabel(summary, agent.id)}: what it cannot see, how it was set up</summary>
      ${facts([
        ["cannot see", blind],
        ...(settings.length === 0
          ? [["settings", absent("none recorded")] as const]
          : settings.map(([name, text]) => [name, html`<code class="setting">${text}</code>`] as const)),
      ])}
    </details>`;
  });

export const settingSection = (summary: Summary, lines: readonly RecordLine[]): Markup =>
  section(
    "setting",
    "What was measured",
    html`<div class="charts">${runFacts(summary)}${hostFacts(summary.host)}</div>`,
    agentTable(summary),
    ...agentDetails(summary, lines),
    note(
      "The figures are those of this machine at this time. Another machine, kernel or configuration of an agent gives others.",
    ),
  );
