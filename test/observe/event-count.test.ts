/** Events in an output, whichever program caused them: lines, or the first of an event's several. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createEventCount } from "../../src/observe/event-count.ts";

const AUDIT = [
  'type=SYSCALL msg=audit(1.1:1): arch=c000003e key="a"',
  'type=PATH msg=audit(1.1:1): name="type=SYSCALL "',
  "type=PROCTITLE msg=audit(1.1:1): proctitle=00",
  'type=SYSCALL msg=audit(1.2:2): arch=c000003e key="b"',
  "type=CONFIG_CHANGE msg=audit(1.3:3): op=add_rule",
  "",
].join("\n");

const countIn = (text: string, beginning: string | undefined, cuts: readonly number[] = []): number => {
  const count = createEventCount(beginning);
  const bytes = new TextEncoder().encode(text);
  const at = [...cuts, 0, bytes.length].map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b);
  for (const [index, from] of at.entries()) count.feed(bytes.subarray(from, at[index + 1] ?? bytes.length));
  return count.events();
};

test("of several records of an event one counts, and no line that only mentions it", () => {
  expect(countIn(AUDIT, "type=SYSCALL ")).toBe(2);
});

test("without a beginning every line is an event, once it has ended", () => {
  expect(countIn("{}\n{}\n{}", undefined)).toBe(2);
  expect(countIn("", undefined)).toBe(0);
});

test("it does not matter where the bytes are cut", () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), (cuts) => {
      expect(countIn(AUDIT, "type=SYSCALL ", cuts)).toBe(2);
      expect(countIn(AUDIT, undefined, cuts)).toBe(5);
    }),
  );
});
