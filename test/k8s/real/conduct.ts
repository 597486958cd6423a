/** The conductor, as its container starts it. */
import { setTimeout as sleep } from "node:timers/promises";
import { createCluster } from "../../../src/k8s/client/client.ts";
import { loadKubeConfig } from "../../../src/k8s/client/kubeconfig.ts";
import { conduct, ownerInCluster } from "../../../src/k8s/conductor/conduct.ts";
import { writeConductorLine } from "../../../src/k8s/conductor/lines.ts";
import { BenchPlan, PLAN_VARIABLE } from "../../../src/k8s/plan.ts";

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
const plan = BenchPlan.parse(JSON.parse(process.env[PLAN_VARIABLE] ?? ""));
const cluster = createCluster(loadKubeConfig({}, process.env));
const owner = await ownerInCluster(cluster, plan);
const { exitCode } = await conduct({
  plan,
  cluster,
  clock: {
    now: () => new Date(),
    elapsedMs: () => performance.now(),
    sleep: async (ms, signal) => {
      await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    },
  },
  say: (line) => process.stdout.write(`${writeConductorLine(line)}\n`),
  stop: stop.signal,
  ...(owner === undefined ? {} : { owner }),
});
process.exitCode = exitCode;
