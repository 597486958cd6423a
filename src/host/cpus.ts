/** Which CPUs this process may run on: cpusets, affinity and isolated CPUs are all in its own mask. */
import { availableParallelism } from "node:os";
import { readFileSync } from "node:fs";
import { parseCpuList } from "../domain/cpu-list.ts";

/** @param online the kernel's list; a mask also names CPUs that are switched off, or that the machine could have had */
export const allowedCpus = (status: string, online: string): readonly number[] => {
  const allowed = parseCpuList(/^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? "");
  const running = parseCpuList(online);
  const usable = allowed.filter((cpu) => running.includes(cpu));
  // LXC counts a container's online CPUs from 0, while its mask has the kernel's numbers.
  return usable.length === 0 ? allowed : usable;
};

const textOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

/** As at the first look: a run moves itself to fewer of them. */
export const usableCpus = (): readonly number[] => {
  const found = allowedCpus(textOf("/proc/self/status"), textOf("/sys/devices/system/cpu/online"));
  // Where neither can be read, as in some sandboxes, numbers are not to be had.
  return found.length > 0 ? found : Array.from({ length: availableParallelism() }, (_, cpu) => cpu);
};
