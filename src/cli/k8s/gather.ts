/**
 * Brings the records of a bench's nodes here:
 *
 *     look at Jobs and pods -> a log for each pod that has begun -> record, line by line -> until every node has ended
 *
 * Goes on through whatever the connection does; what a node's log no longer has is told.
 */
import { collect, type Collected, type Heard } from "../../k8s/collect/collect.ts";
import { isClusterError, pauseAfter } from "../../k8s/cluster.ts";
import type { Clock } from "../../k8s/conductor/clock.ts";
import { findBenches, type FoundBench } from "../../k8s/bench/find.ts";
import { type PodsWatch, watchPods } from "../../k8s/bench/watch.ts";
import { type NodeState, stateOf } from "../../k8s/bench/state.ts";
import { withReasons } from "../../k8s/bench/unmade.ts";
import type { UserCluster } from "../../k8s/user-cluster.ts";
import type { Namespaces } from "./connect.ts";
import { createKeeper, type Kept } from "./keep-record.ts";

export interface NodeResult {
  readonly node: string;
  readonly state: NodeState;
  /** Where its record is; absent where none came. */
  readonly folder?: string;
  readonly collected?: Collected;
}

export interface Gathering {
  readonly cluster: UserCluster;
  readonly clock: Clock;
  readonly namespaces: Namespaces;
  readonly bench: string;
  /** Below it is a folder for each node. */
  readonly out: string;
  /** Until the nodes have ended; false: what is there now. */
  readonly follow: boolean;
  readonly signal?: AbortSignal;
  readonly onHeard: (node: string, heard: Heard) => void;
  /** After each look, and every two seconds in between. */
  readonly onLook?: (bench: FoundBench) => void;
  readonly onEnded?: (result: NodeResult) => void;
  /** Its log has not been readable for a while, and is asked for again. */
  readonly onSilence?: (node: string, why: string) => void;
  /** Pods of a namespace cannot be watched: they are asked for every two seconds. */
  readonly onUnwatched?: (namespace: string, why: string) => void;
}

const LOOK_MS = 2000;
/** Where it is told what changes. */
const TOLD_LOOK_MS = 20_000;

/** Undefined: nothing of such a bench is in the cluster. */
export const gather = async (gathering: Gathering): Promise<readonly NodeResult[] | undefined> => {
  const stopping = new AbortController();
  const { signal } = gathering;
  const reading = new Map<string, Promise<void>>();
  const watch = gathering.follow
    ? watchPods({ ...gathering, onDenied: (...told) => gathering.onUnwatched?.(...told) })
    : undefined;
  try {
    const until = AbortSignal.any([...(signal === undefined ? [] : [signal]), stopping.signal]);
    return await gatherAll({ ...gathering, signal: until }, reading, watch);
  } finally {
    await watch?.stop();
    // Whoever fails or is interrupted leaves no record half written behind its back.
    stopping.abort();
    await Promise.allSettled(reading.values());
  }
};

const gatherAll = async (
  gathering: Gathering,
  reading: Map<string, Promise<void>>,
  watch: PodsWatch | undefined,
): Promise<readonly NodeResult[] | undefined> => {
  const { clock, follow, signal, onLook, onEnded } = gathering;
  const results = new Map<string, NodeResult>();
  const faults: unknown[] = [];
  const keep = createKeeper(gathering.out);
  let found: FoundBench | undefined;
  const read = async (node: string, pod: string): Promise<void> => {
    try {
      results.set(node, await readNode(gathering, keep(node), node, pod));
    } catch (error) {
      faults.push(error);
    }
  };
  let isDue = true;
  let lookedMs = clock.elapsedMs();
  const pause = async (): Promise<void> => {
    const hasChanged = watch === undefined ? await slept(clock, signal) : await watch.sleep(LOOK_MS, signal);
    const isLate = clock.elapsedMs() - lookedMs >= TOLD_LOOK_MS;
    isDue = hasChanged || isLate || watch?.isTold() !== true;
  };
  for (;;) {
    signal?.throwIfAborted();
    if (isDue) lookedMs = clock.elapsedMs();
    const looked: FoundBench | "gone" | "unanswered" = isDue
      ? await look(gathering)
      : (found ?? "unanswered");
    // The Jobs are gone: somebody has stopped the bench.
    if (looked === "gone" && found === undefined) return undefined;
    if (typeof looked === "object") found = looked;
    if (found === undefined) {
      await pause();
      continue;
    }
    onLook?.(found);
    for (const { name, pod, job } of found.nodes) {
      const state = stateOf(job, pod);
      const podName = pod?.metadata?.name;
      if (podName !== undefined && state.kind !== "starting" && !reading.has(name))
        reading.set(name, read(name, podName));
    }
    const open = found.nodes.filter(({ name }) => !results.has(name));
    const isStopped = looked === "gone";
    const waiting = open.filter(({ name }) => !reading.has(name));
    for (const { name, job, pod, unmade } of waiting) {
      const state = stateOf(job, pod, unmade);
      if (follow && !isStopped && (state.kind === "starting" || state.kind === "running")) continue;
      const result = {
        node: name,
        state: isStopped ? ({ kind: "interrupted", why: "the bench was stopped" } as const) : state,
      };
      results.set(name, result);
      onEnded?.(result);
    }
    if (faults.length > 0) throw faults[0];
    if (found.nodes.every(({ name }) => results.has(name))) break;
    if (!follow && waiting.length === 0) await Promise.all(reading.values());
    else await pause();
  }
  await Promise.all(reading.values());
  if (faults.length > 0) throw faults[0];
  return [...results.values()].toSorted((a, b) => (a.node < b.node ? -1 : 1));
};

/** Whatever may have changed meanwhile. */
const slept = async (clock: Clock, signal: AbortSignal | undefined): Promise<true> => {
  await clock.sleep(LOOK_MS, signal);
  return true;
};

const stateNow = async (gathering: Gathering, node: string): Promise<NodeState> => {
  for (;;) {
    const found = await look(gathering);
    if (found === "unanswered") {
      await gathering.clock.sleep(LOOK_MS, gathering.signal);
      gathering.signal?.throwIfAborted();
      continue;
    }
    const one = found === "gone" ? undefined : found.nodes.find(({ name }) => name === node);
    return one === undefined ? { kind: "interrupted", why: "its Job is gone" } : stateOf(one.job, one.pod);
  }
};

/** A cluster that does not answer for a moment is asked again. */
const look = async ({
  cluster,
  clock,
  namespaces,
  bench,
  signal,
}: Gathering): Promise<FoundBench | "gone" | "unanswered"> => {
  try {
    const [found] = await findBenches(cluster, namespaces, bench);
    return found === undefined || found.nodes.length === 0 ? "gone" : await withReasons(cluster, found);
  } catch (error) {
    if (!isClusterError(error, "unreachable")) throw error;
    await clock.sleep(pauseAfter(error, 0), signal);
    return "unanswered";
  }
};

const readNode = async (gathering: Gathering, kept: Kept, node: string, pod: string): Promise<NodeResult> => {
  const { cluster, clock, namespaces, follow, signal, onHeard, onEnded, onSilence } = gathering;
  const collected = await collect(cluster, {
    namespace: namespaces.nodes,
    pod,
    receiver: kept.receiver,
    follow,
    clock,
    ...(signal === undefined ? {} : { signal }),
    onSilence: (why) => onSilence?.(node, why),
    onHeard: (heard) => {
      kept.hear(heard);
      onHeard(node, heard);
    },
  });
  await kept.end();
  const { done } = collected;
  // The log of a pod that was ended is over before its Job says so.
  if (done === undefined && follow) await clock.sleep(2 * LOOK_MS, signal);
  const state: NodeState =
    done === undefined ? await stateNow(gathering, node) : { kind: "done", exitCode: done.exitCode };
  const result: NodeResult = {
    node,
    state,
    collected,
    ...(collected.lines === 0 && collected.gaps.length === 0 ? {} : { folder: kept.folder }),
  };
  onEnded?.(result);
  return result;
};
