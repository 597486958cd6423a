/** Where an agent's events go. What an export costs is the difference to the same agent, told to watch the same and to hand out nothing. */
import * as z from "zod";
import { Condition } from "./condition.ts";
import type { From } from "./schema.ts";
import { Interval } from "./reason.ts";
import { Count } from "./units.ts";

export const Sink = z
  .enum(["none", "json-file", "protobuf-file", "json-socket", "grpc", "grpc-decoded"])
  .meta({
    id: "sink",
    description:
      "Where its events go. `none`: nowhere. `grpc`: to a client that takes the bytes and decodes nothing. `grpc-decoded`: to one that prints them as JSON.",
  });
export type Sink = From<typeof Sink>;

/** Whether its events can be read as text. */
export const isReadable = (sink: Sink): boolean => {
  switch (sink) {
    case "json-file":
    case "json-socket":
    case "grpc-decoded":
      return true;
    case "none":
    case "protobuf-file":
    case "grpc":
      return false;
  }
};

export const SinkRow = Condition.extend({
  of: z.string().describe("The agent whose variants are compared, without a variant."),
  sink: Sink,
  reference: z.string().describe("The variant that hands out nothing."),
  difference: Interval.describe(
    "Node CPU time of a delivered event above that of an operation under the reference, ns.",
  ),
  known: z
    .boolean()
    .nullable()
    .describe(
      "The two are known to differ at 95 %, jointly over all pairs of agents of the condition (Holm). Null: too few blocks.",
    ),
  blocks: Count,
  bytes: Interval.nullable().describe("Bytes written for an operation; null where they were not read."),
}).meta({ id: "sinkRow" });
export type SinkRow = From<typeof SinkRow>;
