/**
 * The state of the node that an agent could leave changed: tracing BPF programs, audit, preloaded libraries.
 * Read before anything starts and after each stop; the difference is named.
 */
import type { Host } from "../domain/host.ts";
import { known, missing, type Reading, value } from "../domain/units.ts";

export interface BpfProgram {
  readonly id: number;
  readonly name: string;
  readonly type: string;
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

export const parsePrograms = (json: string): readonly BpfProgram[] => {
  const listed = JSON.parse(json) as readonly { id: number; name?: string; type: string }[];
  return listed
    .filter((program) => TRACING_TYPES.includes(program.type))
    .map((program) => ({ id: program.id, name: program.name ?? "(unnamed)", type: program.type }));
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
    rules: rules.split("\n").filter((line) => line.startsWith("-")),
  };
};

export const readAudit = async (host: Host): Promise<Reading<AuditState>> => {
  if (host.uid !== 0) return missing("reading the audit state needs root");
  if ((await host.which("auditctl")) === undefined) return missing("auditctl is not installed");
  const status = await host.run("auditctl", ["-s"]);
  if (status.exitCode !== 0) return missing(`auditctl -s: ${status.stderr.trim()}`);
  return value(parseAudit(status.stdout, (await host.run("auditctl", ["-l"])).stdout));
};

const readPrograms = async (host: Host): Promise<Reading<readonly BpfProgram[]>> => {
  if (host.uid !== 0) return missing("listing BPF programs needs root");
  if ((await host.which("bpftool")) === undefined) return missing("bpftool is not installed");
  const listed = await host.run("bpftool", ["-j", "prog", "show"]);
  return listed.exitCode === 0
    ? value(parsePrograms(listed.stdout))
    : missing(`bpftool: ${listed.stderr.trim()}`);
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
    : (known(after.bpf) ?? []).filter((program) => !earlier.includes(program.id));
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
    ...(known(state.bpf) ?? []).map(describe),
    ...(audit === undefined ? [] : audit.rules.map((rule) => `audit rule ${rule}`)),
    ...(audit !== undefined && audit.pid !== 0 ? [`audit is in use by pid ${audit.pid}`] : []),
    ...(state.preload === "" ? [] : [`/etc/ld.so.preload: ${state.preload}`]),
  ];
};
