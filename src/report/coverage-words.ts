/** What a gap in coverage says in words, the same in every format. */
import type { CoverageGap, PartlySeen } from "../domain/verdict.ts";
import { formatCount } from "./format.ts";
import { conditionsOf } from "./select.ts";

/** "closed, pinned: 1 486 of 2 000 delivered, 514 not attributable". */
const seenIn = (seen: PartlySeen): string => {
  const declared =
    seen.declaredLost === null || seen.declaredLost === 0
      ? ""
      : `, ${formatCount(seen.declaredLost)} declared lost`;
  return `${conditionsOf(seen)}: ${formatCount(seen.delivered)} of ${formatCount(seen.operations)} delivered${declared}, ${formatCount(seen.notAttributable)} not attributable`;
};

/** What of it was seen after all, by load. */
export const seenText = (gap: CoverageGap): string =>
  gap.seen === undefined ? "nothing" : gap.seen.map(seenIn).join("; ");

/** Of an agent whose output nobody could tell beforehand: it may observe and not say so, which is no design. */
const NOT_COUNTED = "not counted: ";

/** "not observed by design: why", with what was delivered where it sees a part. */
export const coverageText = (gap: CoverageGap): string =>
  gap.seen === undefined
    ? gap.why.startsWith(NOT_COUNTED)
      ? gap.why
      : `not observed by design: ${gap.why}`
    : `not every event is observed by design: ${gap.why} (${seenText(gap)})`;
