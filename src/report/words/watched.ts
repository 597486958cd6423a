/** What was seen second by second, in sentences. */
import type { AtRestRow, ChurnRow, Rhythm } from "../../domain/watched.ts";
import { formatCount, formatDuration, formatNumber } from "../format.ts";
import { unmeasuredText } from "./failures.ts";

export const rhythmText = ({ everySeconds, cores }: Rhythm): string =>
  `every ${formatDuration(1000 * everySeconds)}, ${formatNumber(1000 * cores)} mCPU in that second`;

export const backText = (back: ChurnRow["back"], afterSeconds: number): string => {
  if (back === null) return "not known";
  switch (back.kind) {
    case "never-left":
      return "it never rose by more than 5 % or 1 MiB";
    case "back":
      return back.seconds < 1 ? "at once" : `after ${formatDuration(1000 * back.seconds)}`;
    case "not-back":
      return `not within ${formatDuration(1000 * afterSeconds)}`;
  }
};

export const notWatchedText = ({ unmeasured }: Pick<AtRestRow, "unmeasured">): string =>
  unmeasured.map((why) => unmeasuredText(why, "skipped: ")).join("; ");

/** Undefined: it lost nothing by its own counter. */
export const lostText = ({ losses }: Pick<AtRestRow, "losses">): string | undefined => {
  if (losses === undefined) return undefined;
  const { declared, unknown } = losses;
  const parts = [
    ...(declared === 0 ? [] : [`it lost ${formatCount(declared)} by its own counter`]),
    ...unknown.map((why) => `what it lost is not known: ${why}`),
  ];
  return parts.length === 0 ? undefined : parts.join("; ");
};
