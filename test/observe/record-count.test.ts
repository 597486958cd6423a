import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createTally } from "../../src/observe/ledger.ts";
import { createRecordCount } from "../../src/observe/tally.ts";

const bytesOf = (text: string): Uint8Array => Buffer.from(text);

test("a line counts when it holds every text, whatever their order", () => {
  const count = createRecordCount({ holding: ["noop/", "= 0"], operations: 10, warmup: 0 });
  const text = "noop/1 execve() = 0\nnoop/2 execve() ...\nother/3 = 0\n= 0 noop/4\nnoop/5 = 0";
  count.feed(bytesOf(text));
  expect(count.end()).toEqual({ delivered: 2, duplicates: 0, foreign: 0, lines: 5, bytes: text.length });
});

test("of a list in the list one text is enough", () => {
  const count = createRecordCount({ holding: [["noop/", "parent/"], "= 0"], operations: 10, warmup: 0 });
  count.feed(bytesOf("noop/1 = 0\nparent/2 = 0\nparent/3 ...\nnoop/4 parent/4 = 0\nother/5 = 0\n"));
  expect(count.end()).toMatchObject({ delivered: 3, lines: 5 });
});

test("the warm-up comes first and is left out; more than the operations are duplicates", () => {
  const count = createRecordCount({ holding: ["x"], operations: 3, warmup: 2 });
  count.feed(bytesOf("x\n".repeat(7)));
  expect(count.end()).toMatchObject({ delivered: 3, duplicates: 2, foreign: 2 });
});

test("binary records are cut by their length, and may hold line ends", () => {
  const count = createRecordCount({ holding: ["ab"], bytes: 4, operations: 10, warmup: 0 });
  // The second and third record hold the text only together.
  count.feed(bytesOf("ab\n\n__\nab___\nab_ab"));
  expect(count.end()).toMatchObject({ delivered: 2, lines: 5 });
});

test("it does not matter where the output is cut into chunks", () => {
  const text = Array.from(
    { length: 40 },
    (_, at) => `${at % 3 === 0 ? "noop" : "else"} ${at % 2} = 0\n`,
  ).join("");
  fc.assert(
    fc.property(
      fc.array(fc.nat(text.length), { maxLength: 12 }),
      fc.option(fc.integer({ min: 1, max: 30 })),
      (cuts, bytes) => {
        const spec = {
          holding: ["noop", "= 0"],
          operations: 100,
          warmup: 1,
          ...(bytes === null ? {} : { bytes }),
        };
        const whole = createRecordCount(spec);
        whole.feed(bytesOf(text));
        const pieces = createRecordCount(spec);
        const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        for (const [index, from] of at.entries())
          pieces.feed(bytesOf(text.slice(from, at[index + 1] ?? text.length)));
        expect(pieces.end()).toEqual(whole.end());
      },
    ),
  );
});

test("a tally of this form counts records", () => {
  const tally = createTally({
    form: { kind: "records", holding: ["noop"], bytes: 8 },
    tokenIn: "argument",
    trial: "0a51",
    operations: 5,
    warmup: 1,
  });
  tally.feed(bytesOf("noop____noop____"));
  expect(tally.end()).toMatchObject({ delivered: 1, foreign: 1 });
});

test.each([
  [{ holding: [] }, /must hold something/],
  [{ holding: ["a", ""] }, /must hold something/],
  [{ holding: ["a", []] }, /must hold something/],
  [{ holding: ["a", ["b", ""]] }, /must hold something/],
  [{ holding: ["a"], bytes: 0 }, /0 bytes/],
])("a mistake in an agent's file is an error: %j", (spec, message) => {
  expect(() => createRecordCount({ operations: 1, warmup: 0, ...spec })).toThrow(message);
});

test("a line that never ends needs no memory, and one that ends late is one", () => {
  const count = createRecordCount({ holding: ["noop/"], operations: 10, warmup: 0 });
  count.feed(bytesOf("noop/"));
  for (let i = 0; i < 64; i += 1) count.feed(new Uint8Array(1 << 16).fill(0x61));
  count.feed(bytesOf("\nnoop/\n"));
  expect(count.end()).toMatchObject({ delivered: 2, lines: 2 });
});
