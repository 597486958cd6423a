/** What was measured, where, and how to do it again. */
import { createHash } from "node:crypto";
import { NOT_TIME } from "../../domain/counting.ts";
import type { AgentView, RunFacts, RunView } from "../../domain/run-view.ts";
import { known, type Reading } from "../../domain/units.ts";
import { formatBytes, formatCount, formatDuration, formatNumberOf, formatTime } from "../format.ts";
import { countFacts } from "./counts.ts";
import { emulationText } from "./in-short.ts";
import type { Block, Facts, Section } from "./section.ts";
import * as say from "./section.ts";

const reading = (value: Reading<string | number>): string =>
  value.kind === "value" ? String(value.value) : `not known: ${value.reason}`;

/** Null where it ran in the node's own namespaces. */
const isolationText = ({ isolation }: RunFacts): string | null =>
  isolation === undefined
    ? null
    : `${isolation.join(" and ")} namespaces of the run's own, every workload and the baselines included, because an agent of this run acts on a whole node`;

const durationOf = ({ startedAt, endedAt }: RunFacts): string | null => {
  const took = endedAt === null ? Number.NaN : Date.parse(endedAt) - Date.parse(startedAt);
  return Number.isNaN(took) ? null : formatDuration(took);
};

const trialsText = ({ trials }: RunFacts): string =>
  `${formatCount(trials.measured)} measured, ${formatCount(trials.skipped)} skipped, ${formatCount(trials.failed)} failed`;

const inFact = (name: string, text: string | null): Facts => (text === null ? [] : [[name, text]]);

/** Of a run without blocks, what it was about instead. */
const designFacts = (view: RunView): Facts => {
  const { run } = view;
  if (view.kind === "tried")
    return [["design", `techniques tried, nothing measured; method ${run.method}, ${run.tool}`]];
  return [
    [
      "design",
      `${formatNumberOf(run.blocks, "block")}, seed ${run.seed}, profile ${run.profile}, method ${run.method}, ${run.tool}`,
    ],
    ["trials", trialsText(run)],
  ];
};

export const briefFacts = (view: RunView): Facts => {
  const { run, host, counts } = view;
  return [
    [
      "run",
      `${run.id}${run.complete ? "" : " (incomplete)"}, ${formatTime(run.startedAt)}, ${durationOf(run) ?? "not ended"}`,
    ],
    [
      "host",
      `${host.hostname}, ${host.cpuModel}, ${formatNumberOf(host.cpus, "CPU")}, ${formatBytes(host.memoryBytes)}, ${host.virtualisation}`,
    ],
    [
      "system",
      `${host.distribution}, kernel ${host.kernel} ${host.arch}, governor ${known(host.governor) ?? "not known"}`,
    ],
    ...designFacts(view),
    ...commandFacts(run),
    ...(counts === undefined ? [] : [["counted", NOT_TIME] as const]),
    ...inFact("inside", isolationText(run)),
  ];
};

/** A row of a table names the scenario; what that ran is the team's own line. */
const commandFacts = ({ commands = [] }: RunFacts): Facts =>
  commands.map(({ id, run, directory }) => [id, { kind: "code", text: `${run} (in ${directory})` }] as const);

const runFacts = (view: RunView): Facts => {
  const { run } = view;
  const took = durationOf(run);
  return [
    ["Run", run.id],
    [
      "Started",
      `${formatTime(run.startedAt)}${took === null ? "" : `, took ${took}`}${run.complete ? "" : ", incomplete"}`,
    ],
    ["Tool", run.tool],
    ["Method", run.method],
    ...(view.kind === "tried"
      ? [["Design", "techniques tried, nothing measured"] as const]
      : ([
          ["Design", `profile ${run.profile}, ${formatNumberOf(run.blocks, "block")}, seed ${run.seed}`],
          ["Trials", trialsText(run)],
        ] as const)),
    ["Command", { kind: "code", text: run.command.join(" ") }],
    ["Budgets", run.budgetSource],
    ...commandFacts(run),
    ...inFact("Ran in", isolationText(run)),
  ];
};

/** Those of the node, of which a run may use fewer. */
const onlineText = ({ onlineCpus }: RunView["host"]): string =>
  onlineCpus === undefined ? "" : `online: ${reading(onlineCpus)}, `;

const hostFacts = (host: RunView["host"]): Facts => [
  ["Host", host.hostname],
  ["System", `${host.distribution}, kernel ${host.kernel}, ${host.arch}`],
  [
    "Processor",
    `${host.cpuModel}, ${formatNumberOf(host.cpus, "CPU")} (${onlineText(host)}possible: ${reading(host.possibleCpus)})`,
  ],
  ["Memory", `${formatBytes(host.memoryBytes)}, page size ${reading(host.pageSize)}`],
  ["Virtualisation", host.virtualisation],
  ...inFact("CPU emulated", emulationText(host)),
  ["Clock source", reading(host.clocksource)],
  ["Frequency governor", reading(host.governor)],
  ["Mitigations", reading(host.mitigations)],
  ["cgroups", host.cgroup],
  ["Node.js", host.node],
];

const measuredAgents = ({ agents }: RunView): readonly AgentView[] =>
  agents.filter(({ status }) => status === "measured");

const agentTable = (view: RunView): Block =>
  say.tableOf("Agents that were measured", measuredAgents(view), [
    ["agent", ({ id }) => say.agent(id)],
    ["what it is", ({ title }) => say.text(title)],
    ["version", ({ version }) => (version === null ? say.absent("no version") : say.text(version))],
    [
      "observes",
      ({ observes }) =>
        observes.length === 0 ? say.absent("observes nothing") : say.text(observes.join(", ")),
    ],
  ]);

/** What an agent cannot see and how it was set up: folded, because it is long and seldom the question. */
const agentDetails = (view: RunView): readonly Block[] =>
  measuredAgents(view).map(({ id, blindSpots, settings }): Block => {
    const set = Object.entries(settings).map(([name, text]) => [name, { kind: "code", text }] as const);
    return {
      kind: "folded",
      title: "what it cannot see, how it was set up",
      agent: id,
      blocks: [
        say.facts([
          ["cannot see", blindSpots.length === 0 ? "nothing known" : blindSpots.join("; ")],
          ...say.when(set.length === 0, ["settings", say.absent("none recorded")] as const),
          ...set,
        ]),
      ],
    };
  });

export const settingSection = (view: RunView): Section => ({
  id: "setting",
  title: "What was measured",
  short: "What was measured",
  blocks: [
    { kind: "groups", groups: [[say.facts(runFacts(view))], [say.facts(hostFacts(view.host))]] },
    ...(view.counts === undefined ? [] : [say.facts(countFacts(view.counts))]),
    agentTable(view),
    ...agentDetails(view),
    say.note(
      view.counts === undefined
        ? "The figures are those of this machine at this time. Another machine, kernel or configuration of an agent gives others."
        : "The same guest gives the same figures on every machine. Another QEMU, kernel or configuration of an agent gives others.",
    ),
  ],
});

/** The same digest, the same set-up: two runs can be compared without reading a page of settings. */
export const settingDigests = (view: RunView): readonly Block[] => {
  const set = measuredAgents(view).filter(({ settings }) => Object.keys(settings).length > 0);
  const digestOf = ({ settings }: AgentView): string =>
    createHash("sha256")
      .update(JSON.stringify(Object.entries(settings)))
      .digest("hex")
      .slice(0, 16);
  const digests = say.tableOf(
    "Agents by version, with the digest of the settings that they ran with (SHA-256, first 16 digits)",
    set,
    [
      ["agent", ({ id }) => say.agent(id)],
      ["version", ({ version }) => say.text(version ?? "no version")],
      ["settings", (one) => ({ kind: "code", text: digestOf(one) })],
    ],
  );
  return say.when(set.length > 0, digests);
};
