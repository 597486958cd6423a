/** A forced overflow in a sentence. */
import type { BackpressureNote, BackpressureRow, ForcedOverflow } from "../../domain/backpressure.ts";
import type { Outside } from "../../domain/plan.ts";
import type { Contradiction } from "../../domain/reason.ts";
import { unmeasuredText } from "./failures.ts";
import { count, countRange, counted, figure, percent } from "./figures.ts";

/** What a forced overflow showed, or why it could not be forced. */
export const backpressureText = ({ outside, forced, notForced, notes }: BackpressureRow): string => {
  if (forced === null) return `not forced: ${notForced === null ? "" : unmeasuredText(notForced, "")}`;
  const told = [forcedText(forced, outside), ...grownText(forced), ...notes.map(noteText)].join("; ");
  return outside === null ? told : `with ${outsideText(outside)}, ${told}`;
};

const outsideText = (outside: Outside): string => {
  switch (outside) {
    case "reader-stopped":
      return "nobody reading what it prints";
    case "disk-slow":
      return "its disk slow";
    case "disk-full":
      return "its disk full";
    case "peer-slow":
      return "the other end of its socket slow";
    case "peer-stopped":
      return "the other end of its socket stopped";
  }
};

const MEBIBYTE = 2 ** 20;

/** Less is what any program's memory does. */
export const hasGrown = ({ grownBytes }: ForcedOverflow): boolean =>
  grownBytes !== null && grownBytes >= MEBIBYTE;

const grownText = (forced: ForcedOverflow): readonly string[] =>
  hasGrown(forced) ? [`its memory grew by ${figure((forced.grownBytes ?? 0) / MEBIBYTE)} MiB`] : [];

const noteText = (note: BackpressureNote): string => {
  switch (note.kind) {
    case "partly-blind":
      return `what is missing may be what it does not see by design: ${note.text}`;
    case "undrained":
      return "its output still grew when the wait ended";
  }
};

const forcedText = (forced: ForcedOverflow, outside: Outside | null): string => {
  switch (forced.behaviour) {
    case "keeps-up":
      if (outside !== null) return `kept all of ${counted(forced.operations, "event")}`;
      return `kept all of ${counted(forced.operations, "event")}: its buffers did not overflow, so nothing is known of what happens when they do`;
    case "drops":
      return `drops: ${lossText(forced)}`;
    case "blocks":
      return `blocks: ${stallText(forced, outside)}, and none of ${counted(forced.operations, "event")} was lost`;
    case "blocks-and-drops":
      return `blocks and drops: ${stallText(forced, outside)}, and yet it ${lossText(forced)}`;
  }
};

const stallText = (
  { longestStallMs, stalledShare, continued, stoppedMs }: ForcedOverflow,
  outside: Outside | null,
): string =>
  `the workload stood still for ${figure(longestStallMs)} ms in one operation and for ${percent(stalledShare)} of its time` +
  (continued === "window-over"
    ? ""
    : ` (until ${outside === null ? "its readers were continued" : "that was over"} after ${count(stoppedMs)} ms)`);

const lossText = ({ operations, delivered, declaredLost, silentLost }: ForcedOverflow): string => {
  const of = `lost ${count(operations - delivered)} of ${counted(operations, "event")}`;
  if (declaredLost === null) return `${of} and has no counter that could be read`;
  const declared = countRange(declaredLost);
  if (silentLost === null) return `${of} and declared ${declared}`;
  if (silentLost.low > 0) return `${of}, declared ${declared} and was silent about ${countRange(silentLost)}`;
  return silentLost.high === 0
    ? `${of} and declared them all`
    : `${of} and declared ${declared}: it may be silent about up to ${count(silentLost.high)}`;
};

export const contradictionText = ({ promised, behaviour }: Contradiction): string => {
  switch (promised) {
    case "drops":
      return "its data sheet says that it drops events and makes nothing wait, but the workload stood still";
    case "blocks":
      return behaviour === "drops"
        ? "its data sheet says that it makes the workload wait rather than lose events, but events were lost and nothing waited"
        : "its data sheet says that it makes the workload wait rather than lose events, but events were lost all the same";
    case "none":
      return `its data sheet says that it cannot be overloaded, but it ${behaviour === "drops" ? "lost events" : "made the workload wait"}`;
  }
};
