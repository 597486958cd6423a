/** Records as a disk, an editor or somebody else left them. */
import { deepStrictEqual, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { readLines } from "../../../src/record/reader.ts";
import { changeJsonLine } from "../engine/json.ts";
import { refusedLater, type Target } from "../engine/target.ts";

const SHORT = readFileSync(join(import.meta.dirname, "../../record/fixtures/short.jsonl"), "utf8");

const target: Target = {
  found: () => [
    // Each a whole line between two, its seal changed in one character.
    SHORT.replace(/"digest":"(.{64})"\}\n(?=\{"type":"trial")/, '"digest":"$1"]\n'),
    SHORT.replace("\n", "\u000b"),
    "\n".repeat(60_000),
    `${SHORT}${SHORT}`,
  ],
  seeds: () => [SHORT, SHORT.split("\n").slice(0, 3).join("\n")],
  words: [
    ...SHORT.split("\n"),
    '"digest":"',
    ',"digest":"0000000000000000000000000000000000000000000000000000000000000000"}',
    '{"type":"end"',
    '{"type":"resume"',
    '"schema":4',
    "\r\n",
    "\n",
  ],
  change: changeJsonLine,
  run: async (input) => {
    const record = await refusedLater(() => readLines("record.jsonl", { chunks: Readable.from([input]) }));
    if (record === undefined) return;
    ok(record.lines[0]?.type === "header");
    ok(record.whole.bytes <= input.length);
    for (const { line, why } of record.problems) ok(line >= 1 && why.trim() !== "");
    if (record.whole.lines === 0) return;
    // What a resumed run goes on behind is a record without a fault.
    const whole = input.subarray(0, record.whole.bytes);
    const again = await readLines("record.jsonl", { chunks: Readable.from([whole]) });
    deepStrictEqual(again.problems, []);
    deepStrictEqual(again.whole, record.whole);
  },
};
export default target;
