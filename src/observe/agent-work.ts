/** What an agent does when nothing happens, by the kernel's counts of its processes: wake-ups, bytes to storage, user and system time. */
import type { Host } from "../domain/host.ts";
import { numberIn } from "../domain/number-in.ts";
import { known, missing, type Reading, rise, value } from "../domain/units.ts";

/** Of /proc/PID/task/TID/status: a thread that waits for something gives its CPU up by itself, and is woken up for it. */
export const parseSwitches = (text: string): number | undefined =>
  numberIn(text, /^voluntary_ctxt_switches:\s+(\d+)$/m);

/** Of /proc/PID/io: what was to go to storage, counted as pages are dirtied; that of memory file systems is not in it. */
export const parseStorageBytes = (text: string): number | undefined =>
  numberIn(text, /^write_bytes: (\d+)$/m);

/**
 * Of a cgroup's memory.stat: without the pages of files, of which its own log would be the most. Version 2 tells the kernel's memory as well,
 * maps of BPF programs among it; version 1 does not.
 */
export const parseCharged = (text: string): number | undefined => {
  const anonymous = numberIn(text, /^(?:anon|total_rss) (\d+)$/m);
  const kernel = numberIn(text, /^kernel (\d+)$/m) ?? 0;
  return anonymous === undefined ? undefined : anonymous + kernel;
};

const MEMORY_STAT = "memory.stat";

/** Beside the file that tells its peak. */
export const memoryStatOf = (peakFile: string | undefined): string | undefined =>
  peakFile === undefined ? undefined : peakFile.replace(/[^/]+$/, MEMORY_STAT);

const V2_CPU = /\/cpu\.stat$/;

/** Files that tell a cgroup's CPU time by mode, with how to read them. */
export const modeFiles = (cpuFile: string) =>
  V2_CPU.test(cpuFile)
    ? {
        user: { path: cpuFile, parse: microsecondsOf("user_usec") },
        system: { path: cpuFile, parse: microsecondsOf("system_usec") },
      }
    : {
        user: { path: `${cpuFile}_user`, parse: nanoseconds },
        system: { path: `${cpuFile}_sys`, parse: nanoseconds },
      };

const microsecondsOf =
  (name: string) =>
  (text: string): number | undefined => {
    const micros = numberIn(text, new RegExp(String.raw`^${name} (\d+)$`, "m"));
    return micros === undefined ? undefined : micros * 1000;
  };

const nanoseconds = (text: string): number | undefined =>
  /^\d{1,20}\s*$/.test(text) ? Number(text) : undefined;

/** By thread, and by process. */
export interface Work {
  readonly switches: ReadonlyMap<string, number>;
  readonly storageBytes: ReadonlyMap<number, number>;
}

export const readWork = async (host: Host, pids: readonly number[]): Promise<Work> => {
  const switches = new Map<string, number>();
  const storageBytes = new Map<number, number>();
  for (const pid of pids) {
    for (const tid of await host.list(`/proc/${pid}/task`)) {
      const count = parseSwitches(known(await host.readText(`/proc/${pid}/task/${tid}/status`)) ?? "");
      if (count !== undefined) switches.set(`${pid}/${tid}`, count);
    }
    const bytes = parseStorageBytes(known(await host.readText(`/proc/${pid}/io`)) ?? "");
    if (bytes !== undefined) storageBytes.set(pid, bytes);
  }
  return { switches, storageBytes };
};

/** What came later began at nothing. What ended in between hides what it did. */
const riseOf = <K>(
  after: ReadonlyMap<K, number>,
  before: ReadonlyMap<K, number>,
  what: string,
): Reading<number> => {
  if (after.size === 0) return missing(`${what}: no process of it tells`);
  let sum = 0;
  for (const [key, count] of after) {
    const by = rise(value(count), value(before.get(key) ?? 0), what);
    if (by.kind === "missing") return by;
    sum += by.value;
  }
  return value(sum);
};

export const workBetween = (before: Work, after: Work) => ({
  wakeUps: riseOf(after.switches, before.switches, "wake-ups"),
  threadsEnded: [...before.switches.keys()].filter((thread) => !after.switches.has(thread)).length,
  storageBytes: riseOf(after.storageBytes, before.storageBytes, "bytes to storage"),
});
