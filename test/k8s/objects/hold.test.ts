import { expect, test } from "vitest";
import { type Hold, holdPod } from "../../../src/k8s/objects/hold.ts";
import { ownerReference } from "../../../src/k8s/objects/owner.ts";

const HOLD: Hold = {
  bench: "b1",
  namespace: "tare-control",
  node: "node-a",
  agent: "daemonset:kube-system/tetragon",
  image: "registry.test/tare:1",
  imagePullPolicy: "IfNotPresent",
  imagePullSecrets: [],
  deadlineSeconds: 180,
  owner: ownerReference("tare-b1", "uid-1"),
  agentNamespace: "kube-system",
  selector: { matchLabels: { "app.kubernetes.io/name": "tetragon" } },
  priorityClassName: "system-node-critical",
};

test("keeps the agent away by exactly one term, with a list of namespaces and the DaemonSet's own selector", () => {
  expect(holdPod(HOLD).spec?.affinity).toEqual({
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        {
          topologyKey: "kubernetes.io/hostname",
          namespaces: ["kube-system"],
          labelSelector: { matchLabels: { "app.kubernetes.io/name": "tetragon" } },
        },
      ],
    },
  });
});

test("ends by itself, and at once when it is deleted", () => {
  const { spec } = holdPod(HOLD);
  expect(spec).toMatchObject({
    activeDeadlineSeconds: 180,
    terminationGracePeriodSeconds: 0,
    restartPolicy: "Never",
  });
});

test("is put on its node past the scheduler and past every taint", () => {
  expect(holdPod(HOLD).spec).toMatchObject({ nodeName: "node-a", tolerations: [{ operator: "Exists" }] });
});

test("asks for nothing, and has the agent's own priority", () => {
  const { spec } = holdPod(HOLD);
  expect(spec?.priorityClassName).toBe("system-node-critical");
  expect(spec?.containers.map(({ resources }) => resources)).toEqual([undefined]);
});

test("has no class for an agent that has none", () => {
  const { priorityClassName: _, ...without } = HOLD;
  expect(holdPod(without).spec).not.toHaveProperty("priorityClassName");
});

test("goes with the conductor's Job, and blocks nobody from deleting that", () => {
  expect(holdPod(HOLD).metadata?.ownerReferences).toEqual([
    {
      apiVersion: "batch/v1",
      kind: "Job",
      name: "tare-b1",
      uid: "uid-1",
      controller: false,
      blockOwnerDeletion: false,
    },
  ]);
});

test("is let in where Pod Security is restricted", () => {
  const { spec } = holdPod(HOLD);
  expect(spec).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  });
  expect(spec?.containers[0]?.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
  expect(spec).not.toHaveProperty("hostPID");
  expect(spec).not.toHaveProperty("volumes");
});

test("is found by its bench and its node, and tells its agent", () => {
  expect(holdPod(HOLD).metadata).toMatchObject({
    generateName: "tare-hold-",
    namespace: "tare-control",
    labels: {
      "app.kubernetes.io/name": "tare",
      "tare.dev/bench": "b1",
      "tare.dev/node": "node-a",
      "tare.dev/role": "hold",
    },
    annotations: { "tare.dev/agent": "daemonset:kube-system/tetragon" },
  });
});
