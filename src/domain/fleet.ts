/** Records of several nodes as a sample of a fleet: here the node is the replicate, not the block. */
import * as z from "zod";
import { FleetBench } from "./bench-file.ts";
import { Figure } from "./condition.ts";
import { Answer, Why } from "./decision.ts";
import { BudgetLimit } from "./plan.ts";
import { CheckFailure, Interval, VerdictKind } from "./reason.ts";
import type { From } from "./schema.ts";
import { Count, Share } from "./units.ts";

const node = Count.describe("A position in `nodes`.");
const stratum = Count.describe("A position in `strata`.");

const otherwise = {
  kind: z.literal("otherwise"),
  key: z.string(),
  value: z.string().nullable(),
  others: z.string().nullable().describe("What most nodes of the stratum have."),
};

/** Why no record of a node is judged with the others. */
export const NodeAside = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("emulated") }),
    z.strictObject({ kind: z.literal("counted") }).describe("Instructions were counted, and no time."),
    z
      .strictObject({ kind: z.literal("foreign-sensors"), sensors: z.array(z.string()) })
      .describe("Other sensors were on it from the start, so its costs are costs in addition to theirs."),
    z.strictObject({ kind: z.literal("instrument-failed"), failures: z.array(CheckFailure) }),
    z.strictObject({ kind: z.literal("not-benched") }).describe("Its record holds no whole block."),
    z.strictObject(otherwise).describe("It was measured otherwise than most nodes of its stratum."),
  ])
  .meta({ id: "nodeAside" });
export type NodeAside = From<typeof NodeAside>;

export const FleetNode = z.strictObject({
  name: z.string().describe("Its host name; with its machine ID where two nodes have the same."),
  sides: z.array(Count).min(1).describe("Its records, as positions in `sides`, the earliest first."),
  side: Count.describe("The record that stands for it: the latest that can be judged, else the latest."),
  stratum,
  aside: NodeAside.nullable().describe("Null: it is judged."),
});
export type FleetNode = From<typeof FleetNode>;

export const Stratum = z
  .strictObject({
    title: z.string().describe('"x86_64, Example CPU, 2 CPUs, 8 GiB, kernel 6.12, Debian GNU/Linux 13".'),
    short: z.string().describe("What of it differs between the strata."),
    nodes: z.array(node).describe("Those that are judged."),
    aside: z.array(node),
  })
  .describe("Nodes of one kind. Nothing is taken together over strata.");
export type Stratum = From<typeof Stratum>;

/** Why a node tells nothing of one agent. */
export const AgentAside = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("absent") }).describe("Its record does not have the agent."),
    z.strictObject({ kind: z.literal("unmeasured"), why: Why }),
    z.strictObject(otherwise).describe("The agent has another version or setting there than on most nodes."),
  ])
  .meta({ id: "agentAside" });
export type AgentAside = From<typeof AgentAside>;

export const FleetWhy = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("over"), nodes: z.array(node).min(1) }),
    z.strictObject({ kind: z.literal("no-node") }).describe("No node tells anything of it."),
    z
      .strictObject({ kind: z.literal("not-known"), nodes: z.array(node).min(1) })
      .describe("Nodes whose own answer is not known."),
    z
      .strictObject({ kind: z.literal("few-nodes"), nodes: Count, needed: Count })
      .describe("All of them are within, and they are too few to tell of another one."),
    z
      .strictObject({ kind: z.literal("next-over"), figures: z.array(Count).min(1) })
      .describe("One more node may be over: positions in `figures`."),
    z.strictObject({ kind: z.literal("within"), nodes: Count }),
  ])
  .meta({ id: "fleetWhy" });
export type FleetWhy = From<typeof FleetWhy>;

export const FleetAnswer = z
  .strictObject({
    agent: z.string(),
    stratum,
    answer: Answer.describe(
      "`over`: a node is. `within`: every node is, and one more would be by the prediction interval of each cost.",
    ),
    why: z.array(FleetWhy).min(1),
    within: z.array(node),
    over: z.array(node),
    notKnown: z.array(node),
    aside: z.array(z.strictObject({ node, why: AgentAside })),
    overAtMost: Share.nullable().describe(
      "Clopper and Pearson's upper 95 % bound on the share of nodes of the kind that are over; what is not known counts as over. Null without a node.",
    ),
  })
  .meta({ id: "fleetAnswer" });
export type FleetAnswer = From<typeof FleetAnswer>;

/** What an outlying node has and the others of its stratum have not. */
export const NodeDifference = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("text"),
      key: z.string(),
      value: z.string().nullable().describe("Null: it could not be read."),
      others: z.string().nullable().describe("What most of the others have."),
    }),
    z
      .strictObject({
        kind: z.literal("number"),
        key: z.enum(["steal", "baseline"]),
        value: z.number(),
        least: z.number(),
        most: z.number(),
      })
      .describe(
        "Beyond all others, of which the least and the most are given. `steal`: percent of the CPU time, median over trials. `baseline`: the operation without an agent, in the figure's unit.",
      ),
  ])
  .meta({ id: "nodeDifference" });
export type NodeDifference = From<typeof NodeDifference>;

const NodeFigure = z.strictObject({
  node,
  value: z.number(),
  error: z
    .number()
    .min(0)
    .nullable()
    .describe("Its standard error; null where it has too few blocks for an interval."),
  verdict: VerdictKind,
});

const Fit = z.strictObject({
  mean: Interval.describe("Over the nodes of the kind, with its 95 % interval."),
  spread: z.number().min(0).describe("Standard deviation of the true costs from node to node."),
  next: Interval.describe("95 % prediction interval of one more node that is measured likewise."),
});
export type Fit = From<typeof Fit>;

export const FleetFigure = Figure.extend({
  stratum,
  budget: BudgetLimit,
  nodes: z.array(NodeFigure),
  fit: Fit.nullable().describe("In `unit`; null with fewer than 4 nodes that have an interval."),
  ratio: Fit.nullable().describe(
    "Agent over baseline, by a fit of the logarithms; `spread` is a factor. Null as `fit`, and where a node has no ratio.",
  ),
  over: Count,
  notWithin: Count.describe("Nodes that are over, and those of which it is not known."),
  overAtMost: Share.describe("As in an answer, of this cost alone."),
  outlying: z.array(z.strictObject({ node, differs: z.array(NodeDifference) })),
}).meta({ id: "fleetFigure" });
export type FleetFigure = From<typeof FleetFigure>;

export const FleetContrast = z
  .strictObject({
    agent: z.string(),
    figures: z.tuple([Count, Count]).describe("Of one cost on two kinds of node: positions in `figures`."),
    difference: Interval.describe(
      "The second's mean minus the first's in their unit, with Welch's interval at the level at which it was decided.",
    ),
    isKnown: z.boolean().describe("No chance at 5 % for all contrasts together (Holm)."),
  })
  .meta({ id: "fleetContrast" });
export type FleetContrast = From<typeof FleetContrast>;

export const Fleet = z.strictObject({
  nodes: z.array(FleetNode),
  sameId: z
    .array(z.array(node).min(2))
    .describe(
      "Nodes of one machine ID and different host names: copies of one image, or one node that was renamed.",
    ),
  strata: z.array(Stratum),
  answers: z.array(FleetAnswer),
  figures: z.array(FleetFigure),
  contrasts: z.array(FleetContrast).describe("Every two kinds of node with an interval for the same cost."),
  benches: z
    .array(FleetBench)
    .describe("Of clusters: what the nodes were drawn from. Empty for records that were collected by hand."),
});
export type Fleet = From<typeof Fleet>;
