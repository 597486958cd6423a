/** The search for the knee, on agents whose knee is known: how far off it is, and how often its interval holds the truth. */
import { median } from "simple-statistics";
import { describe, expect, test } from "vitest";
import { kneeOfStart, kneeOfStarts } from "../../../src/analyse/load/knee-search.ts";
import type { Knee } from "../../../src/domain/under-load.ts";
import {
  blocking,
  bursty,
  chanceOf,
  collapsing,
  FASTEST,
  gentle,
  sharp,
  startOf,
  type Truth,
} from "./simulated-agent.ts";

const RUNS = 12;
const LEAST = 3000;
const MOST = 15_000;

interface Outcome {
  /** In percent, by run. */
  readonly errors: readonly number[];
  /** Runs whose interval holds the truth. */
  readonly held: number;
}

const outcomeOf = (truthOf: (knee: number) => Truth, runs: number, starts: number): Outcome => {
  const errors: number[] = [];
  let held = 0;
  for (let run = 0; run < runs; run++) {
    const truth = truthOf(LEAST * (MOST / LEAST) ** chanceOf(1000 + run).unit());
    const knee = kneeOfStarts(
      Array.from({ length: starts }, (_, start) => startOf(truth, 10 * run + start)).flatMap(
        (one) => one.knee ?? [],
      ),
    );
    if (knee === undefined || knee.value === null) continue;
    errors.push(100 * Math.abs(Math.log(knee.value / truth.knee)));
    if (knee.low <= truth.knee && truth.knee <= (knee.high ?? Infinity)) held++;
  }
  return { errors, held };
};

// Wider than what was seen with these seeds. A method that looks at what is lost alone is off by 12 % and more where there is a service rate.
describe("one start of a minute finds the knee of an agent", () => {
  test.each([
    ["with a service rate", sharp, 3],
    ["that loses some at any rate", gentle, 4],
    ["that collapses", collapsing, 4],
    ["that makes the workload wait", blocking, 3],
  ] as const)("%s", (_, truthOf, percent) => {
    const { errors, held } = outcomeOf(truthOf, RUNS, 1);
    expect(errors).toHaveLength(RUNS);
    expect(median([...errors])).toBeLessThan(percent);
    expect(held).toBeGreaterThanOrEqual(RUNS - 2);
  });

  test("and three that of one that loses in bursts seconds apart, as far as so few of them tell", () => {
    const { errors, held } = outcomeOf(bursty, 8, 3);
    expect(errors.length).toBeGreaterThanOrEqual(7);
    expect(median([...errors])).toBeLessThan(50);
    expect(held).toBeGreaterThanOrEqual(6);
  });

  test("whose buffer would hide it: what only comes late is not sustained", () => {
    const truth = sharp(10_000);
    const { probes } = startOf(truth, 3);
    const blind = probes.map((probe) => ({ ...probe, late: 0 }));
    const seen = kneeOfStart(probes, "drops")?.value ?? 0;
    expect(Math.abs(Math.log(seen / truth.knee))).toBeLessThan(0.05);
    expect(kneeOfStart(blind, "drops")?.value ?? 0).toBeGreaterThan(seen);
  });
});

test("a knee beyond what the workload can do is no number", () => {
  const { knee } = startOf(sharp(10 * FASTEST), 1);
  expect(knee).toMatchObject({ value: null, high: null });
  expect(knee?.low).toBeGreaterThan(0.5 * FASTEST);
  expect(knee?.low).toBeLessThanOrEqual(FASTEST);
});

test("the same probes give the same knee again, as they stand in a record", () => {
  const { knee, probes } = startOf(bursty(8000), 5);
  const read = JSON.parse(JSON.stringify(probes)) as typeof probes;
  expect(kneeOfStart(read, "drops")).toEqual(knee);
});

test("the search asks for longer probes as it knows more, and never for more than the workload can do", () => {
  const { probes } = startOf(sharp(20_000), 2);
  const searched = probes.flatMap(({ kind, load, operations }) =>
    kind === "search" && load.kind === "open" ? [{ rate: load.ratePerSecond, operations }] : [],
  );
  expect(searched.length).toBeGreaterThanOrEqual(8);
  const seconds = searched.map(({ rate, operations }) => Math.round(operations / rate));
  expect(seconds[0]).toBe(3);
  expect(Math.max(...seconds)).toBe(8);
  for (const { rate } of searched) expect(rate).toBeLessThanOrEqual(FASTEST);
});

test("without an overload before it there is nothing to look between, and no knee", () => {
  const { probes } = startOf(sharp(20_000), 2);
  expect(
    kneeOfStart(
      probes.filter(({ kind }) => kind !== "overload"),
      "drops",
    ),
  ).toBeUndefined();
  expect(kneeOfStart([], "drops")).toBeUndefined();
});

describe("over starts", () => {
  const knee = (value: number | null, low: number, high: number | null): Knee => ({ value, low, high });

  test("the knee is their median, and its interval all that theirs span", () => {
    expect(kneeOfStarts([knee(10, 9, 12), knee(11, 10, 13), knee(20, 8, 30)])).toEqual(knee(11, 8, 30));
  });

  test("one that did not reach it leaves the upper end open", () => {
    expect(kneeOfStarts([knee(10, 9, 12), knee(11, 10, 13), knee(null, 12, null)])).toEqual(
      knee(11, 9, null),
    );
  });

  test("most that did not reach it make it no number", () => {
    expect(kneeOfStarts([knee(10, 9, 12), knee(null, 11, null), knee(null, 12, null)])).toEqual(
      knee(null, 11, null),
    );
    expect(kneeOfStarts([knee(10, 9, 12), knee(null, 11, null)])).toEqual(knee(null, 10, null));
  });

  test("there is none without starts", () => {
    expect(kneeOfStarts([])).toBeUndefined();
  });
});
