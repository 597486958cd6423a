/** What a cluster calls the node that was measured. The node itself shows none of it: whoever starts tare there tells it. */
import * as z from "zod";
import type { From } from "./schema.ts";
import { NumberReading } from "./units.ts";

const Told = z.string().min(1).exactOptional();

/** What is told, as its cluster's API has it; absent: not told. */
export const ToldOfNode = z.object({
  cluster: Told.describe("A hash, the same for every node of it."),
  node: Told,
  bench: Told.describe("The id of what nodes are measured together for."),
  pool: Told,
  instanceType: Told,
  zone: Told,
  spot: z.boolean().exactOptional(),
  osImage: Told,
  kubelet: Told.describe("Its version."),
  runtime: Told.describe("The container runtime and its version."),
  images: z
    .record(z.string(), z.string())
    .exactOptional()
    .describe(
      "Of the agents that were stopped and started, by their names: image with digest, and revision.",
    ),
});
export type ToldOfNode = From<typeof ToldOfNode>;

export const ClusterNode = z
  .object({
    ...ToldOfNode.shape,
    pods: NumberReading.describe("Pods with a process on the node when the run began, its own included."),
  })
  .meta({ id: "clusterNode", description: "Of a node of a cluster that was measured from a pod on it." });
export type ClusterNode = From<typeof ClusterNode>;
