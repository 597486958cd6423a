/** A watch of the cluster in memory, and what may become of one on its way. */
import type { V1Lease, V1Pod } from "@kubernetes/client-node";
import { type Changed, ClusterError, type Watched, type WatchQuery } from "../../../src/k8s/cluster.ts";
import { nodeMeantBy } from "../../../src/k8s/conductor/view.ts";
import { isMeant } from "./selectors.ts";
import type { Change } from "./store.ts";
import type { World } from "./world.ts";

/**
 * What happens to a client's watches: refused; open and nothing comes, not even bookmarks; bookmarks alone; events of
 * which every other one is lost, that come twice, or out of order; broken off after an event; a version that is always
 * too old.
 */
export const WATCH_LUCKS = [
  "well",
  "denied",
  "silent",
  "mute",
  "lost",
  "twice",
  "shuffled",
  "broken",
  "gone",
] as const;
export type WatchLuck = (typeof WATCH_LUCKS)[number];

export interface Watcher {
  watchLuck: WatchLuck;
  isDead: boolean;
}

const LATENCY_MS = 10;
const BOOKMARK_MS = 60_000;
const ENDED_BY_SERVER_MS = 300_000;

export async function* fakeWatch(
  world: World,
  client: Watcher,
  { resource, namespace, labelSelector }: WatchQuery,
  since: string,
  signal: AbortSignal,
): AsyncGenerator<Watched> {
  const { time } = world;
  const store = resource === "pods" ? world.pods : world.leases;
  const fails = (): ClusterError | undefined => {
    if (world.away.api) return new ClusterError("unreachable", "the connection broke");
    if (client.watchLuck === "denied")
      return new ClusterError("forbidden", `cannot watch resource "${resource}"`);
    if (client.watchLuck === "gone") return new ClusterError("gone", "too old resource version");
    return undefined;
  };
  await time.sleep(LATENCY_MS, signal);
  const failed = fails();
  if (failed !== undefined) throw failed;
  const endMs = time.elapsedMs() + ENDED_BY_SERVER_MS;
  yield { what: "open" };
  let next = firstAfter(store.changes, since);
  while (!signal.aborted && time.elapsedMs() < endMs) {
    await changeOf(store.onChange, () => next < store.changes.length, time, signal);
    if (signal.aborted) return;
    const broken = fails();
    if (broken !== undefined) throw broken;
    const fresh = store.changes.slice(next).filter(({ object: { metadata } }) => {
      return metadata?.namespace === namespace && isMeant(labelSelector, metadata.labels);
    });
    next = store.changes.length;
    const luck = client.isDead ? "silent" : client.watchLuck;
    if (luck === "silent") continue;
    if (fresh.length === 0) yield { what: "bookmark", version: store.changes.at(-1)?.version ?? since };
    for (const change of arriving(fresh, luck)) {
      yield { what: "change", changed: changedOf(change), version: change.version };
      if (luck === "broken") throw new ClusterError("unreachable", "the connection broke");
    }
  }
}

const firstAfter = (changes: readonly Change<unknown>[], since: string): number => {
  const at = changes.findIndex(({ version }) => Number(version) > Number(since));
  return at < 0 ? changes.length : at;
};

const arriving = <T>(fresh: readonly T[], luck: WatchLuck): readonly T[] => {
  switch (luck) {
    case "mute":
      return [];
    case "lost":
      return fresh.filter((_, index) => index % 2 === 1);
    case "twice":
      return fresh.flatMap((one) => [one, one]);
    case "shuffled":
      return fresh.toReversed();
    case "well":
    case "broken":
    case "denied":
    case "silent":
    case "gone":
      return fresh;
  }
};

/** Resolves at the next one, or when a bookmark is due. */
const changeOf = async (
  listeners: Set<() => void>,
  isThere: () => boolean,
  time: World["time"],
  signal: AbortSignal,
): Promise<void> => {
  if (isThere()) return;
  const woken = new AbortController();
  const wake = (): void => {
    woken.abort();
  };
  listeners.add(wake);
  await time.sleep(BOOKMARK_MS, AbortSignal.any([woken.signal, signal]));
  listeners.delete(wake);
  if (woken.signal.aborted) await time.sleep(LATENCY_MS, signal);
};

const changedOf = ({ object, isGone }: Change<V1Pod | V1Lease>): Changed => {
  const of = { name: object.metadata?.name ?? "", labels: object.metadata?.labels ?? {} };
  const { spec } = object;
  if (spec === undefined) return of;
  return "containers" in spec
    ? { ...of, node: spec.nodeName ?? nodeMeantBy({ spec }) }
    : { ...of, holder: isGone ? undefined : (spec as V1Lease["spec"])?.holderIdentity };
};
