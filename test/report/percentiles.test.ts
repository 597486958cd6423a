import { describe, expect, test } from "vitest";
import type { RecordLine } from "../../src/domain/record.ts";
import { distributionsOf } from "../../src/report/percentiles.ts";
import { buildLines } from "./support/summary-builder.ts";

const AT = { scenario: "file-open", operation: "open", load: "closed", placement: "pinned" } as const;
const AGENTS = ["baseline", "auditd"];

describe("distributions", () => {
  test("pool all trials of an agent: the baseline has two turns a block", () => {
    const found = distributionsOf(buildLines({ operations: 1_000 }), AT, AGENTS, "service");
    expect(found.map(({ agent, trials, operations }) => [agent, trials, operations])).toEqual([
      ["baseline", 4, 4_000],
      ["auditd", 2, 2_000],
    ]);
  });

  test("rise with the percentile, and lie higher under an agent that costs time", () => {
    const [baseline, auditd] = distributionsOf(buildLines(), AT, AGENTS, "service");
    const values = baseline?.percentiles.map((one) => one.ns) ?? [];
    expect(values.length).toBeGreaterThan(10);
    expect(values).toEqual([...values].sort((left, right) => left - right));
    const median = (of: typeof baseline): number | undefined =>
      of?.percentiles.find((one) => one.share === 0.5)?.ns;
    expect(median(auditd)).toBeGreaterThan(median(baseline) ?? Infinity);
  });

  test("end where fewer than 100 operations lie beyond", () => {
    const furthest = (operations: number): number =>
      distributionsOf(buildLines({ operations }), AT, ["auditd"], "service")[0]?.percentiles.at(-1)?.share ??
      0;
    expect(furthest(500)).toBeCloseTo(0.9, 9);
    expect(furthest(5_000)).toBeCloseTo(0.99, 9);
  });

  test("match a percentile that is counted one by one", () => {
    const lines = buildLines({ operations: 1_000 });
    const all = lines
      .flatMap((line) =>
        line.type === "trial" &&
        line.agent === "auditd" &&
        line.scenario === "file-open" &&
        line.load.kind === "closed"
          ? [line]
          : [],
      )
      .flatMap((trial) => (trial.outcome.kind === "measured" ? trial.outcome.driver.operations : []))
      .flatMap((operation) =>
        operation.service.buckets.flatMap(([ns, count]) => Array.from({ length: count }, () => ns)),
      )
      .sort((left, right) => left - right);
    const found = distributionsOf(lines, AT, ["auditd"], "service")[0]?.percentiles.find(
      (one) => one.share === 0.75,
    );
    expect(found?.ns).toBe(all[Math.ceil(all.length * 0.75) - 1]);
  });

  test("of an open load are two: from when an operation was due, and from its start", () => {
    const open = { ...AT, load: "open@500/s" };
    const lines = buildLines().map((line): RecordLine => {
      if (line.outcome.kind !== "measured") return line;
      const operations = line.outcome.driver.operations.map((one) => ({
        ...one,
        response: one.response && {
          ...one.response,
          buckets: one.response.buckets.map(([ns, count]) => [ns + 1_000_000, count] as const),
        },
      }));
      return { ...line, outcome: { ...line.outcome, driver: { ...line.outcome.driver, operations } } };
    });
    const median = (timed: "service" | "response"): number =>
      distributionsOf(lines, open, ["auditd"], timed)[0]?.percentiles.find(({ share }) => share === 0.5)
        ?.ns ?? Number.NaN;
    expect(median("response")).toBe(median("service") + 1_000_000);
    expect(distributionsOf(lines, AT, AGENTS, "response")).toEqual([]);
  });

  test("are absent where the record has no such trial", () => {
    expect(distributionsOf([], AT, AGENTS, "service")).toEqual([]);
    expect(distributionsOf(buildLines(), { ...AT, placement: "free" }, AGENTS, "service")).toEqual([]);
  });
});
