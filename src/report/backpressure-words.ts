/** Forced overflows in words and columns, the same in every format. */
import type { ForcedOverflow, BackpressureRow, OverloadBehaviour } from "../domain/backpressure.ts";
import { MISSING, formatCount, formatValue } from "./format.ts";

export const OVERFLOW_EXPLAINED =
  "Once for each agent and kind of event, beside the measured load: the processes that read its events are stopped, its buffers are as small as they can be set, and the workload goes on. What overflows must be lost or must wait. None of this is part of any cost.";

export const behaviourTitle = (behaviour: OverloadBehaviour): string => {
  switch (behaviour) {
    case "keeps-up":
      return "keeps up";
    case "drops":
      return "drops";
    case "blocks":
      return "blocks";
    case "blocks-and-drops":
      return "blocks and drops";
  }
};

/** With nothing lost and nothing waiting, the buffers were too large to overflow: nothing is known. */
export const forcedTitle = ({ forced }: BackpressureRow): string => {
  if (forced === null) return "not forced";
  return forced.behaviour === "keeps-up" ? "no overflow" : behaviourTitle(forced.behaviour);
};

export const underLoadTitle = ({ underLoad }: BackpressureRow): string =>
  underLoad === null ? MISSING : behaviourTitle(underLoad.behaviour);

export const promisedTitle = ({ promised }: BackpressureRow): string => promised ?? MISSING;

/** "2,489 of 3,000". */
export const lostText = ({ forced }: BackpressureRow): string =>
  forced === null
    ? MISSING
    : `${formatCount(forced.operations - forced.delivered)} of ${formatCount(forced.operations)}`;

const countText = (forced: ForcedOverflow | null, count: number | null | undefined): string =>
  forced === null || count === null || count === undefined ? MISSING : formatCount(count);

export const declaredText = ({ forced }: BackpressureRow): string => countText(forced, forced?.declaredLost);

/** An agent that declares more than is missing is silent about nothing. */
export const silentText = ({ forced }: BackpressureRow): string =>
  countText(forced, forced === null || forced.silentLost === null ? null : Math.max(0, forced.silentLost));

export const isSilent = ({ forced }: BackpressureRow): boolean => (forced?.silentLost ?? 0) > 0;

export const stallText = ({ forced }: BackpressureRow): string =>
  forced === null ? MISSING : formatValue(forced.longestStallMs * 1e6, "ns");
