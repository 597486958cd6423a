/**
 * CPU time over the window, from files that the driver itself read at the window's very edges: the harness sleeps meanwhile.
 * Tick counters are not trusted for short tasks: busy time of the system is wall time minus idle, iowait and steal, and a task's time is the
 * scheduler's own nanosecond count.
 */
import type { BoundarySnapshot } from "../domain/driver.ts";
import type { Host } from "../domain/host.ts";
import { known, missing, type Reading, value } from "../domain/units.ts";
import { type AgentCgroup, parseCgroupCpu } from "./cgroup.ts";

const PROC_STAT = "/proc/stat";
/** USER_HZ: the unit of /proc/stat in the kernel's interface with user space, 100 on every Linux architecture in use. */
const TICK_NS = 10_000_000;

const HELPERS = ["kauditd", "systemd-journal", "rsyslogd"];

export interface CpuFiles {
  readonly all: readonly string[];
  readonly agentCgroup: string | undefined;
  readonly agentTasks: readonly string[];
  readonly helpers: readonly { readonly name: string; readonly path: string }[];
  readonly harness: readonly string[];
}

const schedstatsOf = async (host: Host, pid: number): Promise<readonly string[]> =>
  (await host.list(`/proc/${pid}/task`)).map((tid) => `/proc/${pid}/task/${tid}/schedstat`);

export const cpuFiles = async (
  host: Host,
  cgroup: AgentCgroup,
  pids: readonly number[],
  harnessPid: number,
): Promise<CpuFiles> => {
  const agentTasks =
    cgroup.cpuFile === undefined
      ? (await Promise.all(pids.map((pid) => schedstatsOf(host, pid)))).flat()
      : [];
  const helpers = await findHelpers(host);
  const harness = await schedstatsOf(host, harnessPid);
  return {
    all: [
      PROC_STAT,
      ...(cgroup.cpuFile === undefined ? [] : [cgroup.cpuFile]),
      ...agentTasks,
      ...helpers.map((helper) => helper.path),
      ...harness,
    ],
    agentCgroup: cgroup.cpuFile,
    agentTasks,
    helpers,
    harness,
  };
};

const findHelpers = async (host: Host): Promise<CpuFiles["helpers"]> => {
  const found: { name: string; path: string }[] = [];
  for (const pid of await host.list("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const name = known(await host.readText(`/proc/${pid}/comm`))?.trim();
    if (name !== undefined && HELPERS.includes(name)) found.push({ name, path: `/proc/${pid}/schedstat` });
  }
  return found;
};

export const parseSchedstat = (text: string): number | undefined => {
  const first = text.split(" ")[0];
  return first !== undefined && /^\d+$/.test(first) ? Number(first) : undefined;
};

/** Sums over all CPUs from /proc/stat, in ticks; idle includes iowait. */
export const parseProcStat = (text: string) => {
  const total = /^cpu\s+(.+)$/m.exec(text)?.[1]?.trim().split(/\s+/).map(Number);
  const cpus = text.match(/^cpu\d+ /gm)?.length;
  const [idle, iowait, steal] = [total?.[3], total?.[4], total?.[7]];
  if (idle === undefined || iowait === undefined || steal === undefined || cpus === undefined)
    return undefined;
  return { cpus, idle: idle + iowait, steal };
};

export const increase = (
  snapshots: readonly BoundarySnapshot[],
  path: string,
  parse: (text: string) => number | undefined,
): Reading<number> => {
  const snapshot = snapshots.find((candidate) => candidate.path === path);
  if (snapshot === undefined) return missing(`${path} was not read`);
  if ("error" in snapshot) return missing(`${path}: ${snapshot.error}`);
  const before = parse(snapshot.before);
  const after = parse(snapshot.after);
  return before === undefined || after === undefined
    ? missing(`${path}: unexpected content`)
    : value(after - before);
};

export const readWindowCpu = (snapshots: readonly BoundarySnapshot[], files: CpuFiles, windowNs: number) => {
  const idle = increase(snapshots, PROC_STAT, (text) => parseProcStat(text)?.idle);
  const steal = increase(snapshots, PROC_STAT, (text) => parseProcStat(text)?.steal);
  const stat = snapshots.find((snapshot) => snapshot.path === PROC_STAT);
  const cpus = stat !== undefined && "after" in stat ? parseProcStat(stat.after)?.cpus : undefined;
  const harnessNs = tasksIncrease(snapshots, files.harness, "tare's own");
  const helpersNs: Record<string, number> = {};
  for (const helper of files.helpers) {
    const spent = known(increase(snapshots, helper.path, parseSchedstat));
    if (spent !== undefined) helpersNs[helper.name] = (helpersNs[helper.name] ?? 0) + spent;
  }
  const capacity = (cpus ?? 0) * windowNs;
  return {
    systemBusyNs: busyOf(capacity, idle, steal, harnessNs),
    agentNs:
      files.agentCgroup === undefined
        ? tasksIncrease(snapshots, files.agentTasks, "the agent's")
        : increase(snapshots, files.agentCgroup, parseCgroupCpu),
    harnessNs,
    helpersNs,
    stealPercent: steal.kind === "missing" ? steal : value((100 * steal.value * TICK_NS) / capacity),
  };
};

/** Missing where any part is: a part taken for 0 would be charged to the agent. */
const busyOf = (
  capacity: number,
  idle: Reading<number>,
  steal: Reading<number>,
  harnessNs: Reading<number>,
): Reading<number> => {
  if (idle.kind === "missing") return idle;
  if (steal.kind === "missing") return steal;
  if (harnessNs.kind === "missing") return harnessNs;
  return value(Math.max(0, capacity - (idle.value + steal.value) * TICK_NS - harnessNs.value));
};

/** Sum over threads. One that ended inside the window takes its count with it; what the others spent is a lower bound. */
const tasksIncrease = (
  snapshots: readonly BoundarySnapshot[],
  paths: readonly string[],
  whose: string,
): Reading<number> => {
  if (paths.length === 0) return missing(`${whose} threads were not known`);
  const spent = paths.map((path) => known(increase(snapshots, path, parseSchedstat)));
  const counted = spent.filter((amount) => amount !== undefined);
  return counted.length === 0
    ? missing(`${whose} threads could not be read at both edges`)
    : value(counted.reduce((sum, amount) => sum + amount, 0));
};

/** The agent's CPU time so far, read by the harness outside the window. */
export const readAgentCpu = async (host: Host, files: CpuFiles): Promise<Reading<number>> => {
  if (files.agentCgroup !== undefined) {
    const text = await host.readText(files.agentCgroup);
    if (text.kind === "missing") return text;
    const spent = parseCgroupCpu(text.value);
    return spent === undefined ? missing(`${files.agentCgroup}: unexpected content`) : value(spent);
  }
  if (files.agentTasks.length === 0) return missing("no agent process");
  let sum = 0;
  for (const path of files.agentTasks) {
    const spent = parseSchedstat(known(await host.readText(path)) ?? "");
    if (spent === undefined) return missing(`${path} could not be read`);
    sum += spent;
  }
  return value(sum);
};

/** The agent's CPU time at the window's end, from the driver's edge, to tell what it spent draining afterwards. */
export const agentCpuAtEnd = (snapshots: readonly BoundarySnapshot[], files: CpuFiles): Reading<number> => {
  const at = (path: string, parse: (text: string) => number | undefined): number | undefined => {
    const snapshot = snapshots.find((candidate) => candidate.path === path);
    return snapshot !== undefined && "after" in snapshot ? parse(snapshot.after) : undefined;
  };
  const parts =
    files.agentCgroup === undefined
      ? files.agentTasks.map((path) => at(path, parseSchedstat))
      : [at(files.agentCgroup, parseCgroupCpu)];
  if (parts.length > 0 && parts.every((part) => part !== undefined)) {
    return value(parts.reduce((sum, part) => sum + part, 0));
  }
  return missing(
    files.agentCgroup === undefined
      ? "the agent's threads could not be read at the window's end"
      : `${files.agentCgroup} was not read at the window's end`,
  );
};
