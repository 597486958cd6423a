/**
 * The state of the node that an agent could leave changed: tracing BPF programs and what is pinned, audit, preloaded libraries, mounts, what lies
 * in /run, and what is set in the kernel.
 * Read before anything starts and after each stop.
 */
import { messageOf } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import { isBelow, kernelMountOptions, mountPoints } from "../domain/mounts.ts";
import { wholeNumber } from "../domain/number-in.ts";
import { known, missing, type Reading, value } from "../domain/units.ts";
import { type KernelState, readKernelState } from "./kernel-state.ts";

export interface BpfProgram {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  /**
   * Of one that nobody could stop. `idle`: on no process's path, since it runs when a file is read or is one of the kernel's helpers;
   * `baseline`: loaded by the system itself for good, and on every process's path.
   */
  readonly own?: "idle" | "baseline";
}

export interface AuditState {
  readonly enabled: number;
  readonly pid: number;
  /** The process of that number is gone and the kernel has not noticed: nobody owns audit. */
  readonly ownerless?: true;
  /** Kernel settings that an agent may change, as `auditctl -s` names them. */
  readonly settings: Readonly<Record<string, string>>;
  readonly rules: readonly string[];
}

export interface NodeState {
  readonly bpf: Reading<readonly BpfProgram[]>;
  readonly audit: Reading<AuditState>;
  readonly preload: string;
  readonly mounts: readonly string[];
  /** Of the kernel's own file systems, by mount point. */
  readonly mountOptions: Readonly<Record<string, string>>;
  /** Paths in the folders where programs pin and leave things. */
  readonly left: readonly string[];
  readonly kernel: KernelState;
}

/** Program types that sit on other processes' paths. Those on the path of packets are told by where they are attached. */
const TRACING_TYPES = [
  "kprobe",
  "tracepoint",
  "raw_tracepoint",
  "raw_tracepoint_writable",
  "perf_event",
  "tracing",
  "lsm",
];

/** What the kernel itself loads: its two iterators in each BPF file system, and HID-BPF's jump. */
const KERNELS = ["dump_bpf_map", "dump_bpf_prog", "hid_tail_call"];
/** What systemd pins or keeps open: RestrictFileSystems=, and the guard of its user namespaces. */
const SYSTEMDS = ["restrict_filesystems", "userns_restrict"];
/** The kernel keeps so much of a name; bpftool tells the rest where it finds it. */
const MAX_NAME = 15;

const isOneOf = (names: readonly string[], name: string): boolean =>
  names.some((one) => name.slice(0, MAX_NAME) === one.slice(0, MAX_NAME));

const INIT = 1;

interface ListedProgram {
  readonly id: number;
  readonly name?: string;
  readonly type: string;
  /** Where this bpftool can tell: who holds it open. */
  readonly pids?: readonly { readonly pid: number; readonly comm: string }[];
}

interface ListedLink {
  readonly prog_id?: number;
  readonly type?: string;
}

const ownOf = (
  { id, name = "", pids = [] }: ListedProgram,
  links: readonly ListedLink[],
): BpfProgram["own"] => {
  const attached = links.filter((link) => link.prog_id === id);
  if (attached.length > 0 && attached.every(({ type }) => type === "iter")) return "idle";
  if (pids.some(({ pid, comm }) => pid !== INIT && !comm.startsWith("systemd"))) return undefined;
  if (pids.length > 0 || isOneOf(SYSTEMDS, name)) return "baseline";
  return isOneOf(KERNELS, name) ? "idle" : undefined;
};

/** @throws SyntaxError for what is no list in JSON */
const parseList = (json: string): readonly unknown[] => {
  const listed: unknown = JSON.parse(json);
  if (!Array.isArray(listed)) throw new SyntaxError(`not a list: ${json.trim().slice(0, 200)}`);
  return listed;
};

/**
 * @param json what `bpftool -j prog show` prints, and `links` what `bpftool -j link show` does
 * @throws SyntaxError for what is no list in JSON
 */
export const parsePrograms = (json: string, links = "[]"): readonly BpfProgram[] => {
  const attached = parseList(links) as readonly ListedLink[];
  return (parseList(json) as readonly ListedProgram[])
    .filter((program) => TRACING_TYPES.includes(program.type))
    .map((program) => {
      const own = ownOf(program, attached);
      const { id, type, name = "(unnamed)" } = program;
      return { id, name, type, ...(own === undefined ? {} : { own }) };
    });
};

/** Counters move by themselves and say nothing about how audit is set. */
const AUDIT_COUNTERS = ["pid", "enabled", "lost", "backlog", "backlog_wait_time_actual"];

/** Undefined for what tells neither whether audit is on nor who has it: that is not "off" and "nobody". */
export const parseAudit = (status: string, rules: string): AuditState | undefined => {
  const pairs = status
    .split("\n")
    .map((line) => line.split(" "))
    .filter((fields) => fields.length >= 2)
    .map((fields) => [fields[0] ?? "", fields.slice(1).join(" ")] as const);
  const all = Object.fromEntries(pairs);
  const [enabled, pid] = [wholeNumber(all["enabled"]), wholeNumber(all["pid"])];
  if (enabled === undefined || pid === undefined) return undefined;
  return {
    enabled,
    pid,
    settings: Object.fromEntries(pairs.filter(([key]) => !AUDIT_COUNTERS.includes(key))),
    rules: rules.split("\n").filter((line) => /^ ?-[a-zA-Z] /.test(line)),
  };
};

/** Where a process of audit's owner can be seen at all, its number is that of the node: elsewhere the kernel tells nothing of audit. */
const isGone = async (host: Host, pid: number): Promise<boolean> =>
  pid !== 0 && (await host.readText(`/proc/${pid}/comm`)).kind === "missing";

export const readAudit = async (host: Host): Promise<Reading<AuditState>> => {
  if (host.uid !== 0) return missing("reading the audit state needs root");
  if ((await host.which("auditctl")) === undefined) return missing("auditctl is not installed");
  const status = await host.run("auditctl", ["-s"]);
  if (status.exitCode !== 0) return missing(`auditctl -s: ${status.stderr.trim()}`);
  const rules = await host.run("auditctl", ["-l"]);
  if (rules.exitCode !== 0) return missing(`auditctl -l: ${rules.stderr.trim()}`);
  const state = parseAudit(status.stdout, rules.stdout);
  if (state === undefined) return missing("auditctl -s names neither owner nor state");
  return value((await isGone(host, state.pid)) ? { ...state, ownerless: true } : state);
};

/** The node itself mounts and makes these at any time: for sessions, services, containers and on first use. */
const MOVING = [
  "/run/user",
  "/run/credentials",
  "/run/systemd",
  "/run/docker",
  "/run/containerd",
  "/run/containers",
  "/run/crun",
  "/run/runc",
  "/run/netns",
  "/run/log",
  "/run/lock",
  "/run/utmp",
  "/var/lib/docker",
  "/var/lib/containers",
  "/var/lib/containerd",
  "/proc/sys/fs/binfmt_misc",
  "/sys/kernel/debug/tracing",
];
const isMoving = (path: string): boolean => MOVING.some((top) => isBelow(path, top));

const PINS = "/sys/fs/bpf";

/** In /run by their first name, in the BPF file system as deep as programs pin in their own folders. */
const readLeft = async (host: Host): Promise<readonly string[]> => {
  const inRun = (await host.list("/run")).map((name) => `/run/${name}`);
  const pinned = (await host.list(PINS)).map((name) => `${PINS}/${name}`);
  const deeper = await Promise.all(
    pinned.map(async (folder) => (await host.list(folder)).map((name) => `${folder}/${name}`)),
  );
  return [...inRun, ...pinned, ...deeper.flat()].filter((path) => !isMoving(path)).toSorted();
};

const readPrograms = async (host: Host): Promise<Reading<readonly BpfProgram[]>> => {
  if (host.uid !== 0) return missing("listing BPF programs needs root");
  if ((await host.which("bpftool")) === undefined) return missing("bpftool is not installed");
  const listed = await host.run("bpftool", ["-j", "prog", "show"]);
  // It says errors on either stream, depending on its version.
  const said = `${listed.stderr}${listed.stdout}`.trim();
  if (listed.exitCode !== 0)
    return missing(`bpftool: ${said === "" ? `exit status ${listed.exitCode ?? "unknown"}` : said}`);
  // Kernels before 5.8 have no links.
  const links = await host.run("bpftool", ["-j", "link", "show"]);
  try {
    return value(parsePrograms(listed.stdout, links.exitCode === 0 ? links.stdout : undefined));
  } catch (error) {
    return missing(`bpftool prog show: ${messageOf(error)}`);
  }
};

const mountsOf = (mountinfo: string): Pick<NodeState, "mounts" | "mountOptions"> => ({
  mounts: mountPoints(mountinfo).filter((point) => !isMoving(point)),
  mountOptions: kernelMountOptions(mountinfo),
});

export const readNodeState = async (host: Host): Promise<NodeState> => {
  const mountinfo = known(await host.readText("/proc/self/mountinfo")) ?? "";
  return {
    bpf: await readPrograms(host),
    audit: await readAudit(host),
    preload: (known(await host.readText("/etc/ld.so.preload")) ?? "").trim(),
    ...mountsOf(mountinfo),
    left: await readLeft(host),
    kernel: await readKernelState(host, mountinfo),
  };
};
