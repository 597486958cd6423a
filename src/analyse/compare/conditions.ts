/** What must be the same for figures to stand beside each other, and what merely must be said. */
import { NOT_TIME } from "../../domain/counting.ts";
import { own } from "../../domain/own.ts";
import { trialsIn } from "../../domain/plan.ts";
import type { Difference, KeptApart } from "../../domain/comparison.ts";
import { keyOf } from "../../domain/condition.ts";
import type { Header } from "../../domain/run-header.ts";
import type { AgentView, RunView } from "../../domain/run-view.ts";
import { type Load, loadName } from "../../domain/scenario.ts";
import { known } from "../../domain/units.ts";

export type Facts = readonly (readonly [
  key: string,
  read: (loaded: Loaded) => string | null,
  agent?: string,
])[];

/** Another value of any of these, and the same name stands for another measurement. */
const SAME_MEASUREMENT: Facts = [
  ["measured", ({ header }) => (header.counting === undefined ? "time" : NOT_TIME)],
  ["files-on", ({ header }) => header.plan.filesOn],
  // A filter costs every system call. Before it was recorded tare ran on nodes, and not in their pods.
  [
    "seccomp",
    ({ header: { host } }) => (host.seccomp === undefined ? "off" : (known(host.seccomp) ?? "not known")),
  ],
  ["isolation", ({ header }) => header.plan.isolation?.join(" and ") ?? "the node's own namespaces"],
];

const NODE: Facts = [
  ["architecture", ({ header }) => header.host.arch],
  ["kernel", ({ header }) => header.host.kernel],
  ["node", ({ header }) => header.host.hostname],
  ["CPU", ({ header }) => header.host.cpuModel],
  ["CPUs", ({ header }) => String(header.host.cpus)],
  ["memory (GiB)", ({ header }) => gibibytes(header)],
  ["distribution", ({ header }) => header.host.distribution],
  ["virtualisation", ({ header }) => header.host.virtualisation],
  ["CPU emulated", ({ header }) => emulatedWord(header)],
  ["cgroups", ({ header }) => header.host.cgroup],
  ["page size", ({ header }) => String(known(header.host.pageSize) ?? "not known")],
  ["mitigations", ({ header }) => known(header.host.mitigations) ?? "not known"],
];

/** Besides the kind of node. A workload has no version of its own: it is the tool's. */
const RUN_ALIKE: Facts = [
  ["method", ({ header }) => header.method],
  ["tool", ({ header }) => toolName(header)],
  ["profile", ({ header }) => header.plan.profile],
];

/** What nodes of one kind must share to be judged together. */
export const MEASURED_ALIKE: Facts = [
  ...RUN_ALIKE,
  ["budgets", ({ header }) => JSON.stringify(header.plan.budgets)],
];

const COUNTED: Facts = [
  ["QEMU", ({ header }) => header.counting?.qemu ?? null],
  ["machine", ({ header }) => header.counting?.machine.join(" ") ?? null],
  ["kernel's arguments", ({ header }) => header.counting?.kernelLine ?? null],
  ["kernel's image", ({ header }) => header.counting?.kernel ?? null],
  ["compilers", ({ header }) => header.counting?.compilers ?? null],
  ["seeds", ({ header }) => header.counting?.seeds.join(", ") ?? null],
];

const RUN: Facts = [
  ...RUN_ALIKE,
  ["blocks", ({ view }) => String(view.run.blocks)],
  ["date", ({ header }) => header.startedAt],
];

/** What may explain why a node differs from others of its kind. */
export const nodeFacts: Facts = [
  ...NODE.filter(([key]) => key !== "node"),
  ["governor", ({ header }) => known(header.host.governor) ?? null],
  ["clock source", ({ header }) => known(header.host.clocksource) ?? null],
  ["possible CPUs", ({ header }) => known(header.host.possibleCpus) ?? null],
  ["CPUs of the workload's core", ({ header }) => knownCore(header)],
  ["Node.js", ({ header }) => header.host.node],
];

const knownCore = ({ host: { workloadCore } }: Header): string | null =>
  workloadCore === undefined ? null : (known(workloadCore) ?? null);

const gibibytes = ({ host }: Header): string => (host.memoryBytes / 2 ** 30).toFixed(0);

const emulatedWord = ({ host }: Header): string =>
  host.emulated ? "yes" : host.emulation?.kind === "unknown" ? "cannot tell" : "no";

const toolName = ({ tool }: Header): string =>
  `${tool.name} ${tool.version} ${known(tool.commit) ?? "(commit not known)"}`;

const differences = (facts: Facts, sides: readonly Loaded[]): readonly Difference[] =>
  facts
    .map(([key, read, agent]) => ({
      key,
      ...(agent === undefined ? {} : { agent }),
      values: sides.map(read),
    }))
    .filter(({ values }) => new Set(values).size > 1);

export const conflicts = (sides: readonly Loaded[]): readonly Difference[] =>
  differences(SAME_MEASUREMENT, sides);

export const variations = (sides: readonly Loaded[]): readonly Difference[] => [
  ...differences(NODE, sides),
  ...differences(COUNTED, sides),
  ...differences(RUN, sides),
  ...differences(agentFacts(sides), sides),
];

export const agentFacts = (sides: readonly Loaded[]): Facts => {
  const ids = new Set(sides.flatMap(({ view }) => view.agents.map(({ id }) => id)));
  return [...ids].flatMap((id): Facts => {
    const names = new Set(sides.flatMap((side) => Object.keys(settingsOf(side, id))));
    return [
      [`${id} version`, (side) => versionOf(side, id), id],
      [`${id} guest`, ({ header }) => own(header.counting?.initramfs ?? {}, id) ?? null, id],
      ...[...names].map((name): Facts[number] => [
        `${id} ${name}`,
        (side) => own(settingsOf(side, id), name) ?? null,
        id,
      ]),
    ];
  });
};

const settingsOf = (side: Loaded, id: string): Readonly<Record<string, string>> =>
  agentIn(side, id)?.settings ?? {};

export const agentIn = ({ view }: Loaded, id: string): AgentView | undefined =>
  view.agents.find((agent) => agent.id === id);

const versionOf = (side: Loaded, id: string): string | null => {
  const agent = agentIn(side, id);
  if (agent === undefined) return null;
  return agent.status === "skipped"
    ? `skipped: ${agent.reason ?? "no reason was recorded"}`
    : (agent.version ?? "no version");
};

/** "5 x 3000 operations after 500". */
const shapeOf = ({ batches, batchOperations, warmupOperations }: Load): string =>
  `${batches} x ${batchOperations} operations after ${warmupOperations}`;

const shapesOf = ({ header }: Loaded) =>
  new Map(
    trialsIn(header.plan).map(({ scenario, load }) => {
      const at = { scenario, load: loadName(load) };
      return [keyOf(at), { ...at, shape: shapeOf(load) }] as const;
    }),
  );

/** The shape of each load of the records; of a record that lacks it, null. */
export const loadFacts = (sides: readonly Loaded[]): Facts => {
  const all = new Map(sides.flatMap((side) => [...shapesOf(side)]));
  return [...all].map(([name, { scenario, load }]): Facts[number] => [
    `load of ${scenario}, ${load}`,
    (side) => shapesOf(side).get(name)?.shape ?? null,
  ]);
};

export const loadsApart = (sides: readonly Loaded[]): readonly KeptApart[] => {
  const shapes = sides.map(shapesOf);
  const all = new Map(shapes.flatMap((one) => [...one]));
  return [...all].flatMap(([name, { scenario, load }]): readonly KeptApart[] => {
    const values = shapes.map((one) => one.get(name)?.shape ?? null);
    return new Set(values.filter((one) => one !== null)).size > 1
      ? [{ what: { kind: "load", scenario, load }, key: "load", values }]
      : [];
  });
};

export const apartFrom = (
  apart: readonly KeptApart[],
): ((at: { readonly scenario: string; readonly load: string }) => boolean) => {
  const names = new Set(apart.map(({ what }) => keyOf(what)));
  return ({ scenario, load }) => names.has(keyOf({ scenario, load }));
};

export interface Loaded {
  readonly header: Header;
  readonly view: RunView;
}

/** The records are not of one measurement: the keys that differ. */
export interface Refused {
  readonly kind: "refused";
  readonly conflicts: readonly Difference[];
  readonly labels: readonly string[];
}

const PARTS: readonly ((loaded: Loaded) => string)[] = [
  ({ header }) => header.host.arch,
  ({ header }) => header.host.kernel,
  ({ header }) => header.host.hostname,
  ({ header }) => header.startedAt.slice(0, 10),
  ({ header }) => header.startedAt.slice(11, 16),
  ({ header }) => header.run,
];

/** Parts are added until the names are unique; a part that is the same for all is left out. A record that is given twice gets a number. */
export const labelsOf = (sides: readonly Loaded[]): readonly string[] => {
  let labels: readonly string[] = sides.map(() => "");
  for (const part of PARTS) {
    if (new Set(labels).size === sides.length) break;
    const texts = sides.map(part);
    if (new Set(texts).size === 1) continue;
    labels = labels.map((label, index) => [label, texts[index] ?? ""].filter((one) => one !== "").join(", "));
  }
  return labels.map((label, index) => {
    const same = labels.filter((other) => other === label).length > 1;
    const header = sides[index]?.header;
    const name = label === "" ? (header?.run ?? "") : label;
    // The label stands beside every figure, and a figure of time from a simulated CPU must not be taken for a real one.
    const mark = header?.host.emulated === true ? " (emulated)" : "";
    return same ? `${name} #${index + 1}${mark}` : `${name}${mark}`;
  });
};
