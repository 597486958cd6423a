/**
 * What a bench of a cluster was drawn from, and what became of each node of it. It lies beside the records (`bench.json`), which know of
 * nobody but themselves.
 */
import * as z from "zod";
import type { From } from "./schema.ts";
import { Count } from "./units.ts";

export const BENCH_FILE = "bench.json";

const kind = Count.describe("A position in `kinds`.");

const DrawnNode = z.strictObject({
  node: z.string(),
  kind,
  why: z.string().nullable().describe("Why there is no record of it; null: there is one, or nobody knows."),
});

const LeftOut = z
  .strictObject({
    kind,
    why: z.string().nullable().describe("Null: nothing was in the way, and they were not drawn."),
    count: Count,
    nodes: z.array(z.string()).describe("Their names; of many the first ones alone."),
  })
  .describe("Nodes of one kind that were not benched for one reason.");

export const BenchFile = z.strictObject({
  tare: z.literal("bench"),
  schema: z.literal(1),
  bench: z.string(),
  seed: Count.describe("Of the draw."),
  kinds: z.array(
    z.strictObject({
      name: z.string().describe("Instance type, architecture, kernel, OS image."),
      nodes: Count.describe("Nodes of the cluster that the selector means."),
      fit: Count.describe("Of these, those that could be benched."),
      drawn: Count,
    }),
  ),
  drawn: z.array(DrawnNode),
  leftOut: z.array(LeftOut),
});
export type BenchFile = From<typeof BenchFile>;

/** As a comparison of its records has it. */
export const FleetBench = BenchFile.omit({ tare: true, schema: true, drawn: true })
  .extend({ missing: z.array(DrawnNode).describe("Nodes that were drawn, and no record of them is here.") })
  .meta({ id: "fleetBench" });
export type FleetBench = From<typeof FleetBench>;
