import { expect, test } from "vitest";
import { kernelCapabilities } from "../../../src/k8s/capabilities.ts";
import { conductorJob } from "../../../src/k8s/objects/conductor-job.ts";
import { nodeJob } from "../../../src/k8s/objects/node-job.ts";
import { BenchPlan } from "../../../src/k8s/plan.ts";
import { planOf } from "../fake/bench.ts";

const PLAN = planOf();
const [NODE = { name: "", stratum: { instanceType: "", architecture: "", kernel: "", osImage: "" } }] =
  PLAN.nodes;

test("a node's Job makes one pod, on that node, and no second one", () => {
  const { spec } = nodeJob(PLAN, NODE);
  expect(spec).toMatchObject({
    backoffLimit: 0,
    activeDeadlineSeconds: 7200,
    ttlSecondsAfterFinished: 86_400,
  });
  expect(spec?.template.spec?.restartPolicy).toBe("Never");
  expect(spec?.template.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual(
    {
      nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["node-a"] }] }],
    },
  );
});

test("its pod has no token, sees the node's processes, and is not privileged", () => {
  const spec = nodeJob(PLAN, NODE).spec?.template.spec;
  expect(spec).toMatchObject({ automountServiceAccountToken: false, hostPID: true });
  expect(spec).not.toHaveProperty("hostNetwork");
  const context = spec?.containers[0]?.securityContext;
  expect(context).not.toHaveProperty("privileged");
  expect(context?.capabilities).toEqual({ drop: ["ALL"], add: kernelCapabilities("6.12.0") });
});

test("of the node it mounts everything read-only", () => {
  const spec = nodeJob({ ...PLAN, node: { ...PLAN.node, folders: ["/var/run/cilium/tetragon"] } }, NODE).spec
    ?.template.spec;
  const hostVolumes = spec?.volumes?.filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
  const mounts = spec?.containers[0]?.volumeMounts?.filter(({ name }) => hostVolumes?.includes(name));
  expect(mounts?.map(({ mountPath }) => mountPath)).toContain("/var/run/cilium/tetragon");
  expect(mounts?.every(({ readOnly }) => readOnly === true)).toBe(true);
  // A bind takes along what is mounted below, each as it is.
  expect(mounts?.every(({ recursiveReadOnly }) => recursiveReadOnly === "IfPossible")).toBe(true);
});

test("no autoscaler takes it away", () => {
  expect(nodeJob(PLAN, NODE).spec?.template.metadata?.annotations).toEqual({
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    "karpenter.sh/do-not-disrupt": "true",
  });
});

test("a node with a long name has labels and a Job all the same", () => {
  const long = { ...NODE, name: `ip-10-0-0-1.${"subdomain.".repeat(20)}internal` };
  const { metadata } = nodeJob(PLAN, long);
  expect(metadata?.name?.length).toBeLessThanOrEqual(63);
  expect(metadata?.labels?.["tare.dev/node"]).toMatch(/^[0-9a-f]{12}$/);
});

test("before Linux 5.8 there is no BPF and no PERFMON, and SYS_ADMIN is needed everywhere", () => {
  expect(kernelCapabilities("5.4.0-1103-aws")).toContain("SYS_ADMIN");
  expect(kernelCapabilities("5.4.0-1103-aws")).not.toContain("BPF");
  expect(kernelCapabilities("5.8.0")).toContain("SYS_ADMIN");
  expect(kernelCapabilities("6.1.0")).toContain("BPF");
});

test("the conductor's Job is told its plan, and is on none of the nodes that are measured", () => {
  const spec = conductorJob(PLAN).spec?.template.spec;
  const [variable] = spec?.containers[0]?.env ?? [];
  expect(BenchPlan.parse(JSON.parse(variable?.value ?? ""))).toEqual(PLAN);
  const [term] =
    spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  expect(term?.matchFields).toEqual(
    ["node-a", "node-b", "node-c"].map((name) => ({
      key: "metadata.name",
      operator: "NotIn",
      values: [name],
    })),
  );
});

test("the conductor is started anew unless it has ended for good, and never twice at once", () => {
  const { spec } = conductorJob(PLAN);
  expect(spec?.podReplacementPolicy).toBe("Failed");
  expect(spec?.podFailurePolicy?.rules[0]).toEqual({
    action: "FailJob",
    onExitCodes: { containerName: "conductor", operator: "In", values: [2, 3, 4, 130] },
  });
});

test("the conductor is let in where Pod Security is restricted, and has time to give agents back", () => {
  const spec = conductorJob(PLAN).spec?.template.spec;
  expect(spec?.securityContext).toMatchObject({
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
  });
  expect(spec?.containers[0]?.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
  expect(spec?.terminationGracePeriodSeconds).toBeGreaterThan(300);
});
