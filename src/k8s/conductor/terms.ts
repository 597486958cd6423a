/** What everything that is done for one node of a bench is told. */
import type { V1OwnerReference } from "@kubernetes/client-node";
import type { BenchedNode, BenchPlan } from "../plan.ts";

export interface NodeTerms {
  readonly plan: BenchPlan;
  readonly node: BenchedNode;
  /** The conductor's Job. Absent for one that runs outside the cluster. */
  readonly owner: V1OwnerReference | undefined;
}
