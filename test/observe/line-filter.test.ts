import { expect, test } from "vitest";
import { createLineFilter } from "../../src/observe/line-filter.ts";
import { createTally } from "../../src/observe/ledger.ts";
import { fixture } from "../support/tally-fixture.ts";

const passed = (text: string, beginning: string, piece: number): string => {
  const bytes = Buffer.from(text);
  const out: Buffer[] = [];
  const feed = createLineFilter((chunk) => out.push(Buffer.from(chunk)), beginning);
  for (let at = 0; at < bytes.length; at += piece) feed(bytes.subarray(at, at + piece));
  return Buffer.concat(out).toString();
};

test("lines that begin as asked pass whole, however they are cut, and all others do not", () => {
  const text = '{"a":1}\n{"ab":2}\n\n{"a"\n{\n{"a":{"a":3}}\n x{"a"\n{"a":4';
  for (const piece of [1, 2, 3, 5, 8, 1000])
    expect(passed(text, '{"a"', piece)).toBe('{"a":1}\n{"a"\n{"a":{"a":3}}\n{"a":4');
});

test("an exec that its end tells of as well, as Tetragon 1.7.0 exports it, is no duplicate", () => {
  const tally = createTally({ form: { kind: "text" }, tokenIn: "argument", trial: "0a51", operations: 2 });
  const feed = createLineFilter((chunk) => {
    tally.feed(chunk);
  }, '{"process_exec"');
  feed(Buffer.from(fixture("tetragon-1.7.0.jsonl")));
  expect(tally.end()).toMatchObject({ delivered: 1, duplicates: 0 });
});
