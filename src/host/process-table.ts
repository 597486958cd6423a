/** Which process is which: a pid alone may have been reused, a pid with its start time or our mark has not. */
import { readFile, readdir } from "node:fs/promises";

/** Environment variable that marks every process tare starts: `<journal>:<entry>`. */
export const MARK = "TARE_EFFECT";

/**
 * Clock ticks after boot at which the process started; undefined when it is gone. A zombie counts as gone, unless threads of it still run: the
 * first one may end before the others.
 */
export const startTimeOf = async (pid: number): Promise<string | undefined> => {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state] = fields;
    const isGone = state === "X" || (state === "Z" && Number(fields[17]) <= 1);
    return isGone ? undefined : fields[19];
  } catch {
    return undefined;
  }
};

/** Processes whose environment carries the mark (a prefix of it matches all entries of one journal). */
export const markedProcesses = async (markPrefix: string): Promise<readonly number[]> => {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const environment = await readFile(`/proc/${name}/environ`, "latin1");
      const own = environment.split("\0").find((entry) => entry.startsWith(`${MARK}=`));
      const mark = own?.slice(MARK.length + 1);
      const matches = mark === markPrefix || mark?.startsWith(`${markPrefix}:`) === true;
      if (matches && (await startTimeOf(Number(name))) !== undefined) found.push(Number(name));
    } catch {
      // The process ended while we looked, or we may not read it: not ours.
    }
  }
  return found;
};
