/**
 * KubeArmor without Kubernetes or containers, as a host's telemetry: https://docs.kubearmor.io/kubearmor/quick-links/kubearmor_vm. It writes its own log file,
 * so that its gRPC server needs no client.
 */
import { type AgentSheet, defineVariants } from "../domain/agent.ts";
import { awaitStart } from "./shared/await-start.ts";
import { deniesBoth, notDenyingInGuest, startDenying } from "./shared/denials.ts";
import { KUBEARMOR_SHEET, kubearmorInGuest, probeKubearmor, startKubearmor } from "./shared/kubearmor.ts";
import { needsBpfLsm } from "./shared/obstacle.ts";
import { readPolicy } from "./shared/policy.ts";
import { URING_OPENS } from "./shared/techniques.ts";

const PORTS = "its gRPC ports are open on every interface while it runs, and no setting closes them";

const EVERYTHING = {
  ...KUBEARMOR_SHEET,
  observes: ["exec", "file", "network"],
  coverage: {
    claims: [
      {
        of: ["exec-user-namespace", "exec-pid-namespace", "exec-bind-mount", "exec-overlay"],
        claimed: "depends",
        why: "processes in namespaces of their own that it takes for containers it does not know",
      },
      { of: ["connect-udp", "connect-sendto", "connect-unix"], claimed: "nothing", why: "network: TCP only" },
      { of: URING_OPENS, claimed: "nothing", why: "operations through io_uring" },
    ],
    notes: [
      "when many calls of a kind run at once, those beyond the kernel's limit for return probes, which nobody counts",
      "its losses in operations: it counts samples of its perf buffer, several for each operation (an exec is at least two, its begin and its end)",
    ],
  },
} as const satisfies Partial<AgentSheet>;

const enforce: AgentSheet = {
  ...EVERYTHING,
  id: "kubearmor@enforce",
  title: "KubeArmor, which denies as well",
  optIn: `${PORTS}, and it refuses opens and execs in a folder of tare's own`,
  notInGuest: notDenyingInGuest("kubearmor"),
  // Without the BPF security module it would write profiles for the whole node.
  probe: probeKubearmor(needsBpfLsm),
  start: (host, context) =>
    startDenying(host, context, "KubeArmor", async (denied) => {
      const policy = await readPolicy(host, "kubearmor/enforce.json", { denied }, context.families);
      const { process, log, running } = await startKubearmor(host, context, policy);
      await awaitStart(host, context, {
        process,
        who: "kubearmor",
        lacking: "denied nothing of what its policy denies",
        log,
        hint: 'see whether its log has "Detected a Host Security Policy (added/tare-enforce)"',
        every: 200,
        atMost: 45_000,
        check: async () => await deniesBoth(host, context),
      });
      return running;
    }),
};

export default defineVariants({
  id: "kubearmor",
  variants: [
    {
      ...EVERYTHING,
      id: "kubearmor",
      title: "KubeArmor",
      optIn: PORTS,
      probe: probeKubearmor(),
      inGuest: kubearmorInGuest,
      start: async (host, context) => (await startKubearmor(host, context)).running,
    },
    enforce,
  ],
});
