/** Which nodes are benched, and why others are not. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agentRefusals, type FoundAgent } from "../../../src/k8s/choose/agent-refusals.ts";
import { choose, chosenNodes, type Choosing, type Found, isRefused } from "../../../src/k8s/choose/choose.ts";
import { holdRefusals, limitRefusals, quotaRefusals } from "../../../src/k8s/choose/control-refusals.ts";
import { amountOf } from "../../../src/k8s/choose/quantity.ts";
import { worded } from "../../../src/k8s/choose/refusal-words.ts";
import type { Refusal } from "../../../src/k8s/choose/refusal.ts";
import { requestsOf } from "../../../src/k8s/choose/room.ts";
import { draw } from "../../../src/k8s/choose/sample.ts";
import { matches } from "../../../src/k8s/choose/selector.ts";
import { AGENT, agentPod, daemonSet, node, pod } from "./objects.ts";

const NAMES = ["node-a", "node-b"];
const tetragon = (changed: Partial<FoundAgent> = {}): FoundAgent => ({
  name: AGENT,
  daemonSet: daemonSet(),
  configMaps: [],
  hasPriorityClass: undefined,
  ...changed,
});

const found = (changed: Partial<Found> = {}): Found => {
  const nodes = changed.nodes ?? NAMES.map((name) => node(name));
  return {
    nodes,
    allNodes: nodes,
    pods: NAMES.map((name) => agentPod(name)),
    agents: [tetragon()],
    missingNamespaces: [],
    quotas: [],
    limitRanges: [],
    leases: new Map(),
    missingRights: [],
    conductor: { missing: [], unwatched: [], unchecked: [] },
    cluster: "c",
    ...changed,
  };
};

const CHOOSING: Choosing = {
  namespaces: { nodes: "tare", control: "tare-control" },
  perKind: undefined,
  seed: 7,
  asIs: false,
  requests: { cpu: "1", memory: "512Mi" },
};

const refusalsOf = (changed: Partial<Found>, name = "node-a", choosing: Partial<Choosing> = {}) =>
  choose(found(changed), { ...CHOOSING, ...choosing }).nodes.find((one) => one.name === name)?.refusals;

const labelled = (labels: Record<string, string>) => node("node-a", { metadata: { name: "node-a", labels } });
const HOSTNAME = "kubernetes.io/hostname";

describe("a node is refused", () => {
  test("never without a reason: plain ones are all benched", () => {
    const choice = choose(found(), CHOOSING);
    expect(choice.nodes.map(({ refusals }) => refusals)).toEqual([[], []]);
    expect(chosenNodes(choice).map(({ name }) => name)).toEqual(NAMES);
    expect(isRefused(choice)).toBe(false);
    expect(chosenNodes(choice)[0]?.told).toMatchObject({
      instanceType: "m7g.xlarge",
      kubelet: "v1.34.1",
      cluster: "c",
    });
  });

  test.each([
    ["no hostname label", labelled({}), [{ kind: "no-hostname-label" }]],
    [
      "a hostname that another node has",
      labelled({ [HOSTNAME]: "node-b" }),
      [{ kind: "shared-hostname", hostname: "node-b", nodes: ["node-b"] }],
    ],
    [
      "a virtual node",
      labelled({ [HOSTNAME]: "node-a", type: "virtual-kubelet" }),
      [{ kind: "virtual", label: "type=virtual-kubelet" }],
    ],
    [
      "Fargate",
      labelled({ [HOSTNAME]: "node-a", "eks.amazonaws.com/compute-type": "fargate" }),
      [{ kind: "virtual", label: "eks.amazonaws.com/compute-type=fargate" }],
    ],
    ["a cordon", node("node-a", { spec: { unschedulable: true } }), [{ kind: "cordoned" }]],
    [
      "not being Ready",
      node("node-a", {
        status: { ...node("node-a").status, conditions: [{ type: "Ready", status: "Unknown" }] },
      }),
      [{ kind: "not-ready" }],
    ],
    [
      "Windows",
      node("node-a", {
        status: { nodeInfo: { operatingSystem: "windows", architecture: "amd64" } as never },
      }),
      [{ kind: "other-system", system: "windows" }],
    ],
    [
      "an architecture that tare is not built for",
      node("node-a", {
        status: { nodeInfo: { operatingSystem: "linux", architecture: "s390x" } as never },
      }),
      [{ kind: "other-architecture", architecture: "s390x" }],
    ],
  ])("for %s", (_, changed, expected) => {
    const nodes = [changed, node("node-b")];
    expect(refusalsOf({ nodes, allNodes: nodes })).toEqual(expected);
  });

  test("for a hostname that a node outside of the selector has", () => {
    const nodes = [node("node-a")];
    const twin = node("twin", { metadata: { name: "twin", labels: { [HOSTNAME]: "node-a" } } });
    expect(refusalsOf({ nodes, allNodes: [...nodes, twin] })).toMatchObject([{ kind: "shared-hostname" }]);
  });

  test("without a pod of the agent, or with one that is not Ready", () => {
    expect(refusalsOf({ pods: [agentPod("node-b")] })).toEqual([{ kind: "no-agent-pod", agent: AGENT }]);
    const unready = { ...agentPod("node-a"), status: { phase: "Running", conditions: [] } };
    expect(refusalsOf({ pods: [unready] })).toEqual([
      { kind: "agent-not-ready", agent: AGENT, pod: "tetragon-node-a" },
    ]);
  });

  test("while another bench has it", () => {
    expect(refusalsOf({ leases: new Map([["node-a", "b0"]]) })).toEqual([{ kind: "leased", by: "b0" }]);
  });

  test("when it has not the slots for what keeps the agent off and its room", () => {
    const small = node("node-a", {
      status: { ...node("node-a").status, allocatable: { cpu: "4", memory: "16Gi", pods: "4" } },
    });
    const nodes = [small, node("node-b")];
    expect(refusalsOf({ nodes })).toEqual([{ kind: "few-slots", free: 3, needed: 4 }]);
    expect(refusalsOf({ nodes }, "node-a", { asIs: true })).toEqual([]);
  });

  test("when the agent's requests are not free a second time", () => {
    const pods = [agentPod("node-a"), pod("big", "node-a", { cpu: "2850m" })];
    expect(refusalsOf({ pods })).toEqual([{ kind: "no-room", resource: "cpu", free: 1050, needed: 1100 }]);
    // What has ended, and what is elsewhere, takes none.
    const over = { ...pod("big", "node-a", { cpu: "2850m" }), status: { phase: "Succeeded" } };
    expect(refusalsOf({ pods: [agentPod("node-a"), over, pod("far", "node-b", { cpu: "3" })] })).toEqual([]);
  });
});

describe("an agent is not taken off", () => {
  const of = (agent: FoundAgent, pods = NAMES.map((name) => agentPod(name))) => agentRefusals(agent, pods);
  const status = (updated: number, observed = 3) => ({
    observedGeneration: observed,
    updatedNumberScheduled: updated,
    desiredNumberScheduled: 2,
    currentNumberScheduled: 2,
    numberMisscheduled: 0,
    numberReady: 2,
  });

  test("without a reason: a plain one is", () => {
    expect(of(tetragon())).toEqual([]);
  });

  test("in the middle of its rollout, also one that the controller has not seen yet", () => {
    const half = tetragon({ daemonSet: daemonSet({ status: status(1) }) });
    expect(of(half)).toEqual([{ kind: "half-rolled-out", updated: 1, desired: 2 }]);
    const unseen = tetragon({ daemonSet: daemonSet({ status: status(2, 2) }) });
    expect(of(unseen)).toMatchObject([{ kind: "half-rolled-out" }]);
    const byHand = tetragon({ daemonSet: daemonSet({ status: status(1), onDelete: true }) });
    expect(of(byHand)).toEqual([{ kind: "on-delete", updated: 1, desired: 2 }]);
    expect(of(tetragon({ daemonSet: daemonSet({ onDelete: true }) }))).toEqual([]);
  });

  test("whose selector means pods of another owner, or static ones", () => {
    const foreign = {
      ...agentPod("node-a"),
      metadata: { ...agentPod("node-a").metadata, name: "x", ownerReferences: [] },
    };
    expect(of(tetragon(), [foreign])).toEqual([{ kind: "foreign-pods", pods: ["kube-system/x"] }]);
    const mirror = {
      ...foreign,
      metadata: { ...foreign.metadata, annotations: { "kubernetes.io/config.mirror": "h" } },
    };
    expect(of(tetragon(), [mirror])).toEqual([{ kind: "static-pods", pods: ["kube-system/x"] }]);
  });

  test("that another scheduler places, or whose class is gone", () => {
    const other = tetragon({ daemonSet: daemonSet({ spec: { schedulerName: "volcano" } }) });
    expect(of(other)).toEqual([{ kind: "other-scheduler", scheduler: "volcano" }]);
    const classless = tetragon({
      daemonSet: daemonSet({ spec: { priorityClassName: "agents" } }),
      hasPriorityClass: false,
    });
    expect(of(classless)).toEqual([{ kind: "no-priority-class", className: "agents" }]);
  });

  test("that is Tetragon with runtime hooks, whoever installed them", () => {
    const hooks = {
      ...pod("tetragon-rthooks-1", "node-a"),
      metadata: {
        name: "tetragon-rthooks-1",
        namespace: "kube-system",
        labels: { "app.kubernetes.io/name": "tetragon-rthooks" },
      },
    };
    expect(of(tetragon(), [...NAMES.map((name) => agentPod(name)), hooks])).toEqual([
      { kind: "runtime-hooks", pods: ["kube-system/tetragon-rthooks-1"] },
    ]);
    const falco = daemonSet({
      spec: { containers: [{ name: "falco", image: "falcosecurity/falco:0.43.1" }] },
    });
    expect(of(tetragon({ daemonSet: falco }), [hooks])).toEqual([]);
  });

  test.each([
    [["--keep-sensors-on-exit"], {}, "--keep-sensors-on-exit"],
    [["--keep-sensors-on-exit=true"], {}, "--keep-sensors-on-exit=true"],
    [[], { "keep-sensors-on-exit": "true" }, "keep-sensors-on-exit in ConfigMap tetragon-config"],
    [["--keep-sensors-on-exit=false"], { "keep-sensors-on-exit": "true" }, undefined],
    [[], { "keep-sensors-on-exit": "false" }, undefined],
    [["--keep-sensors-on-exit-not"], {}, undefined],
  ])("that leaves its programs behind: %j, %j", (args, data, where) => {
    const agent = tetragon({
      daemonSet: daemonSet({ spec: { containers: [{ name: "tetragon", args }] } }),
      configMaps: [{ metadata: { name: "tetragon-config" }, data }],
    });
    expect(of(agent)).toEqual(where === undefined ? [] : [{ kind: "keeps-sensors", where }]);
  });

  test("that would preempt its hold", () => {
    const agent = agentPod("node-a", { priority: 2000 });
    const hold = { spec: { containers: [], priority: 1000, priorityClassName: "agents" } };
    expect(holdRefusals(hold, [agent])).toEqual([
      { kind: "preempts", className: "agents", agent: 2000, hold: 1000 },
    ]);
    expect(holdRefusals({ spec: { containers: [], priority: 2000 } }, [agent])).toEqual([]);
    expect(holdRefusals(hold, [agentPod("node-a", { priority: 2000, preemptionPolicy: "Never" })])).toEqual(
      [],
    );
  });
});

describe("the control namespace", () => {
  const quota = (
    hard: Record<string, string>,
    status?: { hard: Record<string, string>; used: Record<string, string> },
    scoped = false,
  ) => ({
    metadata: { name: "q" },
    spec: {
      hard,
      ...(scoped
        ? {
            scopeSelector: {
              matchExpressions: [
                { scopeName: "PriorityClass", operator: "In", values: ["system-node-critical"] },
              ],
            },
          }
        : {}),
    },
    ...(status === undefined ? {} : { status }),
  });
  const of = "tare-control";

  test("may not count what a hold does not ask for", () => {
    expect(quotaRefusals(of, [quota({ "requests.cpu": "4", pods: "9" })])).toEqual([
      { kind: "quota", namespace: of, quota: "q", resources: ["requests.cpu"] },
    ]);
    expect(quotaRefusals(of, [quota({ "count/jobs.batch": "4", secrets: "9" })])).toEqual([]);
  });

  test("must have room for holds, and a quota for critical ones must have counted", () => {
    const full = { hard: { pods: "2" }, used: { pods: "2" } };
    expect(quotaRefusals(of, [quota({ pods: "2" }, full)])).toEqual([
      { kind: "quota-full", namespace: of, quota: "q", used: 2, hard: 2 },
    ]);
    expect(quotaRefusals(of, [quota({ pods: "2" }, { hard: { pods: "2" }, used: { pods: "0" } })])).toEqual(
      [],
    );
    expect(quotaRefusals(of, [quota({ pods: "2" }, undefined, true)])).toEqual([
      { kind: "quota-not-counted", namespace: of, quota: "q" },
    ]);
  });

  test("may not give requests to a hold", () => {
    const range = (limits: object[]) => ({ metadata: { name: "l" }, spec: { limits: limits as never } });
    expect(limitRefusals(of, [range([{ type: "Container", defaultRequest: { cpu: "100m" } }])])).toEqual([
      { kind: "limit-range", namespace: of, limitRange: "l" },
    ]);
    expect(limitRefusals(of, [range([{ type: "Container", max: { cpu: "4" } }])])).toEqual([]);
  });
});

describe("nodes are drawn", () => {
  const many = Array.from({ length: 12 }, (_, at) => node(`node-${at}`));
  const others = Array.from({ length: 3 }, (_, at) =>
    node(`amd-${at}`, {
      status: {
        ...node("x").status,
        nodeInfo: { ...node("x").status?.nodeInfo, architecture: "amd64" } as never,
      },
    }),
  );
  const of = (nodes: Found["nodes"], changed: Partial<Choosing> = {}) =>
    chosenNodes(choose(found({ nodes, agents: [], pods: [] }), { ...CHOOSING, perKind: 2, ...changed })).map(
      ({ name }) => name,
    );

  test("within each kind, the same from the same seed, others from another", () => {
    const first = of([...many, ...others]);
    expect(first).toHaveLength(4);
    expect(of([...others, ...many.toReversed()])).toEqual(first);
    const seeds = Array.from({ length: 20 }, (_, seed) => of(many, { seed }).join());
    expect(new Set(seeds).size).toBeGreaterThan(5);
  });

  test("in one kind whatever becomes of another", () => {
    const before = of([...many, ...others]).filter((name) => name.startsWith("node"));
    expect(of(many)).toEqual(before);
  });

  test("each equally often", () => {
    const times = new Map<string, number>();
    for (let seed = 0; seed < 3000; seed++)
      for (const name of draw(["a", "b", "c"], 1, seed, "s")) times.set(name, (times.get(name) ?? 0) + 1);
    for (const count of times.values()) expect(Math.abs(count - 1000)).toBeLessThan(100);
    expect(times.size).toBe(3);
  });

  test("never one that is refused, never twice, and as many as there are", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 0 }),
        fc.uniqueArray(fc.string({ minLength: 1 })),
        (count, seed, names) => {
          const drawn = draw(names, count, seed, "s");
          expect(drawn).toHaveLength(Math.min(count, names.length));
          expect(new Set(drawn).size).toBe(drawn.length);
          expect(drawn.every((name) => names.includes(name))).toBe(true);
        },
      ),
    );
  });
});

test.each([
  ["100m", 0.1],
  ["4", 4],
  ["1.5", 1.5],
  ["128Mi", 2 ** 27],
  ["1G", 1e9],
  ["2e3", 2000],
  ["1E", 1e18],
  ["-1", -1],
  ["", undefined],
  ["4 cores", undefined],
  ["1Kib", undefined],
])("the amount %s is %s", (text, amount) => {
  expect(amountOf(text)).toEqual(amount);
});

test("a pod asks for its containers together, or for the largest moment of its preparation", () => {
  const asking = (cpu: string, restartPolicy?: string) => ({
    name: "c",
    resources: { requests: { cpu } },
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
  });
  expect(requestsOf({ containers: [asking("100m"), asking("200m")], overhead: { cpu: "50m" } }).cpu).toBe(
    350,
  );
  expect(requestsOf({ containers: [asking("100m")], initContainers: [asking("1")] }).cpu).toBe(1000);
  // A sidecar goes on beside the others.
  expect(requestsOf({ containers: [asking("100m")], initContainers: [asking("300m", "Always")] }).cpu).toBe(
    400,
  );
  expect(requestsOf({ containers: [{ name: "c", resources: { limits: { memory: "1Gi" } } }] }).memory).toBe(
    2 ** 30,
  );
});

test.each([
  [{ matchLabels: { a: "1" } }, true],
  [{ matchLabels: { a: "2" } }, false],
  [{ matchExpressions: [{ key: "a", operator: "In", values: ["1", "2"] }] }, true],
  [{ matchExpressions: [{ key: "b", operator: "NotIn", values: ["1"] }] }, true],
  [{ matchExpressions: [{ key: "a", operator: "Exists" }] }, true],
  [{ matchExpressions: [{ key: "a", operator: "DoesNotExist" }] }, false],
])("selector %j means a pod labelled a=1: %s", (selector, expected) => {
  expect(matches(selector, { a: "1" })).toBe(expected);
});

test("each refusal has a reason and what to do", () => {
  const all: readonly Refusal[] = [
    { kind: "not-ready" },
    { kind: "few-slots", free: 1, needed: 4 },
    { kind: "no-room", resource: "memory", free: -5, needed: 2 ** 27 },
    { kind: "shared-hostname", hostname: "h", nodes: ["a", "b", "c", "d", "e"] },
    { kind: "server", what: "a node pod", message: 'violates PodSecurity "baseline:latest"' },
    { kind: "server", what: "a node pod", message: "denied by autogke-disallow-privilege (GKE Warden)" },
  ];
  const [, slots, room, shared, security, warden] = all.map(worded);
  expect(slots?.reason).toContain("1 free pod slots, 4 are needed");
  expect(room?.reason).toContain("full: 0Mi of memory free, 128Mi needed");
  expect(shared?.reason).toContain("a, b, c and 2 more");
  expect(security?.hint).toContain("enforce=privileged");
  expect(warden?.hint).toContain("Autopilot");
});
