/**
 * Whether the node has room for a storm, a rising load or a crowd: memory, numbers of processes, disk. One that goes on without it is an outage. The
 * kernel's files are opened once, since an open at every look would itself be an event for agents that trace opens.
 */
import { MAX_TASKS_SHARE, MIN_FREE_BYTES, MIN_FREE_MEMORY_SHARE } from "../domain/bounds.ts";
import type { Host, KeptFile } from "../domain/host.ts";
import { numberIn } from "../domain/number-in.ts";
import { known } from "../domain/units.ts";
import { StageFailure } from "./context.ts";

const LOOK_MS = 500;

type Watched = "load" | "storm" | "scale";

/** What ended it; thrown, as the reason of the signal, by whatever waits. */
export class NodeShort extends StageFailure {
  readonly why: string;

  constructor(what: Watched, why: string) {
    super(what, `the ${what} was ended: ${why}`);
    this.name = "NodeShort";
    this.why = why;
  }
}

export interface NodeWatch {
  /** Why there is no room now; undefined: there is, as far as the node tells. */
  shortage(): Promise<string | undefined>;
  /** @throws NodeShort where there is none */
  look(): Promise<void>;
  /** Aborted with a NodeShort once there is none any more. */
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

export interface NodeFigures {
  /** The text of `/proc/meminfo`. */
  readonly meminfo: string;
  /** Of `/proc/loadavg`: "0.20 0.18 0.12 1/80 11206". */
  readonly loadavg: string;
  readonly maxTasks: number;
  readonly disks: readonly { readonly path: string; readonly freeBytes: number }[];
}

const MEBIBYTE = 2 ** 20;

/** What the node does not tell is not judged. */
export const shortageOf = ({ meminfo, loadavg, maxTasks, disks }: NodeFigures): string | undefined => {
  const free = numberIn(meminfo, /^MemAvailable:\s+(\d{1,15}) kB$/m);
  const all = numberIn(meminfo, /^MemTotal:\s+(\d{1,15}) kB$/m);
  if (free !== undefined && all !== undefined && free < MIN_FREE_MEMORY_SHARE * all)
    return `${Math.floor(free / 1024)} MiB of ${Math.floor(all / 1024)} were left of the node's memory`;
  const tasks = numberIn(loadavg, /^\S+ \S+ \S+ \d+\/(\d{1,9}) /);
  if (tasks !== undefined && tasks > MAX_TASKS_SHARE * maxTasks)
    return `${tasks} processes and threads were on the node, which has room for ${maxTasks}`;
  const full = disks.find(({ freeBytes }) => freeBytes < MIN_FREE_BYTES);
  return full === undefined
    ? undefined
    : `${full.path} had ${Math.floor(full.freeBytes / MEBIBYTE)} MiB left`;
};

const textOf = async (file: KeptFile | undefined): Promise<string> =>
  file === undefined ? "" : (known(await file.text()) ?? "");

/** Holds from now until it is closed. `disks`: folders on those that are written to. */
export const watchNode = async (host: Host, disks: readonly string[], what: Watched): Promise<NodeWatch> => {
  const memory = known(await host.openKept("/proc/meminfo", "read"));
  const load = known(await host.openKept("/proc/loadavg", "read"));
  const limitOf = async (name: string): Promise<number> =>
    numberIn(known(await host.readText(`/proc/sys/kernel/${name}`)) ?? "", /^(\d{1,15})$/m) ?? Infinity;
  const maxTasks = Math.min(await limitOf("pid_max"), await limitOf("threads-max"));
  const freeOn = async (path: string) => {
    const freeBytes = known(await host.freeBytes(path));
    return freeBytes === undefined ? [] : [{ path, freeBytes }];
  };
  const shortage = async (): Promise<string | undefined> =>
    shortageOf({
      meminfo: await textOf(memory),
      loadavg: await textOf(load),
      maxTasks,
      disks: (await Promise.all(disks.map(freeOn))).flat(),
    });
  const short = new AbortController();
  const judge = async (): Promise<void> => {
    const why = await shortage();
    if (why !== undefined) short.abort(new NodeShort(what, why));
  };
  const stop = host.every(LOOK_MS, judge);
  return {
    shortage,
    look: async () => {
      await judge();
      short.signal.throwIfAborted();
    },
    signal: short.signal,
    close: async () => {
      await stop();
      await memory?.close();
      await load?.close();
    },
  };
};
