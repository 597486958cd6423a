/**
 * What KubeArmor's variants have in common: its release, what it leaves on a node, how it is started. Configuration: KubeArmor/config/config.go of
 * https://github.com/kubearmor/KubeArmor; its lines: KubeArmor/monitor/logUpdate.go and KubeArmor/feeder/feeder.go there; its losses:
 * KubeArmor/monitor/systemMonitor.go there; what it does with maps that are pinned already: KubeArmor/main.go there; what with policies that lie on the node:
 * restoreKubeArmorPolicies in KubeArmor/core/unorchestratedUpdates.go there.
 */
import {
  type Agent,
  type AgentContext,
  type AgentOutput,
  type AgentSheet,
  type GuestContext,
  type GuestStart,
  type RunningAgent,
  type VendorRelease,
} from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import type { Host, HostProcess } from "../../domain/host.ts";
import type { Family } from "../../domain/units.ts";
import { shellWord } from "./guest-shell.ts";
import { removeAfterwards } from "./left-behind.ts";
import { lostLines } from "./lost-lines.ts";
import {
  type Check,
  needsBpffs,
  needsBtf,
  needsKprobes,
  needsRoot,
  readSecurityModules,
} from "./obstacle.ts";
import { nudgeEachCpu } from "./perf-loss.ts";
import { readPolicy } from "./policy.ts";
import { programPath, probeVendor, releaseToBring } from "./vendor-program.ts";
import { EACH_EVENT } from "./loss-counters.ts";

const ID = "kubearmor";
const VERSION = "1.7.5";
const DOWNLOADS = `https://github.com/kubearmor/KubeArmor/releases/download/v${VERSION}`;

const RELEASE: VendorRelease = {
  version: VERSION,
  checksumsFrom: "its maker's pin in another product (AccuKnox's agentz)",
  files: {
    x86_64: {
      url: `${DOWNLOADS}/kubearmor_${VERSION}_linux-amd64.tar.gz`,
      sha256: "d7acd710676812e29edfacb8b86b6c8ab2dda1c7ffe8431cb957fb4d275b922a",
    },
    aarch64: {
      url: `${DOWNLOADS}/kubearmor_${VERSION}_linux-arm64.tar.gz`,
      sha256: "fea618ff252ff247fd8a23cc7cc95b8d3c6c8a959ab52b3c7d09efb382d6cf57",
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

/** Where the kernel offers it no BPF LSM, it enforces through AppArmor or SELinux: it would write and load profiles for the whole node. */
const loadsNoProfiles: Check = async (host) => {
  const modules = await readSecurityModules(host);
  if ("reason" in modules) return modules;
  const others = modules.filter((name) => /apparmor|selinux/.test(name));
  return modules.includes("bpf") || others.length === 0
    ? undefined
    : {
        reason: `without the BPF security module it would load profiles of its own into ${others.join(", ")}`,
        hint: `boot with lsm=${[...modules, "bpf"].join(",")}, or run it in a VM`,
      };
};

/** Policies in here are in force from its start on, whoever put them there. */
const POLICIES = "/opt/kubearmor/policies";

/** Where it writes, whatever the settings; and over the last it mounts securityfs once more. */
const LEAVINGS = [
  "/opt/kubearmor",
  POLICIES,
  "/var/lib/kubearmor",
  "/tmp/kubearmor.selinux",
  "/tmp/karmorProbeData.cfg",
  "/sys/kernel/security",
];

const BPF_FOLDER = "/sys/fs/bpf";
/**
 * Its pinned maps are more with every version: kubearmor_config, kubearmor-network-bandwidth-rules ... Of those that its presets share with
 * their programs it removes some only where it ends in good order.
 */
const PIN = /^kubearmor[_-]|_preset_containers$|^proc_file_access$/;
const PINNED = ["kubearmor[_-]*", "*_preset_containers", "proc_file_access"];
const NAMED_SO = PINNED.flatMap((name) => ["-o", "-name", name]).slice(1);
const FIND_PINS = ["find", BPF_FOLDER, "-mindepth", "1", "-maxdepth", "1", "(", ...NAMED_SO, ")"];

/** Maps pinned before its start belong to another KubeArmor: the first thing that it does is delete them, and the others it would use. */
const needsNoPins: Check = async (host) => {
  const pins = (await host.list(BPF_FOLDER)).filter((name) => PIN.test(name));
  return pins.length === 0
    ? undefined
    : {
        reason: `another KubeArmor's maps are in ${BPF_FOLDER}, and this one would delete or use them: ${pins.join(", ")}`,
        hint: "stop that KubeArmor (systemctl stop kubearmor), and remove what it leaves there; or measure it with --attach",
      };
};

/** Whatever the version pins: there was nothing of these names before it. */
const unpinAfterwards = async (host: Host, context: AgentContext): Promise<void> => {
  const pinned = await needsNoPins(host);
  if (pinned !== undefined) throw new TareError("run-failed", pinned.reason, pinned.hint);
  await context.effects.perform({
    kind: "command",
    title: `what ${ID} pins in ${BPF_FOLDER}`,
    do: ["true"],
    undo: [[...FIND_PINS, "-exec", "rm", "-rf", "--", "{}", "+"]],
  });
};

const LOST = /Lost Perf Events Count : (\d+)/;

/** Its first line but for its log's: by then its programs are attached. */
const READY = "Started to protect a host";

export const kubearmorInGuest = async (
  host: Host,
  { directory, families, arch }: GuestContext,
): Promise<GuestStart> => {
  const { path, version } = await releaseToBring(host, PROGRAM, arch);
  const folder = path.replace(/\/kubearmor$/, "");
  if (!folder.endsWith("/opt/kubearmor"))
    throw new TareError(
      "host-unfit",
      `${path} is not where its release puts it, and its programs for BPF lie beside it`,
      `run: tare agents install ${ID}`,
    );
  const visibility = families.flatMap((family) => VISIBILITY[family] ?? []).join(",");
  const configuration = await readPolicy(
    host,
    "kubearmor/kubearmor.yaml",
    { directory, visibility },
    families,
  );
  return {
    programs: [],
    brought: { "/opt/kubearmor": folder },
    files: { "kubearmor.yaml": configuration },
    version: `echo ${shellWord(version)}`,
    before: "mkdir -p /var/lib\nmount -t securityfs securityfs /sys/kernel/security 2>/dev/null || true",
    exec: `export KUBEARMOR_CFG=${directory}/kubearmor.yaml\nexec /opt/kubearmor/kubearmor`,
    ready: `grep -q '${READY}' stderr stdout`,
    after: "rest 5",
    outputs: [{ path: "events.jsonl", forms: FORMS }],
    settings: {
      command: "KUBEARMOR_CFG=DIRECTORY/kubearmor.yaml kubearmor",
      configuration: configuration.replaceAll(directory, "DIRECTORY"),
      perfBuffer: "1024 pages a CPU, fixed (a page is 4, 16 or 64 KiB)",
    },
    memoryMegabytes: 3072,
  };
};

/** As tare's own policy chooses it. */
const HOST_NAME = "tare";

/** It would deny on the node what its owner's policies deny, and its cost would be that of denying. */
const needsNoPolicies: Check = async (host) => {
  const found = await host.list(POLICIES);
  return found.length === 0
    ? undefined
    : {
        reason: `another KubeArmor's policies are in ${POLICIES}, and this one would enforce them: ${found.join(", ")}`,
        hint: "measure that KubeArmor with --attach, or move its policies away",
      };
};

/** In its own folder, which it reads as it starts, until the turn's end. */
const enforceWhileRunning = async (host: Host, context: AgentContext, policy: string): Promise<void> => {
  const source = `${context.directory}/enforce.json`;
  const path = `${POLICIES}/tare-enforce.yaml`;
  await host.writeText(source, policy);
  await context.effects.perform({
    kind: "command",
    title: `a policy of tare's own in ${POLICIES}`,
    do: ["sh", "-c", 'mkdir -p "$(dirname "$2")" && cp "$1" "$2"', "policy", source, path],
    undo: [["rm", "-f", "--", path]],
  });
};

/** `policy`: in its own words, which it is to enforce; absent: it enforces nothing. */
export const startKubearmor = async (
  host: Host,
  context: AgentContext,
  policy?: string,
): Promise<{ readonly process: HostProcess; readonly log: string; readonly running: RunningAgent }> => {
  const { directory, families } = context;
  const visibility = families.flatMap((family) => VISIBILITY[family] ?? []).join(",");
  const shared = await readPolicy(host, "kubearmor/kubearmor.yaml", { directory, visibility }, families);
  // The name by which a policy chooses the host; by itself it takes the node's own.
  const configuration = policy === undefined ? shared : `${shared}host: ${HOST_NAME}\n`;
  const events = `${directory}/events.jsonl`;
  const log = `${directory}/kubearmor.log`;
  await host.writeText(`${directory}/kubearmor.yaml`, configuration);
  await removeAfterwards(host, context, ID, LEAVINGS);
  await unpinAfterwards(host, context);
  if (policy !== undefined) await enforceWhileRunning(host, context, policy);
  const process = await context.launch(
    {
      command: await programPath(host, PROGRAM),
      args: [],
      env: { KUBEARMOR_CFG: `${directory}/kubearmor.yaml` },
      cwd: directory,
      stdout: log,
      stderr: log,
    },
    { signals: ["SIGTERM", "SIGINT"], graceMs: 15_000 },
  );
  const lost = lostLines(host, log, LOST);
  const running: RunningAgent = {
    processes: [process],
    outputs: [{ path: events, forms: FORMS }],
    logs: [log],
    settings: {
      command: "KUBEARMOR_CFG=DIRECTORY/kubearmor.yaml kubearmor",
      configuration: configuration.replaceAll(directory, "DIRECTORY"),
      perfBuffer: "1024 pages a CPU, fixed (a page is 4, 16 or 64 KiB)",
      losses:
        "samples of the perf buffer that did not fit, several for each operation: it may declare more than it lost",
      enforcement:
        policy?.replaceAll(directory, "DIRECTORY") ??
        "no policy; where the kernel has it, the BPF LSM programs are loaded all the same",
    },
    lost: async () => {
      await nudgeEachCpu(host);
      return await lost();
    },
  };
  return { process, log, running };
};

export const KUBEARMOR_SHEET = {
  homepage: "https://kubearmor.io",
  overload: "drops",
  telling: {
    deeds: {
      exec: /"operation":"Process"/,
      open: /"operation":"File"/,
      connect: /"operation":"Network"/,
    },
    pid: /"hostPid":(\d+)/,
  },
  // Samples: the entry and the return of the system call and of the kernel's function for it.
  lossCounter: { ...EACH_EVENT, perEvent: { exec: [1, 4], file: [1, 4], network: [1, 4] } },
  release: RELEASE,
  units: ["kubearmor.service"],
} as const satisfies Partial<AgentSheet>;

export const probeKubearmor = (...more: readonly Check[]): Agent["probe"] =>
  probeVendor(
    [PROGRAM],
    [needsRoot, needsBtf, needsKprobes, needsBpffs, needsNoPins, needsNoPolicies, ...more, loadsNoProfiles],
  );
