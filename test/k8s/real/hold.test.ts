/** The hold and the place that the conductor makes, against a real scheduler: what the whole of a bench on a cluster rests on. */
import type { V1Pod } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { holdPod } from "../../../src/k8s/objects/hold.ts";
import { placePod } from "../../../src/k8s/objects/place.ts";
import { ControlPlane } from "./control-plane.ts";
import { eventually, throughout } from "./eventually.ts";
import { OBSTACLE, PROGRAM } from "./obstacle.ts";
import { PATHS } from "./paths.ts";
import { ApiError, type Rest } from "./rest.ts";
import { AGENT_CPU, admitCritical, ensure, IMAGE, isReady, nodeOf, Setting } from "./setting.ts";
import { stopwatch, tell } from "./told.ts";

const CONTROL = "holds";
const CRITICAL = "system-node-critical";

let plane: ControlPlane;
let admin: Rest;

describe.skipIf(OBSTACLE !== undefined)(`a hold on a real control plane ${OBSTACLE ?? ""}`, () => {
  beforeAll(async () => {
    plane = await ControlPlane.start(PROGRAM ?? "");
    ({ admin } = plane);
    await ensure(admin, { apiVersion: "v1", kind: "Namespace", metadata: { name: CONTROL } });
  });
  afterAll(async () => {
    await plane.stop();
  });

  const resting = (setting: Setting, deadlineSeconds = 300) => ({
    bench: setting.namespace,
    namespace: CONTROL,
    node: setting.node.name,
    agent: setting.agentName,
    image: IMAGE,
    imagePullPolicy: "IfNotPresent",
    imagePullSecrets: [],
    deadlineSeconds,
  });

  const hold = async (
    setting: Setting,
    more: { readonly deadlineSeconds?: number; readonly priorityClassName?: string } = {},
  ): Promise<V1Pod> => {
    const { deadlineSeconds, ...others } = more;
    const made = await admin.create<V1Pod>(
      PATHS.pods(CONTROL),
      holdPod({
        ...resting(setting, deadlineSeconds),
        agentNamespace: setting.namespace,
        selector: { matchLabels: { app: "agent" } },
        ...others,
      }),
    );
    return await setting.running(made);
  };

  const place = async (setting: Setting, cpu = AGENT_CPU): Promise<V1Pod> =>
    await admin.create<V1Pod>(
      PATHS.pods(CONTROL),
      placePod({ ...resting(setting), requests: { cpu, memory: 0, "ephemeral-storage": 0 } }),
    );

  /** Deletes the agent's pod, and waits until the node sees it gone and the API a successor that has no place. */
  const turnOff = async (setting: Setting): Promise<V1Pod> => {
    const before = await setting.agentPod(setting.node.name);
    await setting.deletePod(before);
    await setting.agentGone(setting.node);
    return await eventually("a successor", async () => {
      const pod = await setting.agentPod(setting.node.name);
      const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
      if (pod.metadata?.uid === before.metadata?.uid || scheduled?.status !== "False")
        throw new Error("not yet");
      return pod;
    });
  };

  test("keeps the agent off its node and no other, until it goes", async () => {
    const setting = await Setting.make(plane, { name: "plain", nodes: [{}, {}] });
    const [first, second] = setting.kubelets;
    const held = await hold(setting);
    const pending = await turnOff(setting);

    expect(nodeOf(pending)).toBe(first?.name);
    expect(pending.status?.conditions).toContainEqual(
      expect.objectContaining({ reason: "Unschedulable", message: expect.stringContaining("anti-affinity") }),
    );
    await throughout(10, async () => {
      expect(setting.agentRuns(setting.node)).toBe(false);
      expect((await setting.agentPods(second?.name ?? "")).every(isReady)).toBe(true);
    });
    expect((await setting.daemonSet()).status).toMatchObject({ desiredNumberScheduled: 2, numberReady: 1 });

    const seconds = stopwatch();
    await setting.deletePod(held);
    await setting.deletePod(pending);
    await setting.agentReady(setting.node.name);
    tell({
      what: "a hold is deleted, then the pending pod",
      since: "that",
      agentReadySeconds: seconds(),
      record: "",
    });
    expect(setting.agentRuns(setting.node)).toBe(true);
    await setting.remove();
  });

  test("ends at its deadline, with nobody there to delete it", async () => {
    const setting = await Setting.make(plane, { name: "deadline" });
    const held = await hold(setting, { deadlineSeconds: 20 });
    await turnOff(setting);
    await eventually("the hold Failed", async () => {
      if ((await setting.phaseOf(held)) !== "Failed") throw new Error("it runs");
    });
    const seconds = stopwatch();
    await setting.agentReady(setting.node.name);
    tell({ what: "a hold is at its deadline", since: "its end", agentReadySeconds: seconds(), record: "" });
    expect((await admin.get<V1Pod>(PATHS.pods(CONTROL, held.metadata?.name))).status?.reason).toBe(
      "DeadlineExceeded",
    );
    await setting.remove();
  });

  test("is preempted by an agent of a higher priority, and never by one of its own", async () => {
    const agent = { priorityClassName: CRITICAL };
    await admitCritical(admin, CONTROL);
    const setting = await Setting.make(plane, { name: "critical", agent });
    const lower = await hold(setting);
    await setting.deletePod(await setting.agentPod(setting.node.name));
    await eventually("the lower hold preempted", async () => {
      if ((await setting.phaseOf(lower)) === "Running") throw new Error("it runs");
    });
    await setting.agentReady(setting.node.name);

    const equal = await hold(setting, agent);
    await turnOff(setting);
    await throughout(5, async () => {
      expect(await setting.phaseOf(equal)).toBe("Running");
      expect(setting.agentRuns(setting.node)).toBe(false);
    });
    await setting.deletePod(equal);
    await setting.agentReady(setting.node.name);
    await setting.remove();
  });

  test("of a critical class is refused where no quota lets it in", async () => {
    const name = "unquoted";
    await ensure(admin, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
    const refused = await admin
      .create(PATHS.pods(name), {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "critical", namespace: name },
        spec: { priorityClassName: CRITICAL, containers: [{ name: "critical", image: IMAGE }] },
      })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiError);
    // The client knows it by these words, for its code is that of a server that broke.
    expect((refused as ApiError).message).toMatch(/insufficient quota to match these scopes/);
  });

  test("with a place beside it, gives the agent its room back, whoever waits for it", async () => {
    const setting = await Setting.make(plane, { name: "placed", nodes: [{ milliCpus: 2 * AGENT_CPU + 50 }] });
    // The place is there before the agent goes, and the newcomer before the agent comes back.
    const kept = await setting.running(await place(setting));
    const held = await hold(setting);
    await turnOff(setting);
    const newcomer = await setting.bystander("newcomer", AGENT_CPU + 100);
    await throughout(5, async () => {
      expect(await setting.phaseOf(newcomer)).toBe("Pending");
    });
    await setting.deletePod(held);
    await setting.deletePod(await setting.agentPod(setting.node.name));
    await eventually("the agent bound, or refused for want of room", async () => {
      const { spec, status } = await setting.agentPod(setting.node.name);
      const why = status?.conditions?.find(({ type }) => type === "PodScheduled")?.message ?? "";
      if (spec?.nodeName === undefined && !why.includes("Insufficient")) throw new Error(why);
    });
    await setting.deletePod(kept);
    await setting.agentReady(setting.node.name);
    expect(await setting.phaseOf(newcomer)).toBe("Pending");
    await setting.remove();
  });

  test("without a place, loses the agent's room to whoever waits for it", async () => {
    const setting = await Setting.make(plane, { name: "unplaced", nodes: [{ milliCpus: AGENT_CPU + 50 }] });
    const newcomer = await setting.bystander("newcomer", AGENT_CPU + 20);
    const held = await hold(setting);
    await setting.deletePod(await setting.agentPod(setting.node.name));
    await setting.running(newcomer);
    // A place that comes now finds the node full, whatever it asked the agent's pod for before.
    const late = await place(setting);
    await eventually("the place refused", async () => {
      if ((await setting.phaseOf(late)) !== "Failed") throw new Error("it is not");
    });
    expect((await admin.get<V1Pod>(PATHS.pods(CONTROL, late.metadata?.name))).status?.reason).toBe(
      "OutOfcpu",
    );
    await setting.deletePod(held);
    await throughout(5, async () => {
      expect(setting.agentRuns(setting.node)).toBe(false);
      await Promise.resolve();
    });
    await setting.remove();
  });

  test("goes with its owner, when that is deleted as tare deletes it", async () => {
    const setting = await Setting.make(plane, { name: "owned" });
    const job = await admin.create(PATHS.jobs(CONTROL), {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "owner", namespace: CONTROL },
      spec: {
        suspend: true,
        template: { spec: { restartPolicy: "Never", containers: [{ name: "owner", image: IMAGE }] } },
      },
    } as Parameters<Rest["create"]>[1] & { metadata: { uid?: string } });
    const { uid = "" } = job.metadata;
    const owner = { apiVersion: "batch/v1", kind: "Job", name: "owner", uid, blockOwnerDeletion: false };
    const held = await setting.running(
      await admin.create<V1Pod>(
        PATHS.pods(CONTROL),
        holdPod({
          ...resting(setting),
          owner,
          agentNamespace: setting.namespace,
          selector: { matchLabels: { app: "agent" } },
        }),
      ),
    );
    await turnOff(setting);
    const seconds = stopwatch();
    await admin.delete(PATHS.jobs(CONTROL, "owner"), { propagationPolicy: "Background" });
    await setting.agentReady(setting.node.name);
    tell({ what: "the hold's Job is deleted", since: "that", agentReadySeconds: seconds(), record: "" });
    expect(await setting.phaseOf(held)).toBeUndefined();
    await setting.remove();
  });
});
