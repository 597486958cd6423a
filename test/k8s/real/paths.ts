/** Where the API server has which objects. */
import type { KubernetesObject } from "@kubernetes/client-node";

const core = "/api/v1";
const namespaced = (namespace: string): string => `${core}/namespaces/${namespace}`;
const named = (path: string, name: string | undefined): string =>
  name === undefined ? path : `${path}/${name}`;

export const PATHS = {
  namespaces: (name?: string): string => named(`${core}/namespaces`, name),
  nodes: (name?: string): string => named(`${core}/nodes`, name),
  pods: (namespace: string, name?: string): string => named(`${namespaced(namespace)}/pods`, name),
  podsOfNode: (node: string): string => `${core}/pods?fieldSelector=spec.nodeName%3D${node}`,
  events: (namespace: string): string => `${namespaced(namespace)}/events`,
  serviceAccounts: (namespace: string, name?: string): string =>
    named(`${namespaced(namespace)}/serviceaccounts`, name),
  resourceQuotas: (namespace: string, name?: string): string =>
    named(`${namespaced(namespace)}/resourcequotas`, name),
  daemonSets: (namespace: string, name?: string): string =>
    named(`/apis/apps/v1/namespaces/${namespace}/daemonsets`, name),
  jobs: (namespace: string, name?: string): string =>
    named(`/apis/batch/v1/namespaces/${namespace}/jobs`, name),
  leases: (namespace: string, name?: string): string =>
    named(`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`, name),
  priorityClasses: (name?: string): string => named("/apis/scheduling.k8s.io/v1/priorityclasses", name),
};

/** Where objects of such a kind are made. */
export const collectionOf = ({ apiVersion = "v1", kind = "", metadata }: KubernetesObject): string => {
  const name = kind.toLowerCase();
  const plural = name.endsWith("y")
    ? `${name.slice(0, -1)}ies`
    : name.endsWith("s")
      ? `${name}es`
      : `${name}s`;
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return metadata?.namespace === undefined
    ? `${group}/${plural}`
    : `${group}/namespaces/${metadata.namespace}/${plural}`;
};
