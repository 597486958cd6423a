/**
 * The state of the node that an agent could leave changed: tracing BPF programs, audit, preloaded libraries.
 * Read before anything starts and after each stop; the difference is named.
 */
import { messageOf } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import { known, missing, type Reading, value } from "../domain/units.ts";

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
  /** Kernel settings that an agent may change, as `auditctl -s` names them. */
  readonly settings: Readonly<Record<string, string>>;
  readonly rules: readonly string[];
}

export interface NodeState {
  readonly bpf: Reading<readonly BpfProgram[]>;
  readonly audit: Reading<AuditState>;
  readonly preload: string;
}

/** Program types that sit on other processes' paths; network filters and the like are none of a sensor's business here. */
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

export const parseAudit = (status: string, rules: string): AuditState => {
  const pairs = status
    .split("\n")
    .map((line) => line.split(" "))
    .filter((fields) => fields.length >= 2)
    .map((fields) => [fields[0] ?? "", fields.slice(1).join(" ")] as const);
  const all = Object.fromEntries(pairs);
  return {
    enabled: Number(all["enabled"] ?? 0),
    pid: Number(all["pid"] ?? 0),
    settings: Object.fromEntries(pairs.filter(([key]) => !AUDIT_COUNTERS.includes(key))),
    rules: rules.split("\n").filter((line) => /^ ?-[a-zA-Z] /.test(line)),
  };
};

export const readAudit = async (host: Host): Promise<Reading<AuditState>> => {
  if (host.uid !== 0) return missing("reading the audit state needs root");
  if ((await host.which("auditctl")) === undefined) return missing("auditctl is not installed");
  const status = await host.run("auditctl", ["-s"]);
  if (status.exitCode !== 0) return missing(`auditctl -s: ${status.stderr.trim()}`);
  const rules = await host.run("auditctl", ["-l"]);
  if (rules.exitCode !== 0) return missing(`auditctl -l: ${rules.stderr.trim()}`);
  return value(parseAudit(status.stdout, rules.stdout));
};

export const readPrograms = async (host: Host): Promise<Reading<readonly BpfProgram[]>> => {
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

export const readNodeState = async (host: Host): Promise<NodeState> => ({
  bpf: await readPrograms(host),
  audit: await readAudit(host),
  preload: (known(await host.readText("/etc/ld.so.preload")) ?? "").trim(),
});

const describe = (program: BpfProgram): string =>
  `BPF program ${program.id} (${program.type}, ${program.name})`;

/**
 * Who holds each BPF program open, by its id: `pid 812 (tracee)`. A program that no process holds is pinned, or attached by a
 * link that is. Reads every process's descriptors, so it is asked only when a program is there that should not be.
 */
export const holdersOf = async (host: Host, ids: readonly number[]): Promise<ReadonlyMap<number, string>> => {
  const holders = new Map<number, string>();
  for (const pid of await host.list("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of await host.list(`/proc/${pid}/fdinfo`)) {
      const info = known(await host.readText(`/proc/${pid}/fdinfo/${fd}`));
      const id = Number(/^prog_id:\s+(\d+)$/m.exec(info ?? "")?.[1] ?? NaN);
      if (!ids.includes(id) || holders.has(id)) continue;
      holders.set(id, `pid ${pid} (${(known(await host.readText(`/proc/${pid}/comm`)) ?? "").trim()})`);
    }
  }
  return holders;
};

/** Programs that `after` has and `before` had not; none where either could not be listed. */
export const newPrograms = (before: NodeState, after: NodeState): readonly BpfProgram[] => {
  const earlier = known(before.bpf)?.map((program) => program.id);
  return earlier === undefined
    ? []
    : (known(after.bpf) ?? []).filter(({ id, own }) => own === undefined && !earlier.includes(id));
};

/** What `after` has that `before` had not, or has otherwise; empty when the node is as it was. */
export const changedSince = (
  before: NodeState,
  after: NodeState,
  holders: ReadonlyMap<number, string> = new Map(),
): readonly string[] => {
  const changes: string[] = [];
  for (const program of newPrograms(before, after)) {
    const holder = holders.get(program.id);
    changes.push(`${describe(program)} is still loaded${holder === undefined ? "" : `, held by ${holder}`}`);
  }
  const [was, is] = [known(before.audit), known(after.audit)];
  if (was !== undefined && is !== undefined) {
    if (is.enabled !== was.enabled) changes.push(`audit is enabled=${is.enabled}, was ${was.enabled}`);
    if (is.pid !== was.pid) changes.push(`audit belongs to pid ${is.pid}, was ${was.pid}`);
    for (const rule of is.rules)
      if (!was.rules.includes(rule)) changes.push(`audit rule "${rule}" is still loaded`);
    for (const rule of was.rules) if (!is.rules.includes(rule)) changes.push(`audit rule "${rule}" is gone`);
    for (const [key, setting] of Object.entries(is.settings)) {
      const former = was.settings[key];
      if (former !== undefined && former !== setting)
        changes.push(`audit ${key} is ${setting}, was ${former}`);
    }
  }
  if (after.preload !== before.preload) {
    changes.push(`/etc/ld.so.preload is "${after.preload}", was "${before.preload}"`);
  }
  return changes;
};

export const foreignSensors = (state: NodeState): readonly string[] => {
  const audit = known(state.audit);
  return [
    ...(known(state.bpf) ?? []).filter(({ own }) => own === undefined).map(describe),
    ...(audit === undefined ? [] : audit.rules.map((rule) => `audit rule ${rule}`)),
    ...(audit !== undefined && audit.pid !== 0 ? [`audit is in use by pid ${audit.pid}`] : []),
    ...(state.preload === "" ? [] : [`/etc/ld.so.preload: ${state.preload}`]),
  ];
};

/** What the system itself keeps on every process's path: part of the baseline, since nobody can stop it. */
export const baselinePrograms = (state: NodeState): readonly string[] =>
  (known(state.bpf) ?? []).filter(({ own }) => own === "baseline").map(describe);

/** Why it is not known whether something traces the node; empty when everything could be looked at. */
export const notLooked = ({ bpf, audit }: NodeState): readonly string[] => [
  ...(bpf.kind === "missing" ? [`BPF programs: ${bpf.reason}`] : []),
  ...(audit.kind === "missing" ? [`audit rules: ${audit.reason}`] : []),
];
