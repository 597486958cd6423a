/** A namespace with a quota, by a real API server and Job controller: what does not come up is told, with why. */
import { join, resolve } from "node:path";
import { writeFile } from "node:fs/promises";
import { KubeConfig } from "@kubernetes/client-node";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findBenches } from "../../../src/k8s/bench/find.ts";
import { startBench } from "../../../src/k8s/bench/start.ts";
import { hintFor, stateOf } from "../../../src/k8s/bench/state.ts";
import { withReasons } from "../../../src/k8s/bench/unmade.ts";
import { createCluster } from "../../../src/k8s/client/client.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { CONTROL, install, NAMESPACE, planFor } from "./bench.ts";
import { ControlPlane } from "./control-plane.ts";
import { eventually } from "./eventually.ts";
import { OBSTACLE, PROGRAM } from "./obstacle.ts";
import { PATHS } from "./paths.ts";
import { IMAGE, Setting } from "./setting.ts";

const MAIN = resolve(import.meta.dirname, "../../../src/cli/main.ts");
const LONG = { timeout: 900_000 };
const NAMESPACES = { nodes: NAMESPACE, control: CONTROL };
const folder = temporaryFolder();
let plane: ControlPlane;
let setting: Setting;

/** Once the server counts by it. */
const quota = async (name: string, hard: Readonly<Record<string, string>>): Promise<void> => {
  await plane.admin.create(PATHS.resourceQuotas(NAMESPACE), {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name, namespace: NAMESPACE },
    spec: { hard },
  });
  await eventually(`the quota ${name} counted`, async () => {
    const { status } = await plane.admin.get<{ readonly status?: { readonly used?: object } }>(
      PATHS.resourceQuotas(NAMESPACE, name),
    );
    if (status?.used === undefined) throw new Error("it is not");
  });
};

describe.skipIf(OBSTACLE !== undefined)(`a quota ${OBSTACLE ?? ""}`, () => {
  beforeAll(async () => {
    plane = await ControlPlane.start(PROGRAM ?? "");
    setting = await Setting.make(plane, { name: "quotas", nodes: [{}, {}] });
    await install(plane, [setting.namespace]);
    await writeFile(join(folder, "kubeconfig"), plane.kubeconfig());
  }, 300_000);
  afterAll(async () => {
    await setting?.remove();
    await plane?.stop();
  });

  test(
    "of fewer pods than nodes: the pod that is not made is told, and comes once there is room",
    LONG,
    async () => {
      const config = new KubeConfig();
      config.loadFromString(plane.kubeconfig());
      const cluster = createCluster(config);
      await quota("few", { pods: "1" });
      const plan = planFor(setting, { bench: "few" });
      await startBench(cluster, plan, false);
      const look = async () => {
        const [found] = await findBenches(cluster, NAMESPACES, plan.bench);
        if (found === undefined) throw new Error("no bench");
        const { nodes } = await withReasons(cluster, found);
        return nodes.map(({ job, pod, unmade }) => stateOf(job, pod, unmade));
      };
      const refused = await eventually("a refusal", async () => {
        const state = (await look()).find((one) => one.kind === "starting" && /quota/.test(one.why ?? ""));
        if (state === undefined) throw new Error(JSON.stringify(await look()));
        return state;
      });
      expect(refused).toMatchObject({
        kind: "starting",
        why: expect.stringContaining("exceeded quota: few") as string,
      });
      expect(hintFor(refused)).toMatch(/raise that quota/);
      await plane.admin.delete(PATHS.resourceQuotas(NAMESPACE, "few"));
      await eventually("both node pods running", async () => {
        expect((await look()).map(({ kind }) => kind)).toEqual(["running", "running"]);
      });
      for (const { name } of (
        await plane.admin.list<{ metadata: { name: string } }>(PATHS.jobs(NAMESPACE))
      ).map(({ metadata }) => metadata))
        await plane.admin.delete(PATHS.jobs(NAMESPACE, name), { propagationPolicy: "Background" });
    },
  );

  test("that wants what tare's pods do not ask for is told before anything is made", LONG, async () => {
    await quota("limits", { "limits.memory": "8Gi" });
    const ended = await execa(
      process.execPath,
      [MAIN, ..."k8s run --dry-run --agents sensor --image".split(" "), IMAGE],
      { env: { KUBECONFIG: join(folder, "kubeconfig") }, stdin: "ignore", reject: false },
    );
    expect(ended.stdout).toMatch(
      /the server refuses a node pod: .*failed\s+quota:\s+limits: must specify limits\.memory for: node/s,
    );
    expect(ended.stdout).toMatch(/hint: tare's pods have requests and no limits/);
    expect(ended.exitCode).toBe(3);
    expect(await plane.admin.list(PATHS.jobs(NAMESPACE))).toEqual([]);
  });
});
