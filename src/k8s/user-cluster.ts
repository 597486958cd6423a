/** A cluster as a user looks at it before a bench: requests that the conductor neither makes nor has rights for. */
import type { V1ConfigMap, V1DaemonSet } from "@kubernetes/client-node";
import type { Access, Cluster } from "./cluster.ts";

/** Who may do something. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

export interface UserCluster extends Cluster {
  getConfigMap(namespace: string, name: string): Promise<V1ConfigMap>;
  /** Absent: of all namespaces. */
  listDaemonSets(namespace?: string): Promise<readonly V1DaemonSet[]>;
  /**
   * Whether a service account may do that. Rejects with `forbidden` where the one who asks may not know: it takes "create" of
   * subjectaccessreviews, or of localsubjectaccessreviews in the namespace.
   */
  mayAccount(account: Account, access: Access): Promise<boolean>;
}
