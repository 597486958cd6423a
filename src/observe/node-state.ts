/**
 * The state of the node that an agent could leave changed: tracing BPF programs, audit, preloaded libraries.
 * Read before anything starts and after each stop; the difference is named.
 */
import type { Host } from "../domain/host.ts";
import type { Reading } from "../domain/units.ts";
import { known, missing, value } from "../domain/units.ts";

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

/** What `after` has that `before` had not, or has otherwise; empty when the node is as it was. */
export const changedSince = (before: NodeState, after: NodeState): readonly string[] => {
  const changes: string[] = [];
  const earlier = known(before.bpf)?.map((program) => program.id);
  for (const program of known(after.bpf) ?? []) {
    if (earlier !== undefined && !earlier.includes(program.id))
      changes.push(`${describe(program)} is still loaded`);
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

/** What somebody else has on the node already, which every figure would contain. */
export const foreignSensors = (state: NodeState): readonly string[] => {
  const audit = known(state.audit);
  return [
    ...(known(state.bpf) ?? []).map(describe),
    ...(audit === undefined ? [] : audit.rules.map((rule) => `audit rule ${rule}`)),
    ...(audit !== undefined && audit.pid !== 0 ? [`audit is in use by pid ${audit.pid}`] : []),
    ...(state.preload === "" ? [] : [`/etc/ld.so.preload: ${state.preload}`]),
  ];
};
