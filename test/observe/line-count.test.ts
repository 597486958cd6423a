import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTally } from "../../src/observe/ledger.ts";
import { createLineCount } from "../../src/observe/line-count.ts";

const LINE = "exe=/d/noop ";
const count = (text: string, operations = 5, warmup = 0) => {
  const tally = createLineCount({ line: LINE, operations, warmup });
  tally.feed(Buffer.from(text));
  return tally.end();
};

describe("an agent that does not tell operations apart", () => {
  it("delivers as many as it has lines for, however often a line repeats the text", () => {
    expect(count(`x ${LINE}\nother\n${LINE} ${LINE}\n`)).toEqual({
      delivered: 2,
      duplicates: 0,
      foreign: 0,
      lines: 3,
      bytes: 47,
    });
  });

  it("leaves out the warm-up, and calls what is more than was done duplicates", () => {
    expect(count(`${LINE}\n`.repeat(9), 5, 3)).toMatchObject({ delivered: 5, duplicates: 1, foreign: 3 });
    expect(count(`${LINE}\n`.repeat(2), 5, 3)).toMatchObject({ delivered: 0, duplicates: 0, foreign: 2 });
  });

  it("counts the same however the bytes are cut", () => {
    const pieces = fc.array(fc.constantFrom(LINE, "exe=/d/noo", "\n", "exe=", " "), { maxLength: 40 });
    fc.assert(
      fc.property(pieces, fc.array(fc.nat(200), { maxLength: 6 }), (parts, cuts) => {
        const bytes = Buffer.from(parts.join(""));
        const tally = createLineCount({ line: LINE, operations: 1000, warmup: 0 });
        let from = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), bytes.length]) {
          tally.feed(bytes.subarray(from, Math.max(from, cut)));
          from = Math.max(from, Math.min(cut, bytes.length));
        }
        const lines = bytes.toString().split("\n");
        expect(tally.end()).toMatchObject({
          delivered: lines.filter((line) => line.includes(LINE)).length,
          lines: lines.filter((line, at) => at < lines.length - 1 || line !== "").length,
          bytes: bytes.length,
        });
      }),
    );
  });

  it("is what a tally of that form does", () => {
    const tally = createTally({
      form: { kind: "count", line: LINE },
      family: "exec",
      trial: "0001",
      operations: 5,
      warmup: 1,
    });
    tally.feed(Buffer.from(`${LINE}\n${LINE}\n`));
    expect(tally.end()).toMatchObject({ delivered: 1, foreign: 1 });
  });

  it.each(["", "a\nb"])("refuses %j as a text", (line) => {
    expect(() => createLineCount({ line, operations: 1, warmup: 0 })).toThrow(/on one line and not empty/);
  });
});
