/** What may not be judged alone is not judged by comparison. */
import { describe, expect, test } from "vitest";
import { analyse } from "../../../src/analyse/analyse.ts";
import type { Loaded } from "../../../src/analyse/compare/conditions.ts";
import { diffRecords } from "../../../src/analyse/compare/diff.ts";
import type { RecordDiff } from "../../../src/domain/comparison.ts";
import { exitCodeOf } from "../../../src/cli/commands/diff.ts";
import { EXIT } from "../../../src/domain/errors.ts";
import type { Header } from "../../../src/domain/run-header.ts";
import { renderDiffMarkdown, renderDiffTerminal } from "../../../src/report/diff/text.ts";
import { type Made, hardRecord } from "../../report/support/hard-records.ts";
import type { RunSpec } from "../support/record-builder.ts";

const side = (
  agents: Readonly<Record<string, Made>>,
  spec: Partial<RunSpec> = {},
  change: Partial<Header> = {},
): Loaded => {
  const lines = hardRecord(agents, spec).map((line) =>
    line.type === "header" ? { ...line, ...change } : line,
  );
  const [header] = lines;
  if (header?.type !== "header") throw new Error("a record begins with its header");
  return { header, view: analyse(lines) };
};

const diffed = (before: Loaded, after: Loaded): RecordDiff => {
  const result = diffRecords(before, after, 1);
  if (result.kind === "refused") throw new Error("refused");
  return result.diff;
};

const outcomes = ({ changes, losses }: RecordDiff) => ({
  costs: new Set(changes.flatMap(({ outcome }) => outcome ?? [])),
  losses: new Set(losses.map(({ outcome }) => outcome)),
});

const real = side({ sensor: { share: 0.2 } }, { seed: 3 });

test("an emulated record's losses and costs are not worse than a real one's, and nothing exits with 1", () => {
  const diff = diffed(real, side({ sensor: { share: 2, lost: 0.5 } }, { seed: 4, emulated: true }));
  expect(outcomes(diff)).toEqual({ costs: new Set(["open"]), losses: new Set(["open"]) });
  expect(diff.losses[0]?.reason).toEqual({ kind: "obstacle", obstacle: { kind: "emulated", record: "new" } });
  expect(exitCodeOf(diff)).toBe(EXIT.inconclusive);
});

test("records of different methods are not judged against each other", () => {
  const diff = diffed(
    real,
    side({ sensor: { share: 2, lost: 0.5 } }, { seed: 4 }, { method: "tare-2026.1" }),
  );
  expect(outcomes(diff)).toEqual({ costs: new Set(["open"]), losses: new Set(["open"]) });
  expect(exitCodeOf(diff)).toBe(EXIT.inconclusive);
});

test("an agent that sheds is not better for it: its costs are open, its losses worse", () => {
  const diff = diffed(real, side({ sensor: { share: 0.05, lost: 0.6 } }, { seed: 4 }));
  expect(outcomes(diff)).toEqual({ costs: new Set(["open"]), losses: new Set(["worse"]) });
  expect(diff.answers).toEqual([{ agent: "sensor", old: "within", new: "over" }]);
  expect(exitCodeOf(diff)).toBe(EXIT.overBudget);
});

test("costs of an agent that crashed are open", () => {
  const diff = diffed(real, side({ sensor: { share: 0.9, crashesIn: 3 } }, { seed: 4 }));
  expect(outcomes(diff).costs).toEqual(new Set(["open"]));
  expect(diff.changes[0]?.reason).toMatchObject({
    obstacle: { kind: "crashed", record: "new", agent: "sensor" },
  });
});

describe("a diff in text", () => {
  const diff = diffed(
    side({ sensor: { share: 0.2 }, falco: { share: 0.3 } }, { seed: 3 }),
    side({ sensor: { share: 0.2 }, falco: { share: 1.6 } }, { seed: 4 }),
  );
  const told = (all: boolean): readonly string[] => [
    renderDiffTerminal(diff, { columns: 120, colour: false, all }),
    renderDiffMarkdown(diff, { all }),
  ];

  test("begins with what decides, the answers and the metric that decides first", () => {
    for (const text of told(false)) {
      const positions = [
        "falco: within, now over",
        "worse",
        "Node CPU time",
        "without a change",
        "--all lists them",
      ].map((part) => text.indexOf(part, text.indexOf("What changed")));
      expect(positions.every((position, index) => position > (positions[index - 1] ?? -1))).toBe(true);
    }
  });

  test("counts what cannot be told, and lists it where it is asked for", () => {
    for (const text of told(false)) expect(text).not.toMatch(/\bno change\b.*\bsensor\b/);
    for (const text of told(true)) expect(text).toMatch(/\bno change\b.*\bsensor\b/);
  });
});
