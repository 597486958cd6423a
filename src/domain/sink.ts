/**
 * How far an agent's events come: the rungs of its export ladder. What a rung costs is the difference to the one that it stands on, of the same
 * agent in the same block.
 */
import * as z from "zod";
import { Condition } from "./condition.ts";
import type { From } from "./schema.ts";
import { Interval } from "./reason.ts";
import { Count, Share } from "./units.ts";

export const Sink = z
  .enum([
    "idle",
    "loaded",
    "filtered",
    "none",
    "json-file",
    "text-file",
    "protobuf-file",
    "journald",
    "json-socket",
    "text-socket",
    "grpc",
    "grpc-decoded",
    "slow-reader",
  ])
  .meta({
    id: "sink",
    description:
      "How far its events come. `idle`: it runs, and nothing of the workload concerns it. `loaded`: so with a policy, which names none of the workload's operations. `filtered`: the kernel looks at each operation and drops it. `none`: its events are read and go nowhere. `grpc`: to a client that takes the bytes and decodes nothing. `grpc-decoded`: to one that prints them as JSON. `slow-reader`: to a socket that is read more slowly than events come.",
  });
export type Sink = From<typeof Sink>;

/** From below: the first that was measured as well is what a rung stands on. Files, sockets and a journal are alternatives. */
const STANDS_ON: Readonly<Record<Sink, readonly Sink[]>> = {
  idle: [],
  loaded: ["idle"],
  filtered: ["loaded"],
  none: ["filtered"],
  "json-file": ["none"],
  "text-file": ["none"],
  "protobuf-file": ["none"],
  journald: ["none"],
  "json-socket": ["none"],
  "text-socket": ["none"],
  grpc: ["none"],
  "grpc-decoded": ["none"],
  "slow-reader": ["json-socket", "text-socket"],
};

/** Of those that are there; undefined: it is the lowest, and stands on the baseline. */
export const standsOn = (sink: Sink, present: ReadonlySet<Sink>): Sink | undefined => {
  const below = STANDS_ON[sink];
  const found = below.find((one) => present.has(one));
  if (found !== undefined) return found;
  for (const one of below) {
    const further = standsOn(one, present);
    if (further !== undefined) return further;
  }
  return undefined;
};

/** Nobody rolls it out: it is there for what the rungs above it cost. */
export const handsOutNothing = (sink: Sink): boolean => {
  switch (sink) {
    case "idle":
    case "loaded":
    case "filtered":
    case "none":
      return true;
    case "json-file":
    case "text-file":
    case "protobuf-file":
    case "journald":
    case "json-socket":
    case "text-socket":
    case "grpc":
    case "grpc-decoded":
    case "slow-reader":
      return false;
  }
};

/** Whether its events can be read as text. */
export const isReadable = (sink: Sink): boolean => {
  switch (sink) {
    case "json-file":
    case "text-file":
    case "json-socket":
    case "text-socket":
    case "grpc-decoded":
      return true;
    case "idle":
    case "loaded":
    case "filtered":
    case "none":
    case "protobuf-file":
    case "journald":
    case "grpc":
    case "slow-reader":
      return false;
  }
};

/** For what a day's events take. */
export const STATED_RATE = 1000;

export const SinkRow = Condition.extend({
  of: z.string().describe("The agent whose variants are compared, without a variant."),
  sink: Sink,
  reference: z
    .string()
    .describe("The variant that it stands on; `baseline` for the lowest rung that was measured."),
  difference: Interval.describe(
    "Node CPU time of a delivered event above that under the reference, ns; of an operation where events are not counted.",
  ),
  parts: z
    .strictObject({
      caller: Interval.nullable().describe(
        "In the processes that do the operations, the kernel's work there.",
      ),
      agent: Interval.nullable().describe(
        "In what the agent's data sheet starts, its client included, up to its rest.",
      ),
    })
    .describe(
      "Of it, for an operation, ns: what others do on the node meanwhile is in neither. Null where it was not read.",
    ),
  known: z
    .boolean()
    .nullable()
    .describe(
      "The two are known to differ at 95 %, jointly over all pairs of agents of the condition (Holm); against the baseline, by this interval alone. Null: too few blocks.",
    ),
  blocks: Count,
  delivered: Share.nullable().describe("Of the operations; null where its events are not counted."),
  bytes: Interval.nullable().describe("Bytes written for an event; null where they were not read."),
  gigabytesPerDay: z
    .number()
    .nullable()
    .describe(`What a day of ${STATED_RATE} events a second takes, in GB of 1,000,000,000 bytes.`),
}).meta({ id: "sinkRow" });
export type SinkRow = From<typeof SinkRow>;
