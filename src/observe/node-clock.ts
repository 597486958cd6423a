/**
 * How long all CPUs of the node were busy. A window lasts some 100 ms, in which the ticks of /proc/stat say little, so the scheduler's own
 * nanoseconds are taken where the kernel shows them.
 *
 * None of them holds idle time. `cpuacct` leaves out steal where the guest's kernel is told of it (PARAVIRT_TIME_ACCOUNTING) and interrupts
 * where it times them (IRQ_TIME_ACCOUNTING); `schedstat` leaves out neither, and counts a task when it leaves its CPU.
 */
import type { BoundarySnapshot } from "../domain/driver.ts";
import type { Host } from "../domain/host.ts";
import type { NodeClock } from "../domain/trial-outcome.ts";
import { difference, known, missing, type Reading, value } from "../domain/units.ts";
import { parseCgroupCpu, parseCgroupMounts } from "./cgroup.ts";
import { increase } from "./snapshots.ts";

export interface NodeClockFile {
  readonly clock: NodeClock;
  readonly path: string;
}

export const PROC_STAT = "/proc/stat";
const PROC_SCHEDSTAT = "/proc/schedstat";
/** USER_HZ: the unit of /proc/stat in the kernel's interface with user space, 100 on every Linux architecture in use. */
const TICK_NS = 10_000_000;

/** The parent of all kernel threads, which never leaves the root cgroup: where it is not, the mount shows a part of the node. */
const KTHREADD = "2";

export const findNodeClock = async (host: Host): Promise<NodeClockFile> => {
  const mounts = parseCgroupMounts(known(await host.readText("/proc/self/mounts")) ?? "");
  const cpuacct = mounts.find(({ type, options }) => type === "cgroup" && options.includes("cpuacct"))?.point;
  if (cpuacct !== undefined) {
    const path = `${cpuacct}/cpuacct.usage`;
    const members = known(await host.readText(`${cpuacct}/cgroup.procs`)) ?? "";
    const usage = parseCgroupCpu(known(await host.readText(path)) ?? "");
    if (usage !== undefined && members.split("\n").includes(KTHREADD)) return { clock: "cpuacct", path };
  }
  const schedstat = parseRunTime(known(await host.readText(PROC_SCHEDSTAT)) ?? "");
  return schedstat === undefined
    ? { clock: "ticks", path: PROC_STAT }
    : { clock: "schedstat", path: PROC_SCHEDSTAT };
};

/** In `cpu0 0 0 0 0 0 0 <run> <wait> <slices>`; see Documentation/scheduler/sched-stats.rst. */
const RUN_TIME = 6;

/** Nanoseconds that tasks ran, over all CPUs of /proc/schedstat. */
export const parseRunTime = (text: string): number | undefined => {
  const times = Array.from(text.matchAll(/^cpu\d+ (.+)$/gm), ([, numbers = ""]) =>
    Number(numbers.split(" ")[RUN_TIME]),
  );
  return times.length === 0 || times.some((time) => !Number.isSafeInteger(time) || time < 0)
    ? undefined
    : times.reduce((sum, time) => sum + time, 0);
};

/** user, nice, system, idle, iowait, irq, softirq, steal; what follows is part of the first two. */
const STATES = 8;

/** Sums over all CPUs from /proc/stat, in ticks; idle includes iowait. */
export const parseProcStat = (text: string) => {
  const total = /^cpu\s+(.+)$/m.exec(text)?.[1]?.trim().split(/\s+/).slice(0, STATES).map(Number);
  const cpus = text.match(/^cpu\d+ /gm)?.length;
  const [, , , idle, iowait, , , steal] = total ?? [];
  if (idle === undefined || iowait === undefined || steal === undefined || cpus === undefined)
    return undefined;
  const all = (total ?? []).reduce((sum, ticks) => sum + ticks, 0);
  return Number.isSafeInteger(all) ? { cpus, idle: idle + iowait, steal, all } : undefined;
};

const CPU_LINE = /^cpu\d+(?= )/gm;

/** The number of CPUs, which must be the same ones at both edges: a sum over others is no longer the same counter. */
const cpusAt = (snapshots: readonly BoundarySnapshot[], path: string): Reading<number> => {
  const snapshot = snapshots.find((candidate) => candidate.path === path);
  if (snapshot === undefined) return missing(`${path} was not read`);
  if ("error" in snapshot) return missing(`${path}: ${snapshot.error}`);
  const [before, after] = [snapshot.before.match(CPU_LINE) ?? [], snapshot.after.match(CPU_LINE) ?? []];
  if (before.length === 0 || after.length === 0) return missing(`${path}: unexpected content`);
  return before.join() === after.join()
    ? value(after.length)
    : missing(`${path}: a CPU came or went meanwhile (${before.length} before, ${after.length} after)`);
};

/** A reading falls on either side of a tick, at both edges. */
const EDGE_TICKS = 2;
/** Ticks get lost on a busy or simulated machine; a counter that shows less than this share of the wall time counts something else. */
const MIN_SHARE = 0.5;
const MAX_SHARE = 1.5;

/** What all CPUs together could do in `wallNs`, where /proc/stat counts their time: sandboxes and containers show one that does not. */
const readCapacity = (snapshots: readonly BoundarySnapshot[], wallNs: number): Reading<number> => {
  const cpus = cpusAt(snapshots, PROC_STAT);
  if (cpus.kind === "missing") return cpus;
  const ticks = increase(snapshots, PROC_STAT, (text) => parseProcStat(text)?.all);
  if (ticks.kind === "missing") return ticks;
  const capacityNs = cpus.value * wallNs;
  const due = capacityNs / TICK_NS;
  const slack = cpus.value * EDGE_TICKS;
  return ticks.value >= MIN_SHARE * due - slack && ticks.value <= MAX_SHARE * due + slack
    ? value(capacityNs)
    : missing(
        `${PROC_STAT} does not count this node's CPU time: ${ticks.value} ticks where ${Math.round(due)} went by`,
      );
};

/** CPU time that the hypervisor gave to others, and what all CPUs together could have done in `wallNs`. */
export const readSteal = (snapshots: readonly BoundarySnapshot[], wallNs: number) => {
  const capacityNs = readCapacity(snapshots, wallNs);
  if (capacityNs.kind === "missing") return { stealNs: capacityNs, capacityNs };
  const ticks = increase(snapshots, PROC_STAT, (text) => parseProcStat(text)?.steal);
  const stealNs: Reading<number> = ticks.kind === "missing" ? ticks : value(ticks.value * TICK_NS);
  return { stealNs: withinCapacity(stealNs, snapshots, wallNs, "steal"), capacityNs };
};

/** Missing where it is more than the node's CPUs can do. Where nothing tells what they can do, it stands as it is. */
export const withinCapacity = (
  spentNs: Reading<number>,
  snapshots: readonly BoundarySnapshot[],
  wallNs: number,
  what: string,
): Reading<number> => {
  const cpus = cpusAt(snapshots, PROC_STAT);
  if (spentNs.kind === "missing" || cpus.kind === "missing") return spentNs;
  const most = cpus.value * (wallNs + EDGE_TICKS * TICK_NS);
  return spentNs.value <= most
    ? spentNs
    : missing(
        `${what}: ${spentNs.value} ns in a window of ${wallNs} ns, which is more than ${cpus.value} CPUs can do`,
      );
};

/** Busy time between two snapshots, tare's own included. `wallNs`: how far apart they are, where that is known exactly. */
export const busyBetween = (
  snapshots: readonly BoundarySnapshot[],
  { clock, path }: NodeClockFile,
  wallNs: number | undefined,
): Reading<number> => {
  switch (clock) {
    case "cpuacct":
      return moving(increase(snapshots, path, parseCgroupCpu), snapshots, path, wallNs);
    case "schedstat": {
      const cpus = cpusAt(snapshots, path);
      if (cpus.kind === "missing") return cpus;
      return moving(increase(snapshots, path, parseRunTime), snapshots, path, wallNs);
    }
    case "ticks": {
      if (wallNs === undefined) return missing("the node's clock has ticks of 10 ms only");
      const { stealNs, capacityNs } = readSteal(snapshots, wallNs);
      if (capacityNs.kind === "missing") return capacityNs;
      const idle = increase(snapshots, path, (text) => parseProcStat(text)?.idle);
      if (idle.kind === "missing") return idle;
      return difference(value(capacityNs.value - idle.value * TICK_NS), stealNs, "steal");
    }
  }
};

/** The workload ran in the window, so a clock that stood still counts nothing. */
const moving = (
  busyNs: Reading<number>,
  snapshots: readonly BoundarySnapshot[],
  path: string,
  wallNs: number | undefined,
): Reading<number> => {
  if (wallNs === undefined || busyNs.kind === "missing") return busyNs;
  if (busyNs.value === 0) return missing(`${path} stood still while the workload ran`);
  return withinCapacity(busyNs, snapshots, wallNs, path);
};
