/**
 * KubeArmor without Kubernetes or containers, as a host's telemetry: https://docs.kubearmor.io/kubearmor/quick-links/kubearmor_vm. It writes its own log file,
 * so that nobody has to drain its gRPC server. Configuration: KubeArmor/config/config.go of https://github.com/kubearmor/KubeArmor; its lines:
 * KubeArmor/monitor/logUpdate.go and KubeArmor/feeder/feeder.go there; its losses: KubeArmor/monitor/systemMonitor.go there.
 *
 * Not run here: the project's machines cannot fetch the release.
 */
import { defineAgent } from "../domain/agent.ts";
import type { AgentContext, AgentOutput, VendorRelease } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import type { Family } from "../domain/units.ts";
import { missing, value } from "../domain/units.ts";
import { removeAfterwards } from "./shared/left-behind.ts";
import type { Check } from "./shared/obstacle.ts";
import { firstObstacle, needsBpffs, needsBtf, needsKprobes, needsRoot } from "./shared/obstacle.ts";
import { readPolicy } from "./shared/policy.ts";
import { availableProgram, findProgram, needsProgram } from "./shared/vendor-program.ts";

const ID = "kubearmor";
const VERSION = "1.7.5";
const DOWNLOADS = `https://github.com/kubearmor/KubeArmor/releases/download/v${VERSION}`;

/** Checksums: as AccuKnox, KubeArmor's maker, pins them in install.sh of its agentz. */
const RELEASE: VendorRelease = {
  version: VERSION,
  files: {
    x86_64: {
      url: `${DOWNLOADS}/kubearmor_${VERSION}_linux-amd64.tar.gz`,
      sha256: "d7acd710676812e29edfacb8b86b6c8ab2dda1c7ffe8431cb957fb4d275b922a",
      format: "tar.gz",
    },
    aarch64: {
      url: `${DOWNLOADS}/kubearmor_${VERSION}_linux-arm64.tar.gz`,
      sha256: "fea618ff252ff247fd8a23cc7cc95b8d3c6c8a959ab52b3c7d09efb382d6cf57",
      format: "tar.gz",
    },
  },
};

const PROGRAM = { id: ID, name: "kubearmor", inside: ["opt/kubearmor/kubearmor"] };

const FORMS: AgentOutput["forms"] = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "ipv4", before: "remoteip=" },
};
const VISIBILITY: Readonly<Partial<Record<Family, string>>> = {
  exec: "process",
  file: "file",
  network: "network",
};

const LSM = "/sys/kernel/security/lsm";

/** Where the kernel offers it no BPF LSM, it enforces through AppArmor or SELinux: it would write and load profiles for the whole node. */
const needsBpfLsm: Check = async (host) => {
  const modules = await host.readText(LSM);
  if (modules.kind === "missing") {
    return {
      kind: "unavailable",
      reason: `which security modules this kernel runs cannot be seen: ${modules.reason}`,
      hint: "mount -t securityfs securityfs /sys/kernel/security",
    };
  }
  const names = modules.value.trim().split(",");
  if (names.includes("bpf") || !(names.includes("apparmor") || names.includes("selinux"))) return undefined;
  return {
    kind: "unavailable",
    reason: `without the BPF security module it would load profiles of its own into ${names.filter((name) => /apparmor|selinux/.test(name)).join(", ")}`,
    hint: `boot with lsm=${[...names, "bpf"].join(",")}, or run it in a VM`,
  };
};

/** Places of its own that no setting moves. */
const leavings = ["/opt/kubearmor", "/var/lib/kubearmor", "/tmp/kubearmor.selinux"];
const PINS = ["kubearmor_visibility", "kubearmor_config", "kubearmor_events", "kubearmor_containers"].map(
  (name) => `/sys/fs/bpf/${name}`,
);

const configurationFor = async (host: Host, context: AgentContext): Promise<string> => {
  const visibility = context.families.flatMap((family) => VISIBILITY[family] ?? []).join(",");
  return await readPolicy(
    host,
    "kubearmor/kubearmor.yaml",
    { directory: context.directory, visibility },
    context.families,
  );
};

export default defineAgent({
  id: ID,
  title: "KubeArmor",
  homepage: "https://kubearmor.io",
  observes: ["exec", "file", "network"],
  blindSpots: [
    "processes in namespaces of their own that it takes for containers it does not know",
    "network: TCP only",
    "operations through io_uring",
    "when many calls of a kind run at once, those beyond the kernel's limit for return probes, which nobody counts",
  ],
  overload: "drops",
  residue: "none",
  packages: [],
  release: RELEASE,
  units: ["kubearmor.service"],
  byNameOnly: "its gRPC ports are open on every interface while it runs, and no setting closes them",
  probe: async (host) => {
    const obstacle = await firstObstacle(host, [
      needsProgram(PROGRAM),
      needsRoot,
      needsBtf,
      needsKprobes,
      needsBpffs,
      needsBpfLsm,
    ]);
    return obstacle ?? (await availableProgram(host, PROGRAM));
  },
  start: async (host, context) => {
    const { directory, families } = context;
    const configuration = await configurationFor(host, context);
    const events = `${directory}/events.jsonl`;
    const log = `${directory}/kubearmor.log`;
    await host.writeText(`${directory}/kubearmor.yaml`, configuration);
    await removeAfterwards(host, context, ID, [...leavings, ...PINS]);
    const process = await context.launch(
      {
        command: (await findProgram(host, PROGRAM)) ?? "kubearmor",
        args: [],
        env: { KUBEARMOR_CFG: `${directory}/kubearmor.yaml` },
        cwd: directory,
        stdout: log,
        stderr: log,
      },
      { signals: ["SIGTERM", "SIGINT"], graceMs: 15_000 },
    );
    return {
      processes: [process],
      outputs: [
        { path: events, forms: Object.fromEntries(families.map((family) => [family, FORMS[family]])) },
      ],
      logs: [log],
      settings: {
        command: "KUBEARMOR_CFG=DIRECTORY/kubearmor.yaml kubearmor",
        configuration: configuration.replaceAll(directory, "DIRECTORY"),
        perfBuffer: "1024 pages a CPU, fixed (a page is 4, 16 or 64 KiB)",
        enforcement: "no policy; where the kernel has it, the BPF LSM programs are loaded all the same",
      },
    };
  },
  declaredLoss: async (host, running) => {
    const log = running.logs[0];
    if (log === undefined) return missing("it was not started");
    const text = await host.readText(log);
    if (text.kind === "missing") return text;
    let sum = 0;
    for (const [, count] of text.value.matchAll(/Lost Perf Events Count : (\d+)/g)) sum += Number(count);
    return value(sum);
  },
});
