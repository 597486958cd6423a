/** Which CPUs this process may run on: cpusets, affinity and isolated CPUs are all in its own mask. */
import { availableParallelism } from "node:os";
import { readFileSync } from "node:fs";
import { allowedIn, parseCpuList } from "../domain/cpu-list.ts";

/**
 * @param online the kernel's list; a mask also names CPUs that are switched off, or that the machine could have had
 * @param atLeast how many the scheduler lets this process have, or fewer where a quota leaves it less
 */
export const allowedCpus = (status: string, online: string, atLeast: number): readonly number[] => {
  const allowed = allowedIn(status);
  const running = parseCpuList(online);
  const usable = allowed.filter((cpu) => running.includes(cpu));
  // LXC counts a container's online CPUs from 0, while its mask has the kernel's numbers: what both name is chance.
  return usable.length < Math.min(atLeast, allowed.length) ? allowed : usable;
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
  const atLeast = availableParallelism();
  const found = allowedCpus(textOf("/proc/self/status"), textOf("/sys/devices/system/cpu/online"), atLeast);
  // Where neither can be read, as in some sandboxes, numbers are not to be had.
  return found.length > 0 ? found : Array.from({ length: atLeast }, (_, cpu) => cpu);
};
