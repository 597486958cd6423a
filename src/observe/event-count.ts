/** Counts the events in an agent's output, whatever they tell of: lines, or those of several lines an event that begin as its one line does. */
import { createLineFilter } from "./line-filter.ts";

const LINE_END = 0x0a;

export interface EventCount {
  /** The next bytes, cut anywhere. */
  readonly feed: (chunk: Uint8Array) => void;
  readonly events: () => number;
}

/** An event whose line has not ended is not counted yet. */
export const createEventCount = (beginning: string | undefined): EventCount => {
  let ended = 0;
  const count = (chunk: Uint8Array): void => {
    for (let at = chunk.indexOf(LINE_END); at >= 0; at = chunk.indexOf(LINE_END, at + 1)) ended += 1;
  };
  return {
    feed: beginning === undefined ? count : createLineFilter(count, beginning),
    events: () => ended,
  };
};
