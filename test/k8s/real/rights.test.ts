/** What the conductor may do, by a real API server: every right that the manifests give is needed, and nothing beyond them is had. */
import { KubeConfig, type V1Pod, type V1Role } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCluster } from "../../../src/k8s/client/client.ts";
import { type Cluster, ClusterError } from "../../../src/k8s/cluster.ts";
import { CONDUCTOR_ACCOUNT } from "../../../src/k8s/objects/conductor-job.ts";
import { holdPod } from "../../../src/k8s/objects/hold.ts";
import { leaseObject, nodeLease } from "../../../src/k8s/objects/leases.ts";
import { nodeJob } from "../../../src/k8s/objects/node-job.ts";
import { CONDUCTOR_RIGHTS, type Right, type Where } from "../../../src/k8s/rights.ts";
import { CONTROL, install, NAMESPACE, planFor } from "./bench.ts";
import { ControlPlane } from "./control-plane.ts";
import { eventually } from "./eventually.ts";
import { OBSTACLE, PROGRAM } from "./obstacle.ts";
import { collectionOf, PATHS } from "./paths.ts";
import type { Rest } from "./rest.ts";
import { IMAGE, Setting } from "./setting.ts";

const AGENT = "rights";
const OTHER = "other";
const ABSENT = "absent";

let plane: ControlPlane;
let admin: Rest;
let setting: Setting;
/** As the conductor in its pod. */
let cluster: Cluster;

const hold = (deadlineSeconds = 60): V1Pod =>
  holdPod({
    bench: AGENT,
    namespace: CONTROL,
    node: setting.node.name,
    agent: setting.agentName,
    image: IMAGE,
    imagePullPolicy: "IfNotPresent",
    imagePullSecrets: [],
    deadlineSeconds,
    agentNamespace: AGENT,
    selector: { matchLabels: { app: "agent" } },
  });

const lease = (version?: string) => {
  const made = leaseObject(nodeLease(AGENT, CONTROL, ABSENT, undefined), new Date());
  if (version !== undefined) Object.assign(made.metadata ?? {}, { resourceVersion: version });
  return made;
};

/** Begun: it is answered, or refused. */
const watched = async (resource: "pods" | "leases", namespace: string): Promise<void> => {
  const enough = new AbortController();
  const query = { resource, namespace, labelSelector: "" };
  for await (const _ of cluster.watch(query, "0", enough.signal)) enough.abort();
};

/** A request that needs this right and no other. What is not there is not found, for who may look. */
const REQUESTS: Readonly<Record<string, () => Promise<unknown>>> = {
  "nodes get pods": () => cluster.getPod(NAMESPACE, ABSENT),
  "nodes watch pods": () => watched("pods", NAMESPACE),
  "nodes list pods": () => cluster.listPods({ namespace: NAMESPACE }),
  "nodes get pods/log": async () => {
    for await (const _ of cluster.followLog(NAMESPACE, ABSENT, { follow: false })) return;
  },
  "control get pods": () => cluster.getPod(CONTROL, ABSENT),
  "control watch pods": () => watched("pods", CONTROL),
  "control list pods": () => cluster.listPods({ namespace: CONTROL }),
  "control create pods": () => cluster.createPod(hold(), { dryRun: true }),
  "control delete pods": () => cluster.deletePod(CONTROL, ABSENT),
  "control get leases": () => cluster.getLease(CONTROL, ABSENT),
  "control watch leases": () => watched("leases", CONTROL),
  "control list leases": () => cluster.listLeases(CONTROL, ""),
  "control create leases": () => cluster.createLease(lease()),
  "control update leases": () => cluster.replaceLease(lease("1")),
  "control delete leases": () => cluster.deleteLease(CONTROL, ABSENT),
  "agent get daemonsets": () => cluster.getDaemonSet(AGENT, "agent"),
  "agent get pods": () => cluster.getPod(AGENT, ABSENT),
  "agent watch pods": () => watched("pods", AGENT),
  "agent list pods": () => cluster.listPods({ namespace: AGENT }),
  "agent delete pods": () => cluster.deletePod(AGENT, ABSENT),
  "agent list events": () => cluster.listEvents(AGENT, ABSENT),
  "cluster get nodes": () => cluster.getNode(ABSENT),
  "cluster list pods": () => cluster.listPods({}),
};

/** By its kind; undefined: it was admitted. */
const refusalOf = async (request: () => Promise<unknown>): Promise<ClusterError | undefined> => {
  try {
    await request();
    return undefined;
  } catch (error) {
    if (error instanceof ClusterError) return error;
    throw error;
  }
};

const RBAC = "rbac.authorization.k8s.io/v1";
const rolePath = (where: Where): string => {
  const of = (kind: string, name: string, namespace?: string): string =>
    `${collectionOf({ apiVersion: RBAC, kind, metadata: namespace === undefined ? {} : { namespace } })}/${name}`;
  switch (where) {
    case "nodes":
      return of("Role", CONDUCTOR_ACCOUNT, NAMESPACE);
    case "control":
      return of("Role", CONDUCTOR_ACCOUNT, CONTROL);
    case "agent":
      return of("Role", `${NAMESPACE}-conductor.agent`, AGENT);
    case "cluster":
      return of("ClusterRole", `${NAMESPACE}-conductor`);
  }
};

/** Takes a verb away while `meanwhile` runs. */
const without = async (right: Right, verb: string, meanwhile: () => Promise<void>): Promise<void> => {
  const path = rolePath(right.where);
  const before = (await admin.get<V1Role>(path)).rules ?? [];
  const rules = structuredClone(before);
  for (const rule of rules)
    if (rule.resources?.includes(right.resource) === true && rule.apiGroups?.includes(right.group) === true)
      rule.verbs = rule.verbs.filter((one) => one !== verb);
  // A rule without verbs is refused.
  await admin.patch(path, { rules: rules.filter(({ verbs }) => verbs.length > 0) });
  try {
    await meanwhile();
  } finally {
    await admin.patch(path, { rules: before });
  }
};

const ALL = CONDUCTOR_RIGHTS.flatMap((right) =>
  right.verbs.map((verb) => [`${right.where} ${verb} ${right.resource}`, right, verb] as const),
);

const isListOfPods = (right: Right, verb: string): boolean => right.resource === "pods" && verb === "list";
const LIST_ALL = CONDUCTOR_RIGHTS.find((right) => right.where === "cluster" && isListOfPods(right, "list"));

describe.skipIf(OBSTACLE !== undefined)(`rights on a real control plane ${OBSTACLE ?? ""}`, () => {
  beforeAll(async () => {
    plane = await ControlPlane.start(PROGRAM ?? "");
    ({ admin } = plane);
    await install(plane, [AGENT]);
    setting = await Setting.make(plane, { name: AGENT });
    const config = new KubeConfig();
    config.loadFromString(plane.kubeconfig(await plane.tokenOf(CONTROL, CONDUCTOR_ACCOUNT)));
    cluster = createCluster(config);
  });
  afterAll(async () => {
    await setting.remove();
    await plane.stop();
  });

  test("the list is of these requests and no others", () => {
    expect(ALL.map(([name]) => name).toSorted()).toEqual(Object.keys(REQUESTS).toSorted());
  });

  test.each(ALL)("%s: admitted with it, and told as forbidden without it", async (name, right, verb) => {
    const request = REQUESTS[name] ?? (() => Promise.reject(new Error(`no request for ${name}`)));
    expect((await refusalOf(request))?.kind).not.toBe("forbidden");
    const look = async (): Promise<void> => {
      const refused = await eventually(`${name} refused`, async () => {
        const refusal = await refusalOf(request);
        if (refusal?.kind !== "forbidden") throw new Error(String(refusal));
        return refusal;
      });
      expect(refused.message).toMatch(new RegExp(`cannot ${verb} resource "${right.resource}"`));
    };
    // Who may list the pods of all namespaces may list those of each.
    const covered = right.where !== "cluster" && isListOfPods(right, verb) && LIST_ALL !== undefined;
    await without(right, verb, covered ? () => without(LIST_ALL, verb, look) : look);
    await eventually(`${name} admitted again`, async () => {
      if ((await refusalOf(request))?.kind === "forbidden") throw new Error("it is not");
    });
  });

  test("of the agent's namespace, only pods of the agent that was named may be deleted", async () => {
    const foreign = await setting.bystander("foreign", 10);
    const refused = await refusalOf(() =>
      cluster.deletePod(AGENT, foreign.metadata?.name ?? "", { dryRun: true }),
    );
    expect(refused?.kind).toBe("forbidden");
    expect(refused?.message).toMatch(
      /tare may not delete rights\/foreign, which is no pod of a DaemonSet that was named/,
    );
    const agent = await setting.agentPod(setting.node.name);
    expect(
      await refusalOf(() => cluster.deletePod(AGENT, agent.metadata?.name ?? "", { dryRun: true })),
    ).toBeUndefined();
  });

  test("a hold needs a deadline, and not too late a one", async () => {
    expect(await refusalOf(() => cluster.createPod(hold(), { dryRun: true }))).toBeUndefined();
    for (const seconds of [901, undefined]) {
      const pod = hold();
      if (pod.spec === undefined) throw new Error("the hold has no spec");
      if (seconds === undefined) delete pod.spec.activeDeadlineSeconds;
      else pod.spec.activeDeadlineSeconds = seconds;
      const refused = await refusalOf(() => cluster.createPod(pod, { dryRun: true }));
      expect(refused?.message).toMatch(/needs activeDeadlineSeconds of at most 900/);
    }
  });

  test("Pod Security lets the node pod into its own namespace, and only a hold into the restricted one", async () => {
    const [node] = setting.benchedNodes;
    if (node === undefined) throw new Error("the setting has no node");
    const { spec } = nodeJob(planFor(setting, { bench: AGENT }), node).spec?.template ?? {};
    if (spec === undefined) throw new Error("the Job has no pod");
    const asUser = createClusterOf(plane);
    const pod = (namespace: string, serviceAccountName: string): V1Pod => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "tried", namespace },
      spec: Object.assign(structuredClone(spec), { serviceAccountName }),
    });
    expect(
      await refusalOf(() => asUser.createPod(pod(NAMESPACE, "tare-node"), { dryRun: true })),
    ).toBeUndefined();
    const refused = await refusalOf(() =>
      asUser.createPod(pod(CONTROL, CONDUCTOR_ACCOUNT), { dryRun: true }),
    );
    expect(refused?.kind).toBe("forbidden");
    expect(refused?.message).toMatch(/violates PodSecurity "restricted:latest": .*hostPID/);
  });

  test("the node pod's account may do nothing", async () => {
    const account = `system:serviceaccount:${NAMESPACE}:tare-node`;
    const asNode = admin.as(account, "system:serviceaccounts", "system:authenticated");
    for (const path of [PATHS.pods(NAMESPACE), PATHS.pods(CONTROL), PATHS.nodes()])
      await expect(asNode.get(path)).rejects.toThrow(/^403: .* cannot list resource/);
  });

  test("somebody else's namespace is none of the conductor's", async () => {
    await admin.create(PATHS.namespaces(), {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: OTHER },
    });
    expect((await refusalOf(() => cluster.deletePod(OTHER, ABSENT)))?.kind).toBe("forbidden");
    const elsewhere = hold();
    elsewhere.metadata = { name: "elsewhere", namespace: OTHER };
    expect((await refusalOf(() => cluster.createPod(elsewhere)))?.kind).toBe("forbidden");
  });
});

const createClusterOf = (of: ControlPlane): Cluster => {
  const config = new KubeConfig();
  config.loadFromString(of.kubeconfig());
  return createCluster(config);
};
