/** A record that arrives line by line, cut and out of order, is on disk as it was written. */
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createArrival } from "../../src/record/arrival.ts";
import { CHAIN_START, seal } from "../../src/record/chain.ts";
import { readRecord } from "../../src/record/reader.ts";
import { receiveRecord } from "../../src/record/receive.ts";
import { blockLine, HEADER } from "../support/record-lines.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

const linesOf = (count: number, header = HEADER): readonly string[] => {
  let digest = CHAIN_START;
  return [header, ...Array.from({ length: count - 1 }, (_, block) => blockLine(block))].map((line) => {
    const sealed = seal(digest, line);
    digest = sealed.digest;
    return sealed.text;
  });
};
const LINES = linesOf(6);
const TEXT = `${LINES.join("\n")}\n`;

test("lines in any order, each as often as it likes, are taken once and in theirs", () => {
  const all = LINES.map((_, index) => index);
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...all)),
      fc.shuffledSubarray(all, { minLength: all.length }),
      (some, rest) => {
        const arrival = createArrival();
        const taken = [...some, ...rest].flatMap((index) => {
          const arrived = arrival.take(index, LINES[index] ?? "");
          return arrived.kind === "taken" ? arrived.texts : [];
        });
        expect(taken).toEqual(LINES);
        expect(arrival.waiting()).toEqual([]);
      },
    ),
  );
});

test("a line that is cut, changed, or of another record is none", () => {
  const arrival = createArrival();
  const [first = "", second = "", third = ""] = LINES;
  expect(arrival.take(0, first.slice(0, -5))).toMatchObject({
    kind: "broken",
    why: "line 1 is cut off or changed",
  });
  expect(arrival.take(0, first).kind).toBe("taken");
  expect(arrival.take(1, third)).toMatchObject({
    kind: "broken",
    why: "line 2 does not follow the one before it",
  });
  expect(arrival.take(1, second.replace('"block":0', '"block":9')).kind).toBe("broken");
  expect(arrival.take(1, second).kind).toBe("taken");
  expect(arrival.take(0, linesOf(1, { ...HEADER, run: "another" })[0] ?? "").kind).toBe("other");
  expect(arrival.lines()).toBe(2);
});

test("what arrives is the file that was written, and a later receiver goes on with it", async () => {
  const path = join(folder, "again/record.jsonl");
  const first = await receiveRecord(path);
  for (const index of [0, 1, 2]) await first.take(index, LINES[index] ?? "");
  expect(await first.close()).toEqual([]);
  // Ended while it wrote.
  appendFileSync(path, (LINES[3] ?? "").slice(0, 20));
  const second = await receiveRecord(path);
  expect(second.lines()).toBe(3);
  for (const [index, text] of LINES.entries()) await second.take(index, text);
  expect(await second.close()).toEqual([]);
  expect(readFileSync(path, "utf8")).toBe(TEXT);
  expect(readFileSync(`${path}.rest`, "utf8")).toBe((LINES[3] ?? "").slice(0, 20));
  expect((await readRecord(path)).problems).toEqual([]);
});

test("a line whose end alone was not written yet comes again", async () => {
  const path = join(folder, "end/record.jsonl");
  const first = await receiveRecord(path);
  await first.take(0, LINES[0] ?? "");
  await first.close();
  appendFileSync(path, LINES[1] ?? "");
  const second = await receiveRecord(path);
  expect(second.lines()).toBe(1);
  for (const [index, text] of LINES.entries()) await second.take(index, text);
  await second.close();
  expect(readFileSync(path, "utf8")).toBe(TEXT);
});

test("lines behind a gap are kept, and the gap is told", async () => {
  const path = join(folder, "gap/record.jsonl");
  const receiver = await receiveRecord(path);
  for (const index of [0, 1, 4, 5]) await receiver.take(index, LINES[index] ?? "");
  expect(receiver.early()).toBe(2);
  expect(await receiver.close()).toEqual([{ first: 3, last: 4 }]);
  const record = await readRecord(path);
  expect(record.whole.lines).toBe(2);
  expect(record.problems.length).toBeGreaterThan(0);
  expect(readFileSync(path, "utf8").trim().split("\n")).toEqual([0, 1, 4, 5].map((index) => LINES[index]));
});

test("a record of another run is not written over", async () => {
  const path = join(folder, "other/record.jsonl");
  const receiver = await receiveRecord(path);
  await receiver.take(0, LINES[0] ?? "");
  await receiver.close();
  const again = await receiveRecord(path);
  await expect(again.take(0, linesOf(1, { ...HEADER, run: "another" })[0] ?? "")).rejects.toThrow(
    /is of another run/,
  );
  await again.close();
});
