/** What is said of nodes as a sample of a fleet. */
import type { FleetBench } from "../../domain/bench-file.ts";
import type {
  AgentAside,
  Fleet,
  FleetAnswer,
  FleetWhy,
  NodeAside,
  NodeDifference,
} from "../../domain/fleet.ts";
import type { Unit } from "../../domain/units.ts";
import { formatNumber, formatShareBound, formatValue } from "../format.ts";
import { whyText } from "./decision.ts";
import { counted, operationTitle } from "./figures.ts";
import { namesShort } from "./lists.ts";
import { checkFailureText } from "./self-checks.ts";

const otherwiseText = (
  what: string,
  {
    key,
    value,
    others,
  }: { readonly key: string; readonly value: string | null; readonly others: string | null },
): string => `${what} otherwise than most: ${key} is ${value ?? "not there"} instead of ${others ?? "none"}`;

export const nodeAsideText = (aside: NodeAside): string => {
  switch (aside.kind) {
    case "emulated":
      return "its CPU was emulated, so no figure of time is a real node's";
    case "counted":
      return "instructions were counted, not time";
    case "foreign-sensors":
      return `other sensors ran from the start: ${aside.sensors.join(", ")}`;
    case "instrument-failed":
      return `the instrument failed its own check: ${aside.failures.map(checkFailureText).join("; ")}`;
    case "not-benched":
      return "not benched: its record holds no whole block";
    case "otherwise":
      return otherwiseText("it was measured", aside);
  }
};

export const agentAsideText = (agent: string, aside: AgentAside): string => {
  switch (aside.kind) {
    case "absent":
      return "it was not part of the run";
    case "unmeasured":
      return `not measured: ${whyText(agent, aside.why)}`;
    case "otherwise":
      return otherwiseText("it is set up", aside);
  }
};

export const nodesText = ({ nodes }: Pick<Fleet, "nodes">, which: readonly number[]): string =>
  namesShort(which.map((node) => nodes[node]?.name ?? ""));

export const fleetWhyText = (fleet: Pick<Fleet, "nodes" | "figures">, why: FleetWhy): string => {
  switch (why.kind) {
    case "over":
      return `over on ${nodesText(fleet, why.nodes)}`;
    case "not-known":
      return `not known on ${nodesText(fleet, why.nodes)}`;
    case "no-node":
      return "no node tells anything of it";
    case "few-nodes":
      return `within, but ${counted(why.nodes, "node")} cannot tell of another one: ${why.needed} are needed`;
    case "next-over": {
      const titles = why.figures.flatMap((index) => {
        const figure = fleet.figures[index];
        return figure === undefined ? [] : [operationTitle(figure)];
      });
      return `one more node may be over on ${[...new Set(titles)].join(", ")}`;
    }
    case "within":
      return `within on ${counted(why.nodes, "node")}, and one more would be`;
  }
};

/** "not within: 0 of 5 nodes, at most 45.1 % of such nodes". */
export const shareText = ({ within, over, notKnown, overAtMost }: FleetAnswer): string | null => {
  if (overAtMost === null) return null;
  const open = over.length + notKnown.length;
  return `not within: ${open} of ${counted(within.length + open, "node")}, at most ${formatShareBound(overAtMost)} of such nodes`;
};

export const nodeDifferenceText = (difference: NodeDifference, unit: Unit): string => {
  switch (difference.kind) {
    case "text":
      return `${difference.key} is ${difference.value ?? "not known"}, ${difference.others === null ? "and not known of most others" : `not ${difference.others}`}`;
    case "number": {
      const { key, value, least, most } = difference;
      switch (key) {
        case "steal":
          return `steal is ${formatNumber(value)} %, not ${formatNumber(least)} to ${formatNumber(most)} %`;
        case "baseline":
          return `the operation without an agent takes ${formatValue(value, unit)}, not ${formatValue(least, unit)} to ${formatValue(most, unit)}`;
      }
    }
  }
};

/** Why nodes of a kind were not benched. */
export const leftOutText = ({ seed }: FleetBench, { why }: FleetBench["leftOut"][number]): string =>
  why ?? `nothing is in the way, and the draw did not fall on it (seed ${seed})`;

export const missingText = ({ why }: FleetBench["missing"][number]): string =>
  `drawn, and no record of it is here${why === null ? "" : `: ${why}`}`;

/** "2 of 3 kinds of node in bench 1 have no node here: ..." */
export const unmeasuredKindsText = (bench: FleetBench): string | null => {
  const without = bench.kinds.filter(
    ({ drawn }, kind) => drawn === bench.missing.filter((one) => one.kind === kind).length,
  );
  return without.length === 0
    ? null
    : `Of the ${counted(bench.kinds.length, "kind")} of node in the cluster (bench ${bench.bench}), no node was measured of ${without.length === 1 ? "one" : without.length}: ${without.map(({ name, nodes }) => `${name} (${counted(nodes, "node")})`).join("; ")}.`;
};
