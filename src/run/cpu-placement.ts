/**
 * Where things run. Pinned: the workload owns the last CPU, the agent shares the others with the harness, so that the cost per
 * operation is the kernel's part on the workload's path. Free: the scheduler decides, as it does in production.
 */
import type { Host } from "../domain/host.ts";
import { allowedIn } from "../domain/cpu-list.ts";
import type { CpuPlacement } from "../domain/plan.ts";
import { known } from "../domain/units.ts";
import { workloadCpu } from "./drive.ts";

/** `cpus`: those of the run; `all`: those that the agent may run on. */
const cpuList = (cpus: readonly number[], placement: CpuPlacement, all: readonly number[]): string => {
  const free = placement === "free" || cpus.length < 2;
  return (free ? all : all.filter((cpu) => cpu !== workloadCpu({ cpus }))).join(",");
};

/**
 * What an agent in a container of its own may run on besides is not tare's: of what both name, its cpuset lets it have
 * its part. Fewer than the node has: nobody runs on others.
 */
const cpusFor = async (host: Host, pid: number, cpus: readonly number[]): Promise<readonly number[]> => {
  if (cpus.length < host.cpus.length) return cpus;
  const status = known(await host.readText(`/proc/${pid}/status`)) ?? "";
  const own = allowedIn(status);
  return [...new Set([...cpus, ...own])].toSorted((a, b) => a - b);
};

/** Sets the CPUs of the agent's processes and their threads. A process that ended meanwhile is the caller's to notice. */
export const moveAgent = async (
  host: Host,
  pids: readonly number[],
  placement: CpuPlacement,
  cpus = host.cpus,
): Promise<void> => {
  for (const pid of pids) {
    const list = cpuList(cpus, placement, await cpusFor(host, pid, cpus));
    await host.run("taskset", ["--all-tasks", "--cpu-list", "--pid", list, String(pid)]);
  }
};

export type Place = (pids: readonly number[], placement: CpuPlacement) => Promise<void>;

/** For one that is not to be moved. */
export const LEFT_THERE: Place = () => Promise.resolve();

/** For one agent: moves what is not there yet. What it starts later inherits where it runs. */
export const createPlace = (host: Host, cpus = host.cpus): Place => {
  const at = new Map<number, CpuPlacement>();
  return async (pids, placement) => {
    await moveAgent(
      host,
      pids.filter((pid) => at.get(pid) !== placement),
      placement,
      cpus,
    );
    for (const pid of pids) at.set(pid, placement);
  };
};

/** Moves the harness itself off the workload's CPU while it measures; what it starts inherits that. Returns how to put it back. */
export const moveHarness = async (host: Host, pid: number): Promise<() => Promise<void>> => {
  await moveAgent(host, [pid], "pinned");
  return async () => {
    await moveAgent(host, [pid], "free");
  };
};
