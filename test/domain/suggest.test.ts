import { expect, test } from "vitest";
import { suggest } from "../../src/domain/suggest.ts";

const KNOWN = ["sensor", "auditd", "bpftrace", "execsnoop"];

test.each([
  ["auditdd", "auditd"],
  ["AUDITD", "auditd"],
  ["bpftrce", "bpftrace"],
  ["execsnop", "execsnoop"],
])("%s is taken for %s", (word, meant) => {
  expect(suggest(word, KNOWN)).toBe(meant);
});

test("a word that is like none of them suggests nothing", () => {
  expect(suggest("kubernetes", KNOWN)).toBeUndefined();
  expect(suggest("x", [])).toBeUndefined();
});
