/** Tells that something of a bench has changed, to whoever waits for it outside the cluster. */
import type { Cluster } from "../cluster.ts";
import type { Clock } from "../conductor/clock.ts";
import { benchSelector } from "../objects/labels.ts";
import type { BenchPlan } from "../plan.ts";
import { createAlarm } from "../watch/alarm.ts";
import { keepWatching } from "../watch/keep-watching.ts";

export interface PodsWatch {
  /** Until something changes, or the time is over. True: something has, since the last time. */
  sleep(ms: number, signal?: AbortSignal): Promise<boolean>;
  /** False: changes are not told, or not all of them. */
  isTold(): boolean;
  stop(): Promise<void>;
}

export interface WatchingPods {
  readonly cluster: Pick<Cluster, "versionOf" | "watch">;
  readonly clock: Clock;
  readonly namespaces: BenchPlan["namespaces"];
  readonly bench: string;
  /** Called once for each namespace. */
  readonly onDenied: (namespace: string, why: string) => void;
}

/** A Job's end is its pod's, a moment later. */
export const watchPods = ({ cluster, clock, namespaces, bench, onDenied }: WatchingPods): PodsWatch => {
  const stopping = new AbortController();
  const alarm = createAlarm<"changed">(clock);
  let fault: { readonly error: unknown } | undefined;
  const kept = [namespaces.nodes, namespaces.control].map((namespace) =>
    keepWatching({
      cluster,
      clock,
      signal: stopping.signal,
      query: () => Promise.resolve({ resource: "pods", namespace, labelSelector: benchSelector(bench) }),
      onChange: () => {
        alarm.ring("changed");
      },
      onDenied: (why) => {
        onDenied(namespace, why);
      },
    }),
  );
  for (const { done } of kept)
    done.catch((error: unknown) => {
      fault = { error };
      alarm.ring("changed");
    });
  return {
    sleep: async (ms, signal) => {
      const rung = await alarm.sleep(ms, ["changed"], signal);
      if (fault !== undefined) throw fault.error;
      return rung.size > 0;
    },
    isTold: () => kept.every((watch) => watch.isLive()),
    stop: async () => {
      stopping.abort();
      await Promise.allSettled(kept.map(({ done }) => done));
    },
  };
};
