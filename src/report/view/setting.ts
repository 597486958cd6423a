/** What was measured, where, and how to do it again. */
import { createHash } from "node:crypto";
import type { AgentView, RunFacts, RunView } from "../../domain/run-view.ts";
import { known } from "../../domain/units.ts";
import type { Reading } from "../../domain/units.ts";
import { formatBytes, formatCount, formatDuration, formatNumberOf, formatTime } from "../format.ts";
import { emulationText } from "./in-short.ts";
import type { Block, Cell, Section } from "./section.ts";
import { absent, agent, note, table, text } from "./section.ts";

type Facts = readonly (readonly [name: string, cell: Cell])[];

const reading = (value: Reading<string | number>): string =>
  value.kind === "value" ? String(value.value) : `not known: ${value.reason}`;

/** Null where it ran in the node's own namespaces. */
const isolationText = ({ isolation }: RunFacts): string | null =>
  isolation === undefined
    ? null
    : `${isolation.join(" and ")} namespaces of the run's own, every workload and the baselines included, because an agent of this run acts on a whole node`;

/** Null where it has not ended. */
const durationOf = ({ startedAt, endedAt }: RunFacts): string | null => {
  const took = endedAt === null ? Number.NaN : Date.parse(endedAt) - Date.parse(startedAt);
  return Number.isNaN(took) ? null : formatDuration(took);
};

const trialsText = ({ trials }: RunFacts): string =>
  `${formatCount(trials.measured)} measured, ${formatCount(trials.skipped)} skipped, ${formatCount(trials.failed)} failed`;

const inFact = (name: string, text_: string | null): Facts => (text_ === null ? [] : [[name, text(text_)]]);

/** What a terminal and Markdown begin with. */
export const briefFacts = ({ run, host }: RunView): Facts => [
  [
    "run",
    text(
      `${run.id}${run.complete ? "" : " (incomplete)"}, ${formatTime(run.startedAt)}, ${durationOf(run) ?? "not ended"}`,
    ),
  ],
  [
    "host",
    text(
      `${host.hostname}, ${host.cpuModel}, ${formatNumberOf(host.cpus, "CPU")}, ${formatBytes(host.memoryBytes)}, ${host.virtualisation}`,
    ),
  ],
  [
    "system",
    text(
      `${host.distribution}, kernel ${host.kernel} ${host.arch}, governor ${known(host.governor) ?? "not known"}`,
    ),
  ],
  [
    "design",
    text(
      `${formatNumberOf(run.blocks, "block")}, seed ${run.seed}, profile ${run.profile}, method ${run.method}, ${run.tool}`,
    ),
  ],
  ["trials", text(trialsText(run))],
  ...inFact("inside", isolationText(run)),
];

const runFacts = (run: RunFacts): Facts => {
  const took = durationOf(run);
  return [
    ["Run", text(run.id)],
    [
      "Started",
      text(
        `${formatTime(run.startedAt)}${took === null ? "" : `, took ${took}`}${run.complete ? "" : ", incomplete"}`,
      ),
    ],
    ["Tool", text(run.tool)],
    ["Method", text(run.method)],
    ["Design", text(`profile ${run.profile}, ${formatNumberOf(run.blocks, "block")}, seed ${run.seed}`)],
    ["Trials", text(trialsText(run))],
    ["Command", { kind: "code", text: run.command.join(" ") }],
    ["Budgets", text(run.budgetSource)],
    ...inFact("Ran in", isolationText(run)),
  ];
};

const hostFacts = (host: RunView["host"]): Facts => [
  ["Host", text(host.hostname)],
  ["System", text(`${host.distribution}, kernel ${host.kernel}, ${host.arch}`)],
  [
    "Processor",
    text(`${host.cpuModel}, ${formatNumberOf(host.cpus, "CPU")} (possible: ${reading(host.possibleCpus)})`),
  ],
  ["Memory", text(`${formatBytes(host.memoryBytes)}, page size ${reading(host.pageSize)}`)],
  ["Virtualisation", text(host.virtualisation)],
  ...inFact("CPU emulated", emulationText(host)),
  ["Clock source", text(reading(host.clocksource))],
  ["Frequency governor", text(reading(host.governor))],
  ["Mitigations", text(reading(host.mitigations))],
  ["cgroups", text(host.cgroup)],
  ["Node.js", text(host.node)],
];

const measuredAgents = ({ agents }: RunView): readonly AgentView[] =>
  agents.filter(({ status }) => status === "measured");

const agentTable = (view: RunView): Block =>
  table(
    "Agents that were measured",
    ["agent", "what it is", "version", "observes"],
    measuredAgents(view).map(({ id, title, version, observes }) => [
      agent(id),
      text(title),
      version === null ? absent("no version") : text(version),
      observes.length === 0 ? absent("observes nothing") : text(observes.join(", ")),
    ]),
  );

/** What an agent cannot see and how it was set up: folded, because it is long and seldom the question. */
const agentDetails = (view: RunView): readonly Block[] =>
  measuredAgents(view).map(({ id, blindSpots, settings }): Block => {
    const entries = Object.entries(settings);
    return {
      kind: "folded",
      title: "what it cannot see, how it was set up",
      agent: id,
      blocks: [
        {
          kind: "facts",
          facts: [
            ["cannot see", text(blindSpots.length === 0 ? "nothing known" : blindSpots.join("; "))],
            ...(entries.length === 0
              ? ([["settings", absent("none recorded")]] as const)
              : entries.map(([name, value]) => [name, { kind: "code", text: value }] as const)),
          ],
        },
      ],
    };
  });

export const settingSection = (view: RunView): Section => ({
  id: "setting",
  title: "What was measured",
  short: "What was measured",
  blocks: [
    {
      kind: "groups",
      groups: [
        [{ kind: "facts", facts: runFacts(view.run) }],
        [{ kind: "facts", facts: hostFacts(view.host) }],
      ],
    },
    agentTable(view),
    ...agentDetails(view),
    note(
      "The figures are those of this machine at this time. Another machine, kernel or configuration of an agent gives others.",
    ),
  ],
});

/** The same digest, the same set-up: two runs can be compared without reading a page of settings. */
export const settingDigests = (view: RunView): readonly Block[] => {
  const rows = view.agents.flatMap(({ id, status, version, settings }) => {
    const entries = Object.entries(settings);
    if (status !== "measured" || entries.length === 0) return [];
    const digest = createHash("sha256").update(JSON.stringify(entries)).digest("hex").slice(0, 16);
    return [{ cells: [agent(id), text(version ?? "no version"), { kind: "code", text: digest } as const] }];
  });
  return rows.length === 0
    ? []
    : [
        table(
          "Agents by version, with the digest of the settings that they ran with (SHA-256, first 16 digits)",
          ["agent", "version", "settings"],
          rows,
        ),
      ];
};
