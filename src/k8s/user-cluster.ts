/** A cluster as a user looks at it before a bench: two requests more than the conductor needs and has rights for. */
import type { V1ConfigMap, V1DaemonSet } from "@kubernetes/client-node";
import type { Cluster } from "./cluster.ts";

export interface UserCluster extends Cluster {
  getConfigMap(namespace: string, name: string): Promise<V1ConfigMap>;
  /** Absent: of all namespaces. */
  listDaemonSets(namespace?: string): Promise<readonly V1DaemonSet[]>;
}
