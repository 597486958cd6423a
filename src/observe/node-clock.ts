/**
 * How long all CPUs of the node were busy. A window lasts some 100 ms, in which the ticks of /proc/stat say little, so the scheduler's own
 * nanoseconds are taken where the kernel shows them.
 *
 * None of them holds idle time. `cpuacct` leaves out steal where the guest's kernel is told of it (PARAVIRT_TIME_ACCOUNTING) and interrupts
 * where it times them (IRQ_TIME_ACCOUNTING); `schedstat` leaves out neither, and counts a task when it leaves its CPU.
 */
import type { BoundarySnapshot } from "../domain/driver.ts";
import type { Host } from "../domain/host.ts";
import type { NodeClock } from "../domain/record.ts";
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
export const TICK_NS = 10_000_000;

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
  return times.length === 0 || times.some((time) => !Number.isSafeInteger(time))
    ? undefined
    : times.reduce((sum, time) => sum + time, 0);
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

/** CPU time that the hypervisor gave to others, and what all CPUs together could have done in `wallNs`. */
export const readSteal = (snapshots: readonly BoundarySnapshot[], wallNs: number) => {
  const ticks = increase(snapshots, PROC_STAT, (text) => parseProcStat(text)?.steal);
  const stat = snapshots.find((snapshot) => snapshot.path === PROC_STAT);
  const cpus = stat !== undefined && "after" in stat ? parseProcStat(stat.after)?.cpus : undefined;
  const capacityNs = (cpus ?? 0) * wallNs;
  const stealNs: Reading<number> = ticks.kind === "missing" ? ticks : value(ticks.value * TICK_NS);
  return { stealNs, capacityNs };
};

/** Busy time between two snapshots, tare's own included. `wallNs`: how far apart they are, where that is known exactly. */
export const busyBetween = (
  snapshots: readonly BoundarySnapshot[],
  { clock, path }: NodeClockFile,
  wallNs: number | undefined,
): Reading<number> => {
  switch (clock) {
    case "cpuacct":
      return increase(snapshots, path, parseCgroupCpu);
    case "schedstat":
      return increase(snapshots, path, parseRunTime);
    case "ticks": {
      if (wallNs === undefined) return missing("the node's clock has ticks of 10 ms only");
      const { stealNs, capacityNs } = readSteal(snapshots, wallNs);
      const idle = increase(snapshots, path, (text) => parseProcStat(text)?.idle);
      if (idle.kind === "missing") return idle;
      return difference(value(capacityNs - idle.value * TICK_NS), stealNs, "steal");
    }
  }
};
