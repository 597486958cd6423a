/**
 * The agent's own cgroup: its CPU and memory are then the kernel's account of everything it forks, not a sum of samples.
 * Version 1 needs the cpuacct controller; version 2 accounts CPU in every cgroup, memory only where the node has that controller on.
 * Neither, or neither lets a cgroup be made (read-only in a container, a limit on descendants): the process tree is summed up instead.
 */
import { MAX_AGENT_TASKS, MAX_MEMORY_SHARE } from "../domain/bounds.ts";
import { TareError } from "../domain/errors.ts";
import type { EffectScope, Host } from "../domain/host.ts";
import { unescaped } from "../domain/mounts.ts";
import { known } from "../domain/units.ts";

export interface AgentCgroup {
  /** Folders whose `cgroup.procs` the agent enters; empty for the process tree. */
  readonly folders: readonly string[];
  /** File with the cgroup's CPU time; undefined without a cgroup. */
  readonly cpuFile: string | undefined;
  readonly peakFile: string | undefined;
  /** Why there is none although a hierarchy is mounted. */
  readonly obstacle?: string;
}

export const NO_CGROUP: AgentCgroup = { folders: [], cpuFile: undefined, peakFile: undefined };

export const parseCgroupMounts = (mounts: string) =>
  mounts
    .split("\n")
    .map((line) => line.split(" "))
    .filter((fields) => fields[2] === "cgroup" || fields[2] === "cgroup2")
    .map((fields) => ({
      point: unescaped(fields[1] ?? ""),
      type: fields[2] ?? "",
      options: (fields[3] ?? "").split(","),
    }));

export const createAgentCgroup = async (
  host: Host,
  scope: EffectScope,
  name: string,
): Promise<AgentCgroup> => {
  if (host.uid !== 0) return NO_CGROUP;
  const mounts = parseCgroupMounts(known(await host.readText("/proc/self/mounts")) ?? "");
  const controller = (wanted: string): string | undefined =>
    mounts.find((mount) => mount.type === "cgroup" && mount.options.includes(wanted))?.point;
  const obstacles: string[] = [];
  /** The folder, where it could be made and entered. */
  const made = async (point: string | undefined): Promise<string | undefined> => {
    if (point === undefined) return undefined;
    const isReadOnly = mounts.find((mount) => mount.point === point)?.options.includes("ro") === true;
    const refused = isReadOnly
      ? `${point} is mounted read-only`
      : await refusal(host, scope, `${point}/${name}`);
    if (refused === undefined) return `${point}/${name}`;
    obstacles.push(refused);
    return undefined;
  };

  const cpuacct = await made(controller("cpuacct"));
  if (cpuacct !== undefined) {
    const memory = await made(controller("memory"));
    const pids = await made(controller("pids"));
    await limit(host, [
      [`${memory ?? ""}/memory.limit_in_bytes`, await memoryLimit(host)],
      [`${pids ?? ""}/pids.max`, MAX_AGENT_TASKS],
    ]);
    return {
      folders: [cpuacct, ...[memory, pids].filter((folder) => folder !== undefined)],
      cpuFile: `${cpuacct}/cpuacct.usage`,
      peakFile: memory === undefined ? undefined : `${memory}/memory.max_usage_in_bytes`,
    };
  }
  const unified = await made(mounts.find((mount) => mount.type === "cgroup2")?.point);
  if (unified !== undefined) {
    await limit(host, [
      [`${unified}/memory.max`, await memoryLimit(host)],
      [`${unified}/pids.max`, MAX_AGENT_TASKS],
    ]);
    const peak = await host.readText(`${unified}/memory.peak`);
    return {
      folders: [unified],
      cpuFile: `${unified}/cpu.stat`,
      peakFile: peak.kind === "value" ? `${unified}/memory.peak` : undefined,
    };
  }
  return obstacles.length === 0 ? NO_CGROUP : { ...NO_CGROUP, obstacle: obstacles.join("; ") };
};

/** undefined where the node does not tell its memory. */
const memoryLimit = async (host: Host): Promise<number | undefined> => {
  const kib = /^MemTotal:\s+(\d+) kB$/m.exec(known(await host.readText("/proc/meminfo")) ?? "")?.[1];
  return kib === undefined ? undefined : Math.floor(Number(kib) * 1024 * MAX_MEMORY_SHARE);
};

/** Where the node's hierarchy has that controller: an agent that grows without bound is ended, and not the node. */
const limit = async (
  host: Host,
  limits: readonly (readonly [file: string, most: number | undefined])[],
): Promise<void> => {
  for (const [file, most] of limits) {
    if (most === undefined || (await host.readText(file)).kind === "missing") continue;
    await host.writeText(file, `${most}\n`);
  }
};

/** Why this cgroup cannot be made or entered; undefined: it can. An agent that could not enter it would not even start. */
export const refusal = async (host: Host, scope: EffectScope, path: string): Promise<string | undefined> => {
  try {
    await scope.perform({ kind: "cgroup", path });
  } catch (error) {
    if (error instanceof TareError && error.kind === "run-failed") return error.message;
    throw error;
  }
  const entered = await host.run("sh", ["-c", 'echo $$ >"$0"', `${path}/cgroup.procs`]);
  return entered.exitCode === 0 || entered.exitCode === undefined
    ? undefined
    : `${path} cannot be entered: ${entered.stderr.trim()}`;
};

/** A cgroup that somebody else made: its files where the node accounts for it, else nothing. `path` is below the mount point. */
export const findCgroup = async (host: Host, path: string): Promise<AgentCgroup> => {
  const mounts = parseCgroupMounts(known(await host.readText("/proc/self/mounts")) ?? "");
  const has = async (file: string): Promise<boolean> => (await host.readText(file)).kind === "value";
  for (const { point, type, options } of mounts) {
    const isUnified = type === "cgroup2";
    if (!isUnified && !options.includes("cpuacct")) continue;
    const folder = `${point}${path}`;
    const cpuFile = `${folder}/${isUnified ? "cpu.stat" : "cpuacct.usage"}`;
    if (!(await has(cpuFile))) continue;
    const memory = isUnified ? point : mounts.find((mount) => mount.options.includes("memory"))?.point;
    const peakFile = `${memory ?? point}${path}/${isUnified ? "memory.peak" : "memory.max_usage_in_bytes"}`;
    return { folders: [folder], cpuFile, peakFile: (await has(peakFile)) ? peakFile : undefined };
  }
  return NO_CGROUP;
};

export const parseCgroupCpu = (text: string): number | undefined => {
  const usec = /^usage_usec (\d{1,20})$/m.exec(text)?.[1];
  if (usec !== undefined) return Number(usec) * 1000;
  return /^\d{1,20}\s*$/.test(text) ? Number(text) : undefined;
};

/** The kernel's own files in a cgroup; everything else in there is a cgroup below. */
const KERNELS_FILE =
  /^(?:(?:blkio|cgroup|cpu|cpuacct|cpuset|devices|dmem|freezer|hugetlb|io|irq|memory|misc|net_cls|net_prio|perf_event|pids|rdma)\..*|tasks|notify_on_release|release_agent)$/;

/** A service may make cgroups below its own (Delegate=), and a container may run an init that does. */
const pidsBelow = async (host: Host, folder: string): Promise<readonly number[]> => {
  const text = known(await host.readText(`${folder}/cgroup.procs`)) ?? "";
  const own = text
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
  const below = (await host.list(folder)).filter((name) => !KERNELS_FILE.test(name));
  const others = await Promise.all(below.map((name) => pidsBelow(host, `${folder}/${name}`)));
  return [...own, ...others.flat()];
};

/** Pids in the agent's cgroup, or, without one, the given processes and their descendants. */
export const agentPids = async (
  host: Host,
  cgroup: AgentCgroup,
  roots: readonly number[],
): Promise<readonly number[]> => {
  const [folder] = cgroup.folders;
  if (folder !== undefined) return await pidsBelow(host, folder);
  if (roots.length === 0) return [];
  const children = new Map<number, number[]>();
  for (const name of await host.list("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = known(await host.readText(`/proc/${name}/stat`));
    const parent = Number(stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = new Set<number>();
  const queue = [...roots];
  for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
    if (found.has(pid)) continue;
    found.add(pid);
    queue.push(...(children.get(pid) ?? []));
  }
  return [...found];
};
