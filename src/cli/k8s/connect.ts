/** Which cluster a command is about, by flags that kubectl's users know. */
import type { Command } from "commander";
import { ClusterError, type ClusterErrorKind } from "../../k8s/cluster.ts";
import type { Where } from "../../k8s/client/kubeconfig.ts";
import type { UserCluster } from "../../k8s/user-cluster.ts";
import { type ErrorKind, TareError } from "../../domain/errors.ts";

export interface ClusterFlags extends Where {
  readonly namespace: string;
}

export const addClusterFlags = (command: Command): Command =>
  command
    .option("--context <name>", "of the kubeconfig (default: its current one)")
    .option("--kubeconfig <file>", "default: KUBECONFIG, else ~/.kube/config, else the pod's service account")
    .option("-n, --namespace <name>", "of the node pods; NAME-control is that of the conductor", "tare");

export interface Namespaces {
  readonly nodes: string;
  readonly control: string;
}

/** What a namespace is called; the other one is longer. */
const MAX_NAMESPACE = 63 - "-control".length;
const NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

export const namespacesOf = ({ namespace }: ClusterFlags): Namespaces => {
  if (!NAME.test(namespace) || namespace.length > MAX_NAMESPACE)
    throw new TareError(
      "usage",
      `--namespace ${namespace}: not the name of a namespace`,
      `small letters, digits and hyphens, at most ${MAX_NAMESPACE}: for example --namespace tare`,
    );
  return { nodes: namespace, control: `${namespace}-control` };
};

export const connect = async (flags: Where, env: NodeJS.ProcessEnv = process.env): Promise<UserCluster> => {
  // Half a second to load, which a node's pod need not wait for.
  const { createCluster } = await import("../../k8s/client/client.ts");
  const { loadKubeConfig } = await import("../../k8s/client/kubeconfig.ts");
  return createCluster(loadKubeConfig(flags, env));
};

const KINDS: Readonly<Record<ClusterErrorKind, ErrorKind>> = {
  "not-found": "usage",
  exists: "run-failed",
  conflict: "run-failed",
  gone: "run-failed",
  forbidden: "host-unfit",
  refused: "host-unfit",
  unreachable: "host-unfit",
};

/** As the API server words what a right is lacking for. */
const LACKING = /cannot (\w+) resource "([^"]+)"(?: in API group "([^"]*)")?(?: in the namespace "([^"]+)")?/;

const hintFor = ({ kind, message }: ClusterError): string => {
  switch (kind) {
    case "forbidden": {
      const [, verb, resource, group = "", namespace] = LACKING.exec(message) ?? [];
      if (verb === undefined || resource === undefined)
        return "log in again, or ask who runs the cluster; docs/kubernetes.md lists the rights verb by verb";
      const what = group === "" ? resource : `${resource}.${group}`;
      const where = namespace === undefined ? "-A" : `-n ${namespace}`;
      return `ask for that right; \`kubectl auth can-i ${verb} ${what} ${where}\` tells whether you have it`;
    }
    case "unreachable":
      return "is the cluster up, and a VPN or tunnel needed? `kubectl version` asks the same server";
    case "refused":
      return /certificate/.test(message)
        ? "the kubeconfig's certificate authority may be of another cluster, or out of date"
        : "`kubectl cluster-info` asks the same server";
    case "not-found":
      return "was it removed, or is it in another namespace or context?";
    case "exists":
    case "conflict":
    case "gone":
      return "somebody else changed it at the same time: try again";
  }
};

/** What the cluster said, for the user of a command. */
export const told = (error: ClusterError): TareError =>
  new TareError(KINDS[error.kind], error.message, hintFor(error), { cause: error });

/** A cluster's errors end commands as any others do. */
export const withCluster = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ClusterError ? told(error) : error;
  }
};
