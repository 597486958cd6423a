/** Where the workload ran, if not on the node as it is. */
import type { Summary } from "../domain/verdict.ts";

/** Null where it ran in the node's own namespaces. */
export const isolationText = ({ isolation }: Summary["run"]): string | null =>
  isolation === undefined
    ? null
    : `${isolation.join(" and ")} namespaces of the run's own, every workload and the baselines included, because an agent of this run acts on a whole node`;
