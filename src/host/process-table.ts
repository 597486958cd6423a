/** Which process is which: a pid alone may have been reused, a pid with its start time or our mark has not. */
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Environment variable that marks every process tare starts: `<journal>:<entry>`. */
export const MARK = "TARE_EFFECT";

/**
 * Files of /proc never make a reader wait, and there are hundreds of them: read one after the other they take a sixth of the time that it takes to
 * hand each to another thread.
 *
 * The fields of /proc/PID/stat are those from the state on, which proc_pid_stat(5) counts as the third.
 */
const statOf = (pid: number | string): readonly string[] => {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
};

/**
 * Clock ticks after boot at which the process started; undefined when it is gone. A zombie counts as gone, unless threads of it still run: the
 * first one may end before the others.
 */
export const startTimeOf = (pid: number): string | undefined => {
  try {
    const fields = statOf(pid);
    const [state] = fields;
    const isGone = state === "X" || (state === "Z" && Number(fields[17]) <= 1);
    return isGone ? undefined : fields[19];
  } catch {
    return undefined;
  }
};

const MAX_LOOKS = 1000;
const MIN_EMPTY_LOOKS = 20;

/**
 * While a process executes a program, the kernel shows its environment empty or cut off; that is waited out. For a moment it looks like that of a
 * program without one (create_elf_tables in fs/binfmt_elf.c), so nothing is believed only when it is seen several times. Kernel threads and zombies
 * have no memory.
 */
const environmentOf = async (pid: string): Promise<string> => {
  for (let looks = 1; ; looks += 1) {
    const environment = readFileSync(`/proc/${pid}/environ`, "latin1");
    const fields = statOf(pid);
    const [virtualBytes, start, end] = [fields[20], fields[47], fields[48]];
    const isWhole = end !== "0" && environment.length === Number(end) - Number(start);
    const isBelieved = isWhole && (environment !== "" || looks >= MIN_EMPTY_LOOKS);
    if (isBelieved || virtualBytes === "0" || looks >= MAX_LOOKS) return environment;
    await sleep(1);
  }
};

/**
 * Processes whose environment carries the mark (a prefix of it matches all entries of one journal). `since`: a start time before which none of them
 * began, which saves reading the environment of all others.
 */
export const markedProcesses = async (markPrefix: string, since = "0"): Promise<readonly number[]> => {
  const found: number[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (since !== "0" && Number(startTimeOf(Number(name)) ?? 0) < Number(since)) continue;
      const environment = await environmentOf(name);
      const own = environment.split("\0").find((entry) => entry.startsWith(`${MARK}=`));
      const mark = own?.slice(MARK.length + 1);
      const matches = mark === markPrefix || mark?.startsWith(`${markPrefix}:`) === true;
      if (matches && startTimeOf(Number(name)) !== undefined) found.push(Number(name));
    } catch {
      // The process ended while we looked, or we may not read it: not ours.
    }
  }
  return found;
};
