/** How an agent gets over an overload: when its events came on time again, and its memory back. */
import type { Probe, Recovery } from "../../domain/under-load.ts";
import { offeredRate } from "../../domain/scenario.ts";
import { lostIn } from "./probes.ts";

/** So long it must stay so. */
const STEADY_MS = 1000;
/** Twice the usual delay, and no less than a look at the output takes. */
const MIN_DELAY_MS = 100;
const DELAYS = 2;
/** Of what it was before. */
const MEMORY_CHANGE = 0.05;

type Points = NonNullable<Probe["arrivals"]>;

/** `flood`: the overload; `after`: the load straight behind it, which is watched. */
export const recoveryOf = (flood: Probe, after: Probe): Recovery => {
  const arrivals = after.arrivals ?? [];
  const watchedMs = arrivals.at(-1)?.[0] ?? 0;
  const rate = offeredRate(flood.load) ?? 0;
  return {
    rate,
    seconds: flood.windowNs / 1e9,
    lost: flood.operations === 0 ? 0 : lostIn(flood) / flood.operations,
    steadyMs: steadyFrom(after, arrivals),
    watchedMs,
    ...memoryOf(flood.memory ?? [], after.memory ?? []),
  };
};

/**
 * What is due and not there yet are the events on their way and those lost for good. Once it is no more than the latter and a usual delay's
 * worth, and no less than the latter, nothing is late and nothing is lost any more.
 */
const steadyFrom = (after: Probe, arrivals: Points): number | null => {
  const perMs = (offeredRate(after.load) ?? 0) / 1000;
  const lost = lostIn(after);
  const onTheWay = perMs * Math.max(MIN_DELAY_MS, DELAYS * after.lagMs);
  const endMs = after.windowNs / 1e6;
  const isSteady = ([ms, delivered]: Points[number]): boolean => {
    const open = Math.min(after.operations, perMs * ms) - delivered;
    return open <= lost + onTheWay && open >= lost - onTheWay;
  };
  const watched = arrivals.filter(([ms]) => ms <= endMs);
  const last = watched.findLastIndex((point) => !isSteady(point));
  const since = watched[last + 1]?.[0];
  const until = watched.at(-1)?.[0];
  return since === undefined || until === undefined || until - since < STEADY_MS ? null : Math.max(0, since);
};

const memoryOf = (during: Points, after: Points): Pick<Recovery, "memoryMs" | "memoryBytes"> => {
  const before = during[0]?.[1];
  const last = after.at(-1)?.[1];
  if (before === undefined || last === undefined) return { memoryMs: null, memoryBytes: null };
  const isBack = ([, bytes]: Points[number]): boolean => bytes <= (1 + MEMORY_CHANGE) * before;
  const held = after.findLastIndex((point) => !isBack(point));
  return {
    memoryMs: after[held + 1]?.[0] ?? null,
    memoryBytes: {
      before,
      most: Math.max(...[...during, ...after].map(([, bytes]) => bytes)),
      after: last,
    },
  };
};
