/**
 * A node of fewer CPUs than it has: agent and workload keep to the last so many of them. What an agent starts runs there from its first instruction
 * on, by its affinity; where the node has cpusets it cannot lift that itself either.
 *
 * The kernel's own part, its threads and its buffers for each CPU, stays as large as the node.
 */
import { TareError } from "../domain/errors.ts";
import type { EffectScope, Host } from "../domain/host.ts";
import type { ScalePoint } from "../domain/scale.ts";
import { known } from "../domain/units.ts";
import { type AgentCgroup, parseCgroupMounts } from "../observe/cgroup.ts";

/** The workload's own stays the last, whatever the size, and the harness is kept off it as ever. */
export const cpusOf = ({ cpus }: Host, { axis, at }: ScalePoint): readonly number[] =>
  axis === "cpus" ? cpus.slice(-at) : cpus;

export interface Confined {
  /** Which its processes enter beside those of its cgroup. */
  readonly folders: readonly string[];
  /** For the record. */
  readonly how: string;
}

export const confineAgent = async (
  host: Host,
  effects: EffectScope,
  cpus: readonly number[],
  { folders }: Pick<AgentCgroup, "folders">,
  name: string,
): Promise<Confined> => {
  const list = cpus.join(",");
  const told = (by: string): string => `${cpus.length} of ${host.cpus.length} (${list}), by ${by}`;
  for (const folder of folders) {
    const file = `${folder}/cpuset.cpus`;
    if ((await host.readText(file)).kind === "missing") continue;
    await host.writeText(file, `${list}\n`);
    return { folders: [], how: told("a cpuset") };
  }
  const own = await ownCpuset(host, effects, list, name);
  return own === undefined
    ? { folders: [], how: told("its affinity alone") }
    : { folders: [own], how: told("a cpuset") };
};

/** With version 1 of the cgroups, whose cpusets have a hierarchy of their own, and take no process before they are told of both. */
const ownCpuset = async (
  host: Host,
  effects: EffectScope,
  list: string,
  name: string,
): Promise<string | undefined> => {
  const mounts = parseCgroupMounts(known(await host.readText("/proc/self/mounts")) ?? "");
  const point = mounts.find(({ type, options }) => type === "cgroup" && options.includes("cpuset"))?.point;
  const memory = point === undefined ? undefined : known(await host.readText(`${point}/cpuset.mems`));
  if (memory === undefined || host.uid !== 0) return undefined;
  const folder = `${point}/${name}`;
  try {
    await effects.perform({ kind: "cgroup", path: folder });
    await host.writeText(`${folder}/cpuset.mems`, memory);
    await host.writeText(`${folder}/cpuset.cpus`, `${list}\n`);
    return folder;
  } catch (error) {
    if (error instanceof TareError && error.kind === "run-failed") return undefined;
    throw error;
  }
};
