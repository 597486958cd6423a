/**
 * Patterns of an agent's file meet whatever an agent says, and one such as (a+)+$ takes for ever on the wrong line. Nothing else would happen
 * meanwhile: no stop, no undo.
 */
import { createContext, Script } from "node:vm";

/** Longer than any that is not stuck, on the slowest machine. */
export const MAX_PATTERN_MS = 2000;

const CALL = new Script("work()");
/** Made once: that takes milliseconds. */
const place: { work?: () => void } = createContext({});

/** False when it was broken off, which V8 does inside of a pattern, too. */
export const inTime = (work: () => void): boolean => {
  try {
    place.work = work;
    CALL.runInContext(place, { timeout: MAX_PATTERN_MS });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return false;
    throw error;
  }
};

export const tooSlow = (source: string): string =>
  `/${source}/ takes over ${MAX_PATTERN_MS / 1000} s on what it said`;
