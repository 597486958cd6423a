/** Ends a load when the node runs short of what others need: a load that goes on then is an outage. */
import { MAX_TASKS_SHARE, MIN_FREE_BYTES, MIN_FREE_MEMORY_SHARE } from "../../domain/bounds.ts";
import type { Host, KeptFile } from "../../domain/host.ts";
import { known } from "../../domain/units.ts";

const LOOK_MS = 500;

/** Thrown, as the reason of the signal, by whatever waits. */
export class NodeShort extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NodeShort";
  }
}

export interface NodeWatch {
  readonly signal: AbortSignal;
  /** @throws NodeShort */
  look(): Promise<void>;
  close(): Promise<void>;
}

const MEBIBYTE = 2 ** 20;

const numberIn = (text: string | undefined, pattern: RegExp): number | undefined => {
  const found = pattern.exec(text ?? "")?.[1];
  return found === undefined ? undefined : Number(found);
};

/** What the node tells is kept open: to open it at every look would be an event for agents that trace opens. What it does not tell is not judged. */
export const watchNode = async (host: Host, disks: readonly string[]): Promise<NodeWatch> => {
  const short = new AbortController();
  const keep = async (path: string): Promise<KeptFile | undefined> =>
    known(await host.openKept(path, "read"));
  const memory = await keep("/proc/meminfo");
  const load = await keep("/proc/loadavg");
  const limitOf = async (name: string): Promise<number> =>
    numberIn(known(await host.readText(`/proc/sys/kernel/${name}`)), /^(\d+)/) ?? Infinity;
  const most = Math.min(await limitOf("pid_max"), await limitOf("threads-max"));
  const textOf = async (file: KeptFile | undefined): Promise<string | undefined> =>
    file === undefined ? undefined : known(await file.text());

  const shortage = async (): Promise<string | undefined> => {
    const meminfo = await textOf(memory);
    const free = numberIn(meminfo, /^MemAvailable:\s+(\d+) kB$/m);
    const all = numberIn(meminfo, /^MemTotal:\s+(\d+) kB$/m);
    if (free !== undefined && all !== undefined && free < MIN_FREE_MEMORY_SHARE * all)
      return `${Math.floor(free / 1024)} MiB of ${Math.floor(all / 1024)} were left of the node's memory`;
    const tasks = numberIn(await textOf(load), /\/(\d+) /);
    if (tasks !== undefined && tasks > MAX_TASKS_SHARE * most)
      return `${tasks} processes and threads were on the node, which has room for ${most}`;
    for (const disk of disks) {
      const left = known(await host.freeBytes(disk));
      if (left !== undefined && left < MIN_FREE_BYTES)
        return `${disk} had ${Math.floor(left / MEBIBYTE)} MiB left`;
    }
    return undefined;
  };
  const look = async (): Promise<void> => {
    const why = await shortage();
    if (why === undefined) return;
    const reason = new NodeShort(why);
    short.abort(reason);
    throw reason;
  };
  // What waits meanwhile is told by the signal.
  const close = host.every(LOOK_MS, look);
  return {
    signal: short.signal,
    look,
    close: async () => {
      await close();
      await memory?.close();
      await load?.close();
    },
  };
};
