/**
 * Losses of tools that read a perf buffer: the kernel counts what did not fit, and the tool prints "Lost N events".
 *
 * The kernel hands that count over with the next event that fits on the same CPU, not before. So after a burst a
 * loss is still unsaid until something more happens there, and the readers here make something happen.
 */
import type { RunningAgent } from "../../domain/agent.ts";
import type { Host, HostProcess } from "../../domain/host.ts";
import { missing } from "../../domain/units.ts";
import { fdinfoOf } from "./fdinfo.ts";
import { lostLines } from "./lost-lines.ts";

/** Longer than a reader that sleeps in epoll needs to wake up and print. */
const PRINTING_MS = 150;

/** One exec, some opens and one refused connect to loopback on each CPU. */
export const nudgeEachCpu = async (host: Host): Promise<void> => {
  for (const cpu of host.cpus) {
    await host.run("taskset", ["-c", String(cpu), "bash", "-c", "true </dev/tcp/127.0.0.1/1"]);
  }
  await host.sleep(PRINTING_MS);
};

/** The numbers that `/proc/<pid>/fdinfo` shows as `map_type` (enum bpf_map_type in the kernel's uapi/linux/bpf.h). */
const PERF_EVENT_ARRAY = 4;
const RING_BUFFER = 27;

const mapTypesOf = async (host: Host, pid: number): Promise<readonly number[]> =>
  Array.from((await fdinfoOf(host, pid)).matchAll(/^map_type:\s*(\d+)$/gm), ([, type]) => Number(type));

export interface LossWords {
  /** How it says a loss, where that is not "Lost N events". */
  readonly pattern?: RegExp;
  /** Whether it also counts what did not fit into a BPF ring buffer, for which the kernel has no counter. */
  readonly countsRingBuffer?: boolean;
}

/**
 * What a running tool says it lost, read from the file that it says it in. `missing` where it hands events over in a way that it does not
 * count; the process itself is asked for that, because the version does not tell.
 */
export const perfLoss = (
  host: Host,
  { pid }: HostProcess,
  said: string,
  { pattern, countsRingBuffer = false }: LossWords = {},
): RunningAgent["lost"] => {
  const lines = lostLines(host, said, pattern);
  return async () => {
    const types = await mapTypesOf(host, pid);
    if (types.includes(RING_BUFFER)) {
      if (!countsRingBuffer)
        return missing("this build hands events over in a BPF ring buffer, whose losses it does not count");
      // Its own program counts, so nothing has to happen first; it looks whenever it has waited for events.
      await host.sleep(PRINTING_MS);
    } else if (types.includes(PERF_EVENT_ARRAY)) {
      await nudgeEachCpu(host);
    } else {
      return missing(`process ${pid} holds no perf buffer, so what it says of losses cannot be relied on`);
    }
    return await lines();
  };
};
