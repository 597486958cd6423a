/**
 * The agent's own cgroup: its CPU and memory are then the kernel's account of everything it forks, not a sum of samples.
 * Version 1 needs the cpuacct controller; version 2 accounts CPU in every cgroup, memory only where the node has that controller on.
 * Neither: the process tree is summed up instead.
 */
import type { EffectScope, Host } from "../domain/host.ts";
import { known } from "../domain/units.ts";

export interface AgentCgroup {
  /** Folders whose `cgroup.procs` the agent enters; empty for the process tree. */
  readonly folders: readonly string[];
  /** File with the cgroup's CPU time; undefined without a cgroup. */
  readonly cpuFile: string | undefined;
  readonly peakFile: string | undefined;
}

export const NO_CGROUP: AgentCgroup = { folders: [], cpuFile: undefined, peakFile: undefined };

export const parseCgroupMounts = (mounts: string) =>
  mounts
    .split("\n")
    .map((line) => line.split(" "))
    .filter((fields) => fields[2] === "cgroup" || fields[2] === "cgroup2")
    .map((fields) => ({
      point: fields[1] ?? "",
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
  const cpuacct = controller("cpuacct");
  if (cpuacct !== undefined) {
    const memory = controller("memory");
    const folders = [`${cpuacct}/${name}`, ...(memory === undefined ? [] : [`${memory}/${name}`])];
    for (const path of folders) await scope.perform({ kind: "cgroup", path });
    return {
      folders,
      cpuFile: `${cpuacct}/${name}/cpuacct.usage`,
      peakFile: memory === undefined ? undefined : `${memory}/${name}/memory.max_usage_in_bytes`,
    };
  }
  const unified = mounts.find((mount) => mount.type === "cgroup2")?.point;
  if (unified === undefined) return NO_CGROUP;
  const folder = `${unified}/${name}`;
  await scope.perform({ kind: "cgroup", path: folder });
  const peak = await host.readText(`${folder}/memory.peak`);
  return {
    folders: [folder],
    cpuFile: `${folder}/cpu.stat`,
    peakFile: peak.kind === "value" ? `${folder}/memory.peak` : undefined,
  };
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
  const usec = /^usage_usec (\d+)$/m.exec(text)?.[1];
  if (usec !== undefined) return Number(usec) * 1000;
  return /^\d+\s*$/.test(text) ? Number(text) : undefined;
};

/** Pids in the agent's cgroup, or, without one, the given processes and their descendants. */
export const agentPids = async (
  host: Host,
  cgroup: AgentCgroup,
  roots: readonly number[],
): Promise<readonly number[]> => {
  const [folder] = cgroup.folders;
  if (folder !== undefined) {
    const text = known(await host.readText(`${folder}/cgroup.procs`)) ?? "";
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map(Number);
  }
  if (roots.length === 0) return [];
  const children = new Map<number, number[]>();
  for (const name of await host.list("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = known(await host.readText(`/proc/${name}/stat`));
    const parent = Number(stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  const queue = [...roots];
  for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
    found.push(pid);
    queue.push(...(children.get(pid) ?? []));
  }
  return found;
};
