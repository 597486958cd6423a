/** Asks the cluster for what choosing needs. */
import type { V1ConfigMap, V1DaemonSet } from "@kubernetes/client-node";
import { TareError } from "../../domain/errors.ts";
import { suggest } from "../../domain/suggest.ts";
import { isClusterError } from "../cluster.ts";
import { type DaemonSetName, daemonSetOf } from "../plan.ts";
import type { UserCluster } from "../user-cluster.ts";
import type { FoundAgent } from "./agent-refusals.ts";
import type { ConductorsRights, Found } from "./choose.ts";
import { CONDUCTOR_ACCOUNT } from "../objects/conductor-job.ts";
import { APP, selectorOf } from "../objects/labels.ts";
import { leasesHeld } from "../objects/leases.ts";
import { clusterHash } from "./told.ts";
import { type Asking, conductorRights, type Right, rightsFor, rightText } from "./rights.ts";

export interface Looking extends Omit<Asking, "agents"> {
  /** Label selector of nodes. */
  readonly selector: string | undefined;
  /** `daemonset:NAMESPACE/NAME` each. */
  readonly agents: readonly string[];
  readonly now: Date;
}

/** @throws TareError `host-unfit` where the user may not even look, `usage` where a name means nothing there */
export const look = async (cluster: UserCluster, looking: Looking): Promise<Found> => {
  const named = looking.agents.map((name) => ({ name, of: daemonSetOf(name) ?? refuseName(name) }));
  const missingRights = await missing(cluster, { ...looking, agents: named.map(({ of }) => of) });
  const blind = missingRights.filter(({ toLook }) => toLook === true);
  if (blind.length > 0) throw blindness(blind);
  const { selector, namespaces, now } = looking;
  const agents: FoundAgent[] = [];
  for (const { name, of } of named) agents.push(await agentFound(cluster, name, of));
  const nodes = await cluster.listNodes(selector);
  const allNodes = selector === undefined ? nodes : await cluster.listNodes();
  if (nodes.length === 0)
    throw new TareError(
      "usage",
      selector === undefined ? "this cluster has no nodes" : `--selector ${selector}: no node has that`,
      `${allNodes.length} nodes are there; \`kubectl get nodes --show-labels\` shows their labels`,
    );
  const missingNamespaces: string[] = [];
  for (const namespace of [namespaces.nodes, namespaces.control])
    if ((await readable(cluster.getNamespace(namespace))) === "not-found") missingNamespaces.push(namespace);
  const isThere = !missingNamespaces.includes(namespaces.control);
  const conductor =
    looking.conductor === "job" && missingNamespaces.length === 0
      ? await conductorsRights(cluster, { namespaces, agents: named.map(({ of }) => of) })
      : NOT_ASKED;
  const listed = async <T>(list: () => Promise<readonly T[]>): Promise<readonly T[]> => {
    const got = isThere ? await readable(list()) : [];
    return typeof got === "string" ? [] : got;
  };
  return {
    nodes,
    allNodes,
    pods: await cluster.listPods({}),
    agents,
    missingNamespaces,
    quotas: await listed(() => cluster.listResourceQuotas(namespaces.control)),
    limitRanges: await listed(() => cluster.listLimitRanges(namespaces.control)),
    leases: leasesHeld(await listed(() => cluster.listLeases(namespaces.control, OURS)), now),
    missingRights,
    conductor,
    cluster: clusterHash(await optional(cluster.getNamespace("kube-system"))),
  };
};

/** What only tells more. */
const optional = async <T>(request: Promise<T>): Promise<T | undefined> => {
  const found = await readable(request);
  return found === "not-found" || found === "forbidden" ? undefined : found;
};

const OURS = selectorOf({ [APP]: "tare" });

/** What one may not read is not known, and what is not there is told as that. */
const readable = async <T>(request: Promise<T>): Promise<T | "not-found" | "forbidden"> => {
  try {
    return await request;
  } catch (error) {
    if (isClusterError(error, "not-found")) return "not-found";
    if (isClusterError(error, "forbidden")) return "forbidden";
    throw error;
  }
};

const refuseName = (name: string): never => {
  throw new TareError(
    "usage",
    `--agent ${name}: not the name of a DaemonSet`,
    "for example --agent daemonset:kube-system/tetragon; agents of the image are named by --agents",
  );
};

const missing = async (cluster: UserCluster, asking: Asking): Promise<readonly Right[]> => {
  const wanted = rightsFor(asking);
  const have = await Promise.all(wanted.map(async (right) => await cluster.mayI(right)));
  return wanted.filter(({ optional }, index) => have[index] === false && optional !== true);
};

const NOT_ASKED: ConductorsRights = { missing: [], unwatched: [], unchecked: [] };

/** All of them, whatever is missing: whoever installs the manifests again does so once. */
const conductorsRights = async (
  cluster: UserCluster,
  asking: Pick<Asking, "agents" | "namespaces">,
): Promise<ConductorsRights> => {
  const account = { namespace: asking.namespaces.control, name: CONDUCTOR_ACCOUNT };
  const rights = conductorRights(asking);
  const answers = await Promise.all(
    rights.map(async (right) => await readable(cluster.mayAccount(account, right))),
  );
  const missing = rights.filter((_, index) => answers[index] === false);
  return {
    missing: missing.filter(({ optional }) => optional !== true),
    unwatched: missing.filter(({ optional }) => optional === true),
    unchecked: rights.filter((_, index) => typeof answers[index] === "string"),
  };
};

const blindness = (rights: readonly Right[]): TareError =>
  new TareError(
    "host-unfit",
    `you may not ${rights.map(rightText).join(", nor ")}`,
    `it is needed ${rights[0]?.why ?? ""}; \`kubectl auth can-i --list\` shows what you may do, docs/kubernetes.md the rights verb by verb`,
  );

const agentFound = async (cluster: UserCluster, name: string, of: DaemonSetName): Promise<FoundAgent> => {
  const daemonSet = await readable(cluster.getDaemonSet(of.namespace, of.name));
  if (daemonSet === "not-found") throw await noSuchDaemonSet(cluster, name, of);
  // Asked for above; rights may have changed meanwhile.
  if (daemonSet === "forbidden")
    throw new TareError("host-unfit", `you may not get ${name}`, "ask its owner");
  const className = daemonSet.spec?.template.spec?.priorityClassName;
  const found = className === undefined ? undefined : await readable(cluster.getPriorityClass(className));
  return {
    name,
    daemonSet,
    configMaps: await configMapsOf(cluster, of.namespace, daemonSet),
    hasPriorityClass: className === undefined ? undefined : found !== "not-found",
  };
};

const noSuchDaemonSet = async (
  cluster: UserCluster,
  agent: string,
  { namespace, name }: DaemonSetName,
): Promise<TareError> => {
  const all = await readable(cluster.listDaemonSets());
  const there = (typeof all === "string" ? [] : all).map(
    ({ metadata }) => `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`,
  );
  const near = suggest(`${namespace}/${name}`, there);
  const elsewhere = there.find((one) => one.endsWith(`/${name}`)) ?? near;
  return new TareError(
    "usage",
    `--agent ${agent}: no such DaemonSet`,
    elsewhere === undefined
      ? `there are: ${there.join(", ") || "none that you may list"}`
      : `did you mean daemonset:${elsewhere}?`,
  );
};

/** Of its volumes and environments: an agent may be told there to leave its programs behind. */
const configMapsOf = async (
  cluster: UserCluster,
  namespace: string,
  { spec }: V1DaemonSet,
): Promise<readonly V1ConfigMap[]> => {
  const { volumes = [], containers = [] } = spec?.template.spec ?? {};
  const names = [
    ...volumes.flatMap(({ configMap }) => configMap?.name ?? []),
    ...containers.flatMap(({ envFrom = [] }) =>
      envFrom.flatMap(({ configMapRef }) => configMapRef?.name ?? []),
    ),
  ];
  const found: V1ConfigMap[] = [];
  for (const name of new Set(names)) {
    const map = await readable(cluster.getConfigMap(namespace, name));
    if (typeof map !== "string") found.push(map);
  }
  return found;
};
