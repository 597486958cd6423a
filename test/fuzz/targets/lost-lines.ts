/** What programs say of events that they lost, cut anywhere. */
import { deepStrictEqual, ok } from "node:assert/strict";
import { LineCounts } from "../../../src/agents/shared/lost-lines.ts";
import { cutAnywhere, type Target } from "../engine/target.ts";

const PATTERNS = [/^Lost (\d+) events/, /dropped/, /(\d+)? of \d+ lost/];

const counted = (pattern: RegExp, pieces: readonly Uint8Array[]): LineCounts => {
  const counts = new LineCounts(pattern);
  for (const piece of pieces) counts.feed(Buffer.from(piece).toString("latin1"));
  counts.end();
  return counts;
};

const target: Target = {
  found: () => [`${"1".repeat(65_000)}\n`, "1".repeat(65_000)],
  seeds: () => ["Lost 5 events\nLost 7 events on CPU 1\ndropped\n3 of 9 lost\n of 9 lost\n"],
  words: ["Lost ", " events", "dropped", " of 1 lost", "\n", "\r"],
  run: (input) => {
    for (const pattern of PATTERNS) {
      const [whole, pieces] = [counted(pattern, [input]), counted(pattern, cutAnywhere(input))];
      deepStrictEqual(pieces.sum, whole.sum);
      deepStrictEqual(pieces.last, whole.last);
      ok(whole.sum.kind === "missing" || whole.sum.value >= 0);
    }
  },
};
export default target;
