/**
 * Whether the node has room for a storm, or for a crowd: memory and numbers of processes. Its files are opened once, since an open at every look would itself be
 * an event for agents that trace opens.
 */
import { MAX_TASK_SHARE, MIN_AVAILABLE_SHARE } from "../domain/bounds.ts";
import type { Host, KeptFile } from "../domain/host.ts";
import { known } from "../domain/units.ts";
import { StageFailure } from "./context.ts";

const LOOK_MS = 250;

export interface NodeWatch {
  /** Why there is no room now; undefined: there is, as far as the node tells. */
  scarcity(): Promise<string | undefined>;
  /** Aborted with a StageFailure once there is none any more. */
  readonly exhausted: AbortSignal;
  close(): Promise<void>;
}

const kibOf = (name: string, meminfo: string): number | undefined => {
  const kib = new RegExp(`^${name}:\\s+(\\d{1,15}) kB$`, "m").exec(meminfo)?.[1];
  return kib === undefined ? undefined : Number(kib);
};

/** Of `/proc/loadavg`: "0.20 0.18 0.12 1/80 11206". */
const tasksOf = (loadavg: string): number | undefined => {
  const tasks = /^\S+ \S+ \S+ \d+\/(\d{1,9}) /.exec(loadavg)?.[1];
  return tasks === undefined ? undefined : Number(tasks);
};

export const scarcityOf = (
  meminfo: string,
  loadavg: string,
  maxTasks: number | undefined,
): string | undefined => {
  const [available, all] = [kibOf("MemAvailable", meminfo), kibOf("MemTotal", meminfo)];
  if (available !== undefined && all !== undefined && available < MIN_AVAILABLE_SHARE * all)
    return `${Math.floor(available / 1024)} MiB of the node's ${Math.floor(all / 1024)} are available, and ${100 * MIN_AVAILABLE_SHARE} % must stay so`;
  const tasks = tasksOf(loadavg);
  return tasks !== undefined && maxTasks !== undefined && tasks > MAX_TASK_SHARE * maxTasks
    ? `${tasks} processes and threads are on the node, which can have ${maxTasks}, and half of them must stay free`
    : undefined;
};

const numberIn = async (host: Host, path: string): Promise<number | undefined> => {
  const text = known(await host.readText(path))?.trim() ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
};

const textOf = async (file: KeptFile | undefined): Promise<string> =>
  file === undefined ? "" : (known(await file.text()) ?? "");

/** Holds from now until it is closed. */
export const watchNode = async (host: Host): Promise<NodeWatch> => {
  const memory = known(await host.openKept("/proc/meminfo", "read"));
  const load = known(await host.openKept("/proc/loadavg", "read"));
  const limits = [
    await numberIn(host, "/proc/sys/kernel/pid_max"),
    await numberIn(host, "/proc/sys/kernel/threads-max"),
  ].filter((limit) => limit !== undefined);
  const maxTasks = limits.length === 0 ? undefined : Math.min(...limits);
  const exhausted = new AbortController();
  const scarcity = async (): Promise<string | undefined> =>
    scarcityOf(await textOf(memory), await textOf(load), maxTasks);
  const stop = host.every(LOOK_MS, async () => {
    const why = await scarcity();
    if (why !== undefined) exhausted.abort(new StageFailure("storm", `the storm was ended: ${why}`));
  });
  return {
    scarcity,
    exhausted: exhausted.signal,
    close: async () => {
      await stop();
      await memory?.close();
      await load?.close();
    },
  };
};
