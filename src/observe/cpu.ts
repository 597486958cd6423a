/**
 * CPU time over the window and after it, from files that the driver itself read at the window's very edges and once the agent was at
 * rest: the harness sleeps meanwhile. A task's time is the scheduler's own nanosecond count; tick counters are not trusted for short tasks.
 */
import type { BoundarySnapshot } from "../domain/driver.ts";
import type { Host } from "../domain/host.ts";
import { difference, known, missing, type Reading, value } from "../domain/units.ts";
import { type AgentCgroup, parseCgroupCpu } from "./cgroup.ts";
import {
  busyBetween,
  findNodeClock,
  type NodeClockFile,
  PROC_STAT,
  readSteal,
  withinCapacity,
} from "./node-clock.ts";
import { increase } from "./snapshots.ts";

interface Helper {
  readonly name: string;
  readonly path: string;
}

/** Of the node and the harness: the same in every trial of a turn. */
export interface NodeFiles {
  readonly clock: NodeClockFile;
  readonly helpers: readonly Helper[];
  readonly harness: readonly string[];
}

export interface CpuFiles extends NodeFiles {
  readonly all: readonly string[];
  readonly agentCgroup: string | undefined;
  readonly agentTasks: readonly string[];
}

const schedstatsOf = async (host: Host, pid: number): Promise<readonly string[]> =>
  (await host.list(`/proc/${pid}/task`)).map((tid) => `/proc/${pid}/task/${tid}/schedstat`);

export const nodeFiles = async (host: Host, harnessPid: number): Promise<NodeFiles> => ({
  clock: await findNodeClock(host),
  helpers: await findHelpers(host),
  harness: await schedstatsOf(host, harnessPid),
});

export const cpuFiles = async (
  host: Host,
  node: NodeFiles,
  cgroup: AgentCgroup,
  pids: readonly number[],
): Promise<CpuFiles> => {
  const agentTasks =
    cgroup.cpuFile === undefined
      ? (await Promise.all(pids.map((pid) => schedstatsOf(host, pid)))).flat()
      : [];
  const all = [
    node.clock.path,
    PROC_STAT,
    ...(cgroup.cpuFile === undefined ? [] : [cgroup.cpuFile]),
    ...agentTasks,
    ...node.helpers.map((helper) => helper.path),
    ...node.harness,
  ];
  return { ...node, all: [...new Set(all)], agentCgroup: cgroup.cpuFile, agentTasks };
};

/** What works for an agent outside of it. A kernel thread's name ends with its CPU or with what it is doing now. */
const KERNEL_THREADS = ["kauditd", "ksoftirqd", "kworker"];
/** These work in threads, and /proc/PID/schedstat is that of the first alone. */
const DAEMONS = ["systemd-journal", "rsyslogd", "syslog-ng"];
const HELPERS = [...KERNEL_THREADS, ...DAEMONS];
/** A large node has hundreds of workers, and each is one more file to read at the window's edges: those that have worked most. */
const MAX_WORKERS = 64;

export const helperName = (comm: string): string | undefined => {
  const name = comm.trim();
  return HELPERS.find((helper) => name === helper || name.startsWith(`${helper}/`));
};

const findHelpers = async (host: Host): Promise<readonly Helper[]> => {
  const pids = (await host.list("/proc")).filter((name) => /^\d+$/.test(name));
  const looks = pids.map(async (pid): Promise<readonly (Helper & { readonly spent: number })[]> => {
    const name = helperName(known(await host.readText(`/proc/${pid}/comm`)) ?? "");
    if (name === undefined) return [];
    const paths = DAEMONS.includes(name) ? await schedstatsOf(host, Number(pid)) : [`/proc/${pid}/schedstat`];
    return await Promise.all(
      paths.map(async (path) => ({
        name,
        path,
        spent: parseSchedstat(known(await host.readText(path)) ?? "") ?? 0,
      })),
    );
  });
  const found = (await Promise.all(looks)).flat();
  const workers = found.filter(({ name }) => name === "kworker").sort((a, b) => b.spent - a.spent);
  const others = found.filter(({ name }) => name !== "kworker");
  return [...others, ...workers.slice(0, MAX_WORKERS)].map(({ name, path }) => ({ name, path }));
};

export const parseSchedstat = (text: string): number | undefined => {
  const first = text.split(" ")[0];
  return first !== undefined && /^\d{1,20}$/.test(first) ? Number(first) : undefined;
};

export const readWindowCpu = (snapshots: readonly BoundarySnapshot[], files: CpuFiles, windowNs: number) => {
  const harnessNs = tasksIncrease(snapshots, files.harness, "tare's own");
  const { stealNs, capacityNs } = readSteal(snapshots, windowNs);
  return {
    clock: files.clock.clock,
    systemBusyNs: withoutHarness(busyBetween(snapshots, files.clock, windowNs), harnessNs),
    agentNs: withinCapacity(
      files.agentCgroup === undefined
        ? tasksIncrease(snapshots, files.agentTasks, "the agent's")
        : increase(snapshots, files.agentCgroup, parseCgroupCpu),
      snapshots,
      windowNs,
      "the agent's CPU time",
    ),
    harnessNs,
    helpersNs: helpersIncrease(snapshots, files.helpers),
    stealPercent: shareOf(stealNs, capacityNs),
  };
};

const shareOf = (part: Reading<number>, whole: Reading<number>): Reading<number> => {
  if (part.kind === "missing") return part;
  return whole.kind === "missing" ? whole : value((100 * part.value) / whole.value);
};

/** The same from the window's end to the agent's rest. A thread of it that ended meanwhile hides what it spent. */
export const readDrainCpu = (since: readonly BoundarySnapshot[], files: CpuFiles) => ({
  agentDrainNs:
    files.agentCgroup === undefined
      ? everyTask(since, files.agentTasks)
      : increase(since, files.agentCgroup, parseCgroupCpu),
  helpersDrainNs: value(helpersIncrease(since, files.helpers)),
  nodeDrainNs: withoutHarness(
    busyBetween(since, files.clock, undefined),
    tasksIncrease(since, files.harness, "tare's own"),
  ),
});

const helpersIncrease = (
  snapshots: readonly BoundarySnapshot[],
  helpers: readonly Helper[],
): Record<string, number> => {
  const spentBy: Record<string, number> = {};
  for (const { name, path } of helpers) {
    const spent = known(increase(snapshots, path, parseSchedstat));
    if (spent !== undefined) spentBy[name] = (spentBy[name] ?? 0) + spent;
  }
  return spentBy;
};

/** Missing where either part is: a part taken for 0 would be charged to the agent. */
const withoutHarness = (busyNs: Reading<number>, harnessNs: Reading<number>): Reading<number> => {
  if (busyNs.kind === "missing") return busyNs;
  const rest = difference(busyNs, harnessNs, "tare itself");
  return rest.kind === "missing" ? rest : value(Math.max(0, rest.value));
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

const everyTask = (snapshots: readonly BoundarySnapshot[], paths: readonly string[]): Reading<number> => {
  if (paths.length === 0) return missing("no agent process");
  let sum = 0;
  for (const path of paths) {
    const spent = increase(snapshots, path, parseSchedstat);
    if (spent.kind === "missing") return spent;
    sum += spent.value;
  }
  return value(sum);
};
