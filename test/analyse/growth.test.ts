/** How costs grow with the node: what is put into simulated records comes out, and what does not grow is not called so. */
import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { GrowthRow } from "../../src/domain/growth.ts";
import { BASELINE } from "../../src/domain/plan.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import { pointsOf, type ScalePoint } from "../../src/domain/scale.ts";
import { missing, value } from "../../src/domain/units.ts";
import { renderHtml } from "../../src/report/html.ts";
import { summaryJson } from "../../src/report/json.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { SummaryJson } from "../../src/report/summary-json.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { growthSentence } from "../../src/report/words/growth.ts";
import { buildRecord, CLOSED, type RunSpec, seededNoise } from "./support/record-builder.ts";

const PROCESSES = pointsOf("processes", 2);
const MOST = PROCESSES.at(-1)?.at ?? NaN;

const OPERATIONS = CLOSED.batches * CLOSED.batchOperations;

/** Of an operation and of a start, for each process. */
const GROWS = { operation: 0.2, start: 5000 } as const;

const FIGURES = [
  ["cost", GROWS.operation],
  ["own", GROWS.operation],
  ["start", GROWS.start],
] as const;
const NONE = { value: NaN, low: null, high: null };

/** `grower` pays for each process, `flat` for none; the node itself is slower when it is larger, with any agent and without. */
const recordOf = (change: Partial<RunSpec> = {}, seed = 3): readonly RecordLine[] => {
  const noise = seededNoise(seed);
  const each = (agent: string, kind: keyof typeof GROWS, { at }: ScalePoint): number =>
    agent === "grower" ? GROWS[kind] * at : 0;
  return buildRecord({
    blocks: 8,
    agents: ["flat", "grower"],
    sizes: PROCESSES,
    cpuNs: ({ agent, scale = { axis: "processes", at: 0 } }) =>
      10_000 +
      3 * scale.at +
      (agent === BASELINE ? 0 : 1000) +
      each(agent, "operation", scale) +
      10 * noise(),
    // Else it would be a tenth of what the node did, which is more on a larger one.
    outcome: ({ agent }, usual) =>
      agent === BASELINE ? usual : { ...usual, cpu: { ...usual.cpu, agentNs: value(OPERATIONS * 100) } },
    startCpuNs: (agent, scale) => 90e6 + each(agent, "start", scale) + 1e5 * noise(),
    ...change,
  });
};

const rowsOf = (lines: readonly RecordLine[]): Readonly<Record<string, GrowthRow>> =>
  Object.fromEntries(analyse(lines).growth.map((row) => [row.agent, row]));

describe("an agent whose cost is known to grow", () => {
  const { grower, flat } = rowsOf(recordOf());

  test("is told with what each process costs it, in its operations and its start", () => {
    expect(grower?.steps.map(({ at, blocks }) => [at, blocks])).toEqual([
      [0, 8],
      [500, 8],
      [2000, 8],
    ]);
    for (const [figure, each] of FIGURES) {
      const { difference, known } = grower?.growth[figure] ?? { difference: NONE, known: null };
      expect([figure, known]).toEqual([figure, true]);
      const { value: found, low, high } = difference;
      expect(Math.abs(found / (each * MOST) - 1)).toBeLessThan(0.05);
      expect([(low ?? NaN) < found, found < (high ?? NaN)]).toEqual([true, true]);
    }
    expect(growthSentence(grower as GrowthRow)).toMatch(
      /^grower, .+, with more sleeping processes: what an operation costs grows by \+(?:19|20)\d ns\/op \[.+\] for each 1.000 sleeping processes; what its start costs grows by \+(?:4\.9|5\.0)\d ms \[.+\] for each 1.000 sleeping processes\.$/,
    );
  });

  test("is told apart from one that does not, however much slower the node is when it is larger", () => {
    for (const [figure] of FIGURES) expect([figure, flat?.growth[figure]?.known]).toEqual([figure, false]);
    expect(Math.abs(flat?.growth.cost?.difference.value ?? NaN)).toBeLessThan(30);
    expect(Math.abs((flat?.steps.at(-1)?.cost?.value ?? NaN) - 1000)).toBeLessThan(30);
    expect(growthSentence(flat as GrowthRow)).toContain("what its start costs is not known to grow");
  });
});

test("growth in CPUs is told for each of them, and each size by its number of them", async () => {
  const sizes = pointsOf("cpus", 4);
  const each = 150;
  const noise = seededNoise(5);
  const lines = buildRecord({
    blocks: 8,
    agents: ["grower"],
    sizes,
    cpuNs: ({ agent, scale }) =>
      10_000 + (agent === BASELINE ? 0 : 1000 + each * (scale?.at ?? 0)) + 10 * noise(),
    outcome: ({ agent }, usual) =>
      agent === BASELINE ? usual : { ...usual, cpu: { ...usual.cpu, agentNs: value(OPERATIONS * 100) } },
  });
  const { grower } = rowsOf(lines);
  expect(grower?.steps.map(({ at }) => at)).toEqual([1, 2, 4]);
  const all = grower?.growth.own?.difference.value ?? NaN;
  expect(Math.abs(all / (each * 3) - 1)).toBeLessThan(0.1);
  expect(growthSentence(grower as GrowthRow)).toMatch(
    /^grower, .+, with more CPUs: what an operation costs grows by \+1[45]\d ns\/op \[.+\] for each CPU more;/,
  );
  const page = await renderHtml(analyse(lines));
  for (const text of ["grower, 1 CPU", "grower, 4 CPUs", "for each CPU more"]) expect(page).toContain(text);
});

test("where nothing grows, at most one run in ten says that something does", () => {
  const runs = 40;
  const wrong = Array.from({ length: runs }, (_, seed) =>
    analyse(recordOf({ agents: ["flat", "other"] }, 100 + seed)).growth.some(({ growth }) =>
      Object.values(growth).some((one) => one?.known === true),
    ),
  ).filter(Boolean).length;
  expect(wrong).toBeLessThanOrEqual(runs / 10);
});

test("under four blocks it is told that nothing is known", () => {
  const { grower } = rowsOf(recordOf({ blocks: 3 }));
  expect(grower?.growth.cost).toMatchObject({ known: null, difference: { low: null, high: null } });
  expect(growthSentence(grower as GrowthRow)).toContain("too few blocks");
});

test("what was not read is no figure, and a size that failed is left out", () => {
  const unread = recordOf().map((line): RecordLine =>
    line.type === "turn" && line.outcome.kind === "started"
      ? { ...line, outcome: { ...line.outcome, startCpuNs: missing("no cgroup") } }
      : line,
  );
  expect(rowsOf(unread)["grower"]).toMatchObject({
    growth: { start: null },
    steps: [{ start: null }, {}, {}],
  });
  const failing = recordOf({
    outcome: ({ scale, agent }, usual) =>
      scale?.at === MOST && agent === "grower"
        ? { kind: "failed", stage: "scale", message: "no room", lastLines: [] }
        : usual,
  });
  expect(rowsOf(failing)["grower"]?.steps.map(({ at }) => at)).toEqual([0, 500]);
});

test("a node of several sizes is in no cost, no check and no verdict", () => {
  const view = analyse(recordOf());
  expect([view.estimates, view.ledger, view.verdicts]).toEqual([[], [], []]);
});

test("every report tells of it, and a run at one size says nothing", async () => {
  const view = analyse(recordOf());
  const title = "Does it grow with the node?";
  const each = /for each 1.000 sleeping\s+processes/;
  for (const text of [
    renderTerminal(view, { columns: 80, colour: false }),
    renderMarkdown(view),
    await renderHtml(view),
  ]) {
    expect(text).toContain(title);
    expect(text).toMatch(each);
  }
  expect(SummaryJson.parse(summaryJson(view)).growth).toHaveLength(2);
  expect(renderMarkdown(analyse(buildRecord({ blocks: 4, agents: ["flat"] })))).not.toContain(title);
});
