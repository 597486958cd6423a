/** The kept count of tare's own sensor: whether it is one, and how a new one is held against it. */
import { describe, expect, test } from "vitest";
import { analyse } from "../../../src/analyse/analyse.ts";
import { against, baselineRecord, loadCount, shapeOf } from "../../../src/cli/count/baseline.ts";
import type { Counting } from "../../../src/domain/counting.ts";
import type { Header } from "../../../src/domain/run-header.ts";
import { ARCHITECTURES, FACTS } from "../../../src/machines/guests.ts";
import { countRecord } from "../../count/record.ts";

const countOf = (added: number, changed: Partial<Counting> = {}) => {
  const lines = countRecord(
    [0, 4, -4, 2, -2].map((off) => ({ own: 6000 + off, added: added + off })),
    changed,
  );
  return { header: lines[0] as Header, view: analyse(lines) };
};

describe("a new count", () => {
  test("has risen where an event takes more, beyond the error bar and by more than 1 % of what it took", () => {
    expect(against(countOf(800), countOf(830))).toMatchObject({
      kind: "compared",
      rises: [
        expect.stringMatching(
          /^file-open: instructions 1000 -> 1030 instructions\/op \(\+3\.0 %\)$/,
        ) as unknown,
        expect.stringContaining("workload-instructions") as unknown,
      ],
    });
    expect(against(countOf(830), countOf(800))).toMatchObject({
      rises: [],
      falls: [expect.any(String), expect.any(String)],
    });
  });

  test("has not where it takes less than that", () => {
    expect(against(countOf(800), countOf(803))).toEqual({ kind: "compared", rises: [], falls: [] });
  });

  test("of another emulator, kernel or compiler says nothing of the sources, and what differs is told", () => {
    const other = countOf(900, { qemu: "11.0.0", compilers: "cc 99" });
    expect(against(countOf(800), other)).toEqual({
      kind: "other-tuple",
      differs: ["QEMU: 10.0.2, now 11.0.0", "the compilers: not told, now cc 99"],
    });
  });
});

describe.each(ARCHITECTURES)("the kept count on %s", (architecture) => {
  test("is of enough boots, of every event, by a clock that counted instructions", async () => {
    const kept = await loadCount(baselineRecord(architecture));
    const { header, view } = kept;
    expect(header.host.arch).toBe(FACTS[architecture].uname);
    expect(view.warnings.filter(({ kind }) => kind === "record-problem")).toEqual([]);
    const { operations, seeds } = shapeOf(kept);
    expect(seeds.length).toBeGreaterThanOrEqual(4);
    expect(header.counting?.compilers).toMatch(/clang/);
    const { instructions, slope } = header.counting?.knownLoop ?? { instructions: 0, slope: 0 };
    expect(slope / instructions).toBeCloseTo(1, 4);
    expect(view.counts?.rows.map(({ scenario }) => scenario).toSorted()).toEqual([
      "file-open",
      "network-connect",
      "process-exec",
    ]);
    for (const row of view.counts?.rows ?? []) {
      expect(row.added.low).toBeGreaterThan(0);
      expect(row.phases.silent).not.toBeNull();
      expect(row.parts.programs).toBeGreaterThan(0);
    }
    for (const row of view.ledger) expect(row.delivered).toBe(operations * seeds.length);
  });
});
