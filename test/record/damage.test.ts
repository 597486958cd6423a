/**
 * Real records, damaged in every way that a disk, an editor or a copy damages them: whatever is whole is read, in the order in which it was
 * written, and the fault is named with its line. No line comes out that was not written.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TareError } from "../../src/domain/errors.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import { METHOD } from "../../src/domain/run-header.ts";
import { type LoadedRecord, type RecordProblem, readLines, readRecord } from "../../src/record/reader.ts";
import { warningText } from "../../src/report/words/warnings.ts";
import { viewOf } from "../../src/session/view.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const EXAMPLES = join(import.meta.dirname, "../../results/examples");
const FIXTURES = join(import.meta.dirname, "fixtures");

const SHORT = readFileSync(join(FIXTURES, "short.jsonl"));
const RECORDS: readonly (readonly [name: string, bytes: Buffer])[] = [
  ["a short one", SHORT],
  ["schema 1", readFileSync(join(EXAMPLES, "record.jsonl"))],
  ["schema 2", gunzipSync(readFileSync(join(FIXTURES, "schema-2.jsonl.gz")))],
  ["schema 3, amd64", readFileSync(join(EXAMPLES, "guests/amd64/record.jsonl"))],
  ["schema 3, arm64", readFileSync(join(EXAMPLES, "guests/arm64/record.jsonl"))],
];

const read = (bytes: Buffer): Promise<LoadedRecord> =>
  readLines("record.jsonl", { chunks: Readable.from([bytes]) });

/** What a person is told instead, where there is no header to read the others by. */
const readOrRefused = async (bytes: Buffer): Promise<LoadedRecord | TareError> => {
  try {
    return await read(bytes);
  } catch (error) {
    if (error instanceof TareError) return error;
    throw error;
  }
};

const linesOf = (bytes: Buffer): readonly string[] => bytes.toString().split(/(?<=\n)/);

interface Known {
  readonly texts: readonly string[];
  readonly lines: readonly RecordLine[];
  /** Of each line. */
  readonly places: ReadonlyMap<string, number>;
}

const known = async (bytes: Buffer): Promise<Known> => {
  const record = await read(bytes);
  expect(record.problems).toEqual([]);
  const places = new Map(record.lines.map((line, index) => [JSON.stringify(line), index]));
  return { texts: linesOf(bytes), lines: record.lines, places };
};

/** Where each line that was read stands in the whole record; -1 for one that was never written. */
const placesOf = (record: LoadedRecord, { places }: Known): readonly number[] =>
  record.lines.map((line) => places.get(JSON.stringify(line)) ?? -1);

const allBut = (count: number, ...gone: readonly number[]): readonly number[] =>
  Array.from({ length: count }, (_, index) => index).filter((index) => !gone.includes(index));

const linesNamed = ({ line, why }: RecordProblem): readonly number[] => {
  const last = Number(/and so up to line (\d+)/.exec(why)?.[1] ?? line);
  return Array.from({ length: last - line + 1 }, (_, index) => line + index);
};

const bytesUpTo = ({ texts }: Known, line: number): number =>
  Buffer.byteLength(texts.slice(0, line).join(""));

/** Cut there, everything before is read, and what is left of a line is named. */
const expectCut = async (bytes: Buffer, whole: Known, at: number): Promise<void> => {
  const cut = bytes.subarray(0, at);
  const record = await readOrRefused(cut);
  const texts = cut.toString().split("\n");
  const rest = texts.at(-1) ?? "";
  const isWhole = rest === "" || rest === whole.texts[texts.length - 1]?.trimEnd();
  const count = rest !== "" && isWhole ? texts.length : texts.length - 1;
  if (count === 0) {
    expect(record).toMatchObject({ kind: "usage", message: expect.stringContaining("is not a tare record") });
    return;
  }
  if (record instanceof TareError) throw record;
  expect(placesOf(record, whole)).toEqual(allBut(count));
  expect(record.problems).toEqual(
    isWhole ? [] : [{ line: count + 1, why: expect.stringContaining("cut off or changed") as string }],
  );
  expect(record.whole).toMatchObject({ lines: count, bytes: isWhole ? at : bytesUpTo(whole, count) });
};

/** Changed there, the line is named, nothing that it says is used, and all others are. */
const expectChanged = async (bytes: Buffer, whole: Known, at: number, to: number): Promise<void> => {
  const changed = Buffer.from(bytes);
  changed[at] = to;
  const record = await readOrRefused(changed);
  const line = bytes.subarray(0, at).toString("latin1").split("\n").length - 1;
  if (record instanceof TareError) {
    expect(line).toBe(0);
    expect(record.message).toMatch(/line 1|first line|record schema|no header/);
    return;
  }
  expect(record.problems.length).toBeGreaterThan(0);
  for (const problem of record.problems) {
    expect([line + 1, line + 2]).toContain(problem.line);
    expect(problem.why).not.toBe("");
  }
  // The header is needed to read the others by, so it is used and doubted.
  const places = placesOf(record, whole);
  expect(line === 0 ? places.slice(1) : places).not.toContain(-1);
  const missing = allBut(whole.lines.length, ...places);
  expect(missing.filter((index) => index !== line && index !== 0)).toEqual([]);
};

/** Tens of thousands of records are read. */
const MINUTES = 900_000;

const everyByte = async (check: (whole: Known, at: number) => Promise<void>): Promise<void> => {
  const whole = await known(SHORT);
  for (let at = 0; at < SHORT.length; at += 1) await check(whole, at);
};

describe("every byte of a short record", () => {
  test(
    "may be where it is cut off",
    async () => {
      const cuts = everyByte((whole, at) => expectCut(SHORT, whole, at));
      await expect(cuts).resolves.toBeUndefined();
    },
    MINUTES,
  );

  test(
    "may be another one",
    async () => {
      const changes = everyByte((whole, at) =>
        expectChanged(SHORT, whole, at, (SHORT[at] ?? 0) ^ (1 << (at % 8))),
      );
      await expect(changes).resolves.toBeUndefined();
    },
    MINUTES,
  );
});

describe.each(RECORDS)("%s", (_, bytes) => {
  const runs = (numRuns: number) => ({ numRuns, seed: 20261129 });
  const place = fc.nat(bytes.length - 1);

  test("cut off anywhere is read up to there", async () => {
    const whole = await known(bytes);
    const cuts = fc.assert(
      fc.asyncProperty(place, (at) => expectCut(bytes, whole, at)),
      runs(40),
    );
    await expect(cuts).resolves.toBeUndefined();
  });

  test("with any byte changed to any other is read but for that line", async () => {
    const whole = await known(bytes);
    const changes = fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), (at, by) =>
        expectChanged(bytes, whole, at, (bytes[at] ?? 0) ^ by),
      ),
      runs(40),
    );
    await expect(changes).resolves.toBeUndefined();
  });

  test("with the end of a line changed loses neither it nor the next", async () => {
    const whole = await known(bytes);
    for (let line = 1; line < Math.min(whole.texts.length, 12); line += 1) {
      const changed = Buffer.from(bytes);
      changed[bytesUpTo(whole, line) - 1] = 0x0b;
      const record = await read(changed);
      expect(placesOf(record, whole)).toEqual(allBut(whole.lines.length));
      expect(record.problems).toEqual([
        { line, why: expect.stringContaining("its end was changed") as string },
      ]);
    }
  });

  test("with its lines in any other order is read in the one in which they were written", async () => {
    const whole = await known(bytes);
    const order = fc.shuffledSubarray([...whole.texts.keys()], { minLength: whole.texts.length });
    await fc.assert(
      fc.asyncProperty(order, async (shuffled) => {
        const record = await read(Buffer.from(shuffled.map((line) => whole.texts[line] ?? "").join("")));
        expect(placesOf(record, whole)).toEqual(allBut(whole.lines.length));
        const isMoved = shuffled.some((line, index) => line !== index);
        expect(record.problems.length > 0).toBe(isMoved);
      }),
      runs(10),
    );
  });

  test("with two lines changed for one another is read as it was written", async () => {
    const whole = await known(bytes);
    const line = fc.nat(whole.texts.length - 1);
    await fc.assert(
      fc.asyncProperty(line, line, async (one, other) => {
        const texts = [...whole.texts];
        [texts[one], texts[other]] = [texts[other] ?? "", texts[one] ?? ""];
        const record = await read(Buffer.from(texts.join("")));
        expect(placesOf(record, whole)).toEqual(allBut(texts.length));
        expect(record.problems.length > 0).toBe(one !== other);
        for (const problem of record.problems) expect(problem.why).toContain("used there");
      }),
      runs(15),
    );
  });

  test("without some lines is read but for those and the ones behind them, which are named", async () => {
    const whole = await known(bytes);
    const gone = fc.uniqueArray(fc.integer({ min: 1, max: whole.texts.length - 2 }), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(gone, async (lines) => {
        const left = allBut(whole.texts.length, ...lines);
        const record = await read(Buffer.from(left.map((line) => whole.texts[line] ?? "").join("")));
        const behind = left.flatMap((line, index) =>
          lines.includes(line - 1) ? [{ line, number: index + 1 }] : [],
        );
        expect(placesOf(record, whole)).toEqual(
          left.filter((line) => !behind.some((one) => one.line === line)),
        );
        expect(record.problems.flatMap(linesNamed)).toEqual(behind.map(({ number }) => number));
        for (const { why } of record.problems) expect(why).toContain("digest does not match");
      }),
      runs(15),
    );
  });

  test("with lines doubled is read once, and the second of each is named", async () => {
    const whole = await known(bytes);
    const doubled = fc.uniqueArray(fc.nat(whole.texts.length - 1), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(doubled, fc.boolean(), async (lines, atTheEnd) => {
        const again = lines.map((line) => whole.texts[line] ?? "");
        const texts = atTheEnd
          ? [...whole.texts, ...again]
          : whole.texts.flatMap((text, line) => (lines.includes(line) ? [text, text] : [text]));
        const record = await read(Buffer.from(texts.join("")));
        expect(placesOf(record, whole)).toEqual(allBut(whole.lines.length));
        expect(record.problems.length).toBeGreaterThan(0);
        for (const problem of record.problems) expect(problem.why).toMatch(/^not used: the same as line \d+/);
      }),
      runs(15),
    );
  });

  test("with lines of another run among its own has none of them in it, and they are named", async () => {
    const whole = await known(bytes);
    const [, foreign] = RECORDS[bytes === RECORDS[1]?.[1] ? 2 : 1] ?? ["", bytes];
    const others = linesOf(foreign).slice(0, 18);
    const mixed = fc.record({
      at: fc.integer({ min: 1, max: whole.texts.length }),
      from: fc.nat(others.length - 1),
      count: fc.integer({ min: 1, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(mixed, async ({ at, from, count }) => {
        const some = others.slice(from, from + count);
        const texts = [...whole.texts.slice(0, at), ...some, ...whole.texts.slice(at)];
        const record = await read(Buffer.from(texts.join("")));
        expect(placesOf(record, whole)).toEqual(allBut(whole.lines.length));
        expect(record.problems[0]).toMatchObject({
          line: at + 1,
          why: expect.stringMatching(/^not used: /) as string,
        });
      }),
      runs(15),
    );
  });

  test("cut off and with lines of another run behind it has none of them in it", async () => {
    const whole = await known(bytes);
    const [, foreign] = RECORDS[bytes === RECORDS[1]?.[1] ? 2 : 1] ?? ["", bytes];
    const others = linesOf(foreign).slice(1, 18);
    const count = Math.min(4, whole.texts.length - 1);
    const record = await read(Buffer.from([...whole.texts.slice(0, count), ...others].join("")));
    expect(placesOf(record, whole)).toEqual(allBut(count));
    expect(record.problems[0]).toMatchObject({ line: count + 1 });
  });

  test("damaged in several ways at once yields what was written only, and can be analysed", async () => {
    const whole = await known(bytes);
    const damage = fc.array(
      fc.record({
        kind: fc.constantFrom("flip", "drop", "double", "swap", "cut"),
        at: fc.nat(),
        by: fc.integer({ min: 1, max: 255 }),
      }),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(damage, async (damages) => {
        let damaged = bytes;
        for (const { kind, at, by } of damages) damaged = harmed(damaged, kind, at, by);
        const record = await readOrRefused(damaged);
        if (record instanceof TareError) return;
        const places = placesOf(record, whole);
        const doubtful = record.problems.some(({ why }) => why.includes("the header was changed"));
        expect(doubtful ? places.slice(1) : places).not.toContain(-1);
        expect(places.slice(1)).toEqual(places.slice(1).toSorted((a, b) => a - b));
        const { warnings } = viewOf(record);
        expect(warnings.filter(({ kind }) => kind === "record-problem")).toHaveLength(record.problems.length);
      }),
      runs(8),
    );
  });
});

const harmed = (bytes: Buffer, kind: string, at: number, by: number): Buffer => {
  if (kind === "cut") return bytes.subarray(0, Math.max(1, bytes.length - (at % (bytes.length >> 1 || 1))));
  if (kind === "flip") {
    const changed = Buffer.from(bytes);
    const where = at % Math.max(1, changed.length);
    changed[where] = (changed[where] ?? 0) ^ by;
    return changed;
  }
  const texts = bytes.toString("latin1").split(/(?<=\n)/);
  const [line, other] = [at % texts.length, by % texts.length];
  if (kind === "drop") texts.splice(line, 1);
  else if (kind === "double") texts.splice(other, 0, texts[line] ?? "");
  else [texts[line], texts[other]] = [texts[other] ?? "", texts[line] ?? ""];
  return Buffer.from(texts.join(""), "latin1");
};

describe("an older schema", () => {
  test.each(RECORDS.slice(1, 3))(
    "is read, and is said to be judged by the rules of then: %s",
    async (_, bytes) => {
      const record = await read(bytes);
      expect(record.problems).toEqual([]);
      const { warnings } = viewOf(record);
      expect(warnings).toContainEqual({ kind: "older-method", method: "tare-2026.1", current: METHOD });
      expect(warnings.map(warningText).join("\n")).toContain("made by an older method (tare-2026.1");
      expect(warnings.map(warningText).join("\n")).toContain("judged by its rules");
    },
  );
});

describe("a compressed record", () => {
  const path = join(FIXTURES, "schema-2.jsonl.gz");
  const folder = temporaryFolder();

  test("is read whole", async () => {
    const whole = await known(gunzipSync(readFileSync(path)));
    const record = await readRecord(path);
    expect(record.problems).toEqual([]);
    expect(placesOf(record, whole)).toEqual(allBut(whole.lines.length));
  });

  test.each([
    ["cut off", (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1), /unexpected end of file/],
    ["cut off in its last bytes", (bytes: Buffer) => bytes.subarray(0, -3), /unexpected end of file/],
    ["changed", (bytes: Buffer) => Buffer.from(bytes).fill(0xff, 40_000, 40_008), /.+/],
  ])("that was %s is read up to there, and the reason is told", async (name, damage, expected) => {
    const damaged = join(folder, `${name}.jsonl.gz`);
    writeFileSync(damaged, damage(readFileSync(path)));
    const whole = await known(gunzipSync(readFileSync(path)));
    const record = await readRecord(damaged);
    expect(placesOf(record, whole)).toEqual(allBut(record.lines.length));
    expect(record.lines.length).toBeGreaterThan(5);
    expect(record.problems.map(({ why }) => why).join()).toMatch(expected);
    expect(record.problems.map(({ why }) => why).join()).toContain("the file ends here or is damaged: ");
  });
});
