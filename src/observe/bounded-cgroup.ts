/**
 * A cgroup for what runs beside an agent, by which the kernel divides CPU time and bounds processes and memory. With version 1 every controller
 * has a hierarchy of its own; with version 2 there is one, and the controllers that the node has on in it.
 */
import type { EffectScope, Host } from "../domain/host.ts";
import { known } from "../domain/units.ts";
import { parseCgroupMounts, refusal } from "./cgroup.ts";

export interface CgroupLimits {
  /** As version 2 counts: 100 is what every cgroup has. */
  readonly cpuWeight?: number;
  readonly tasks?: number;
  readonly memoryBytes?: number;
}

export interface BoundedCgroup {
  /** Folders whose `cgroup.procs` a process enters; none where nothing can be bounded. */
  readonly folders: readonly string[];
  /** Of the limits that could not be set, why. */
  readonly lacking: Readonly<Partial<Record<keyof CgroupLimits, string>>>;
}

interface Control {
  readonly controller: string;
  readonly v1: string;
  readonly v2: string;
  /** Of a value of version 2, that of version 1. */
  readonly asV1?: (value: number) => number;
}

/** What every cgroup has in version 1, where 100 is said in version 2. */
const USUAL_SHARES = 1024;

const CONTROLS: Readonly<Record<keyof CgroupLimits, Control>> = {
  cpuWeight: {
    controller: "cpu",
    v1: "cpu.shares",
    v2: "cpu.weight",
    asV1: (weight) => Math.round((weight * USUAL_SHARES) / 100),
  },
  tasks: { controller: "pids", v1: "pids.max", v2: "pids.max" },
  memoryBytes: { controller: "memory", v1: "memory.limit_in_bytes", v2: "memory.max" },
};

const NAMES = ["cpuWeight", "tasks", "memoryBytes"] as const satisfies readonly (keyof CgroupLimits)[];

export const createBoundedCgroup = async (
  host: Host,
  scope: EffectScope,
  name: string,
  limits: CgroupLimits,
): Promise<BoundedCgroup> => {
  const mounts = parseCgroupMounts(known(await host.readText("/proc/self/mounts")) ?? "");
  const unified = mounts.find(({ type }) => type === "cgroup2")?.point;
  const made = new Map<string, string | undefined>();
  /** The cgroup in that hierarchy, made once; undefined: it has refused. */
  const folderIn = async (point: string): Promise<string | undefined> => {
    const path = `${point}/${name}`;
    if (!made.has(point)) made.set(point, await refusal(host, scope, path));
    return made.get(point) === undefined ? path : undefined;
  };
  const folders = new Set<string>();
  const lacking: Partial<Record<keyof CgroupLimits, string>> = {};
  for (const limit of NAMES) {
    const value = limits[limit];
    if (value === undefined) continue;
    const { controller, v1, v2, asV1 = (same: number) => same } = CONTROLS[limit];
    const own = mounts.find(({ type, options }) => type === "cgroup" && options.includes(controller))?.point;
    const point = own ?? unified;
    if (host.uid !== 0 || point === undefined) {
      lacking[limit] = host.uid === 0 ? "no cgroups are mounted" : "only root can make cgroups";
      continue;
    }
    const folder = await folderIn(point);
    if (folder === undefined) {
      lacking[limit] = made.get(point) ?? "";
      continue;
    }
    const file = `${folder}/${own === undefined ? v2 : v1}`;
    if ((await host.readText(file)).kind === "missing") {
      lacking[limit] = `the node's cgroups have no ${controller} controller`;
      continue;
    }
    await host.writeText(file, `${own === undefined ? value : asV1(value)}\n`);
    folders.add(folder);
  }
  return { folders: [...folders], lacking };
};
