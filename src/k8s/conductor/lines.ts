/**
 * What the conductor says, one JSON object a line of its standard output: how each node is, and in the end what became
 * of it. It is for those who watch, and for who collects: a turn that it calls void is none, whatever its node measured.
 */
import * as z from "zod";
import type { From } from "../../domain/schema.ts";

const At = z.iso.datetime();
const OfNode = { at: At, node: z.string() };
const OfAgent = {
  ...OfNode,
  agent: z.string(),
  turn: z.int().min(0).describe("Which wish of the node pod; 0: it had none."),
};

export const NodeOutcome = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("done"), exitCode: z.int().describe("Of the run on the node.") }),
  z.strictObject({ kind: z.literal("interrupted"), why: z.string() }),
  z.strictObject({ kind: z.literal("refused"), why: z.string() }).describe("Another bench has the node."),
  z.strictObject({ kind: z.literal("node-gone") }),
  z
    .strictObject({
      kind: z.literal("not-back"),
      missing: z.array(z.string()),
      run: z.array(z.string()).describe("Commands that tell more or mend it."),
    })
    .describe("An agent is not Ready, or could not be looked at."),
]);
export type NodeOutcome = From<typeof NodeOutcome>;

export const ConductorLine = z.discriminatedUnion("tare", [
  z.strictObject({ tare: z.literal("waiting"), ...OfNode, why: z.string() }),
  z
    .strictObject({ tare: z.literal("unwatched"), at: At, what: z.string(), why: z.string() })
    .describe("It cannot be watched, and is looked at every second."),
  z
    .strictObject({ tare: z.literal("agent"), ...OfAgent, state: z.enum(["off", "back"]) })
    .describe("As it was seen: a turn that begins and ends between two looks is not told."),
  z.strictObject({ tare: z.literal("void"), ...OfAgent, why: z.string() }),
  z
    .strictObject({ tare: z.literal("ended"), ...OfNode, why: z.string() })
    .describe("No agent is turned off on this node any more."),
  z.strictObject({ tare: z.literal("outcome"), ...OfNode, outcome: NodeOutcome }),
  z.strictObject({ tare: z.literal("conducted"), at: At, exitCode: z.int() }).describe("The last line."),
]);
export type ConductorLine = From<typeof ConductorLine>;

export const writeConductorLine = ({ tare, ...rest }: ConductorLine): string =>
  JSON.stringify({ tare, ...rest });

type WithoutTime<T> = T extends unknown ? Omit<T, "at"> : never;
/** A line that its teller stamps. */
export type Told = WithoutTime<ConductorLine>;
