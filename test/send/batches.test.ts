import fc from "fast-check";
import { expect, test } from "vitest";
import { batchesOf, MAX_BATCH_BYTES, MAX_BATCH_ROWS } from "../../src/send/batches.ts";
import type { SentRow } from "../../src/send/sender.ts";

const row = (id: number, table: string, length: number): SentRow => ({
  id: String(id),
  table,
  text: "x".repeat(length),
});

test("batches hold every row once and in order, each of one place and no larger than is taken", () => {
  const rows = fc
    .array(
      fc.tuple(
        fc.constantFrom("runs", "events"),
        fc.integer({ min: 1, max: Math.floor(MAX_BATCH_BYTES / 3) }),
      ),
      {
        maxLength: 20,
      },
    )
    .map((all) => all.map(([table, length], index) => row(index, table, length)));
  fc.assert(
    fc.property(rows, (all) => {
      const batches = batchesOf(all, ({ table }) => table);
      expect(batches.flatMap((batch) => batch.rows)).toEqual(all);
      for (const { place, rows: together } of batches) {
        expect(together.every(({ table }) => table === place)).toBe(true);
        expect(together.reduce((sum, { text }) => sum + text.length + 1, 0)).toBeLessThanOrEqual(
          MAX_BATCH_BYTES,
        );
      }
    }),
  );
});

test("many small rows are cut by their number", () => {
  const all = Array.from({ length: MAX_BATCH_ROWS + 1 }, (_, index) => row(index, "runs", 10));
  expect(batchesOf(all, () => "a").map(({ rows }) => rows.length)).toEqual([MAX_BATCH_ROWS, 1]);
});

test("a row that is larger than a batch goes alone", () => {
  const all = [row(0, "runs", 10), row(1, "runs", 2 * MAX_BATCH_BYTES), row(2, "runs", 10)];
  expect(batchesOf(all, () => "a").map(({ rows }) => rows.length)).toEqual([1, 1, 1]);
});
