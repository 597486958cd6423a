/**
 * Whether the instrument is valid on this node: known costs and losses come back, a thing compared with itself differs as seldom as promised,
 * and what the same minutes give when measured naively. With --record the first part reads that record of `tare calibrate`.
 */
import { mean, median, sampleVariance } from "simple-statistics";
import { analyse } from "../../src/analyse/analyse.ts";
import type { MeasuredTrial } from "../../src/analyse/effective-record.ts";
import { tQuantile } from "../../src/analyse/distributions.ts";
import { summarise } from "../../src/analyse/interval.ts";
import { neededFor } from "../../src/cli/commands/calibrate.ts";
import { createContext } from "../../src/cli/context.ts";
import { createScreen } from "../../src/cli/screen.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import type { Calibration } from "../../src/domain/self-checks.ts";
import { renderCalibration } from "../../src/report/calibration.ts";
import { readRecord } from "../../src/record/reader.ts";
import { relabelled } from "./relabelled.ts";
import { addedBy, fixedPlan, measuredLines, measuredTrials } from "./measured-lines.ts";
import { type Print, inFolder, recordOf } from "./shared.ts";

const NOTHING = "calibration-nothing";
const SEED = 20_260_101;

export default {
  id: "validity",
  title: "known answers, A/A, and the naive plan beside ours (about 15 minutes without --record)",
  run: async (print: Print, { record }: { readonly record?: string }): Promise<void> => {
    const lines = await calibrated(record);
    const view = analyse(lines);
    const wanted = { ns: 500, blocks: (one: Calibration) => neededFor(one, view.run.blocks, 500) };
    print(renderCalibration(view, wanted, screen));
    relabelled(print, lines, SEED);
    await naiveBesideOurs(print);
  },
};

/** Of the record that is named, or of a new one by `tare calibrate`. */
const calibrated = async (given: string | undefined): Promise<readonly RecordLine[]> => {
  if (given !== undefined) return (await readRecord(given)).lines;
  const args = ["calibrate", "--time-budget", "10m", "--blocks", "40", "--seed", String(SEED)];
  return await inFolder(async (folder) => (await readRecord(await recordOf(folder, args))).lines);
};

const REPEATS = 6;
const BLOCKS = 12;

/** The same number of trials of the same two identical things: ours in blocks, and naively, all of one and then all of the other. */
const naiveBesideOurs = async (print: Print): Promise<void> => {
  const outcomes = { ours: [] as Outcome[], naive: [] as Outcome[] };
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const plan = await abPlan(SEED + repeat);
    outcomes.ours.push(paired(await measured(plan)));
    outcomes.naive.push(welch(await measured(inNaiveOrder(plan))));
  }
  print(
    `  two identical things on file-open, ${REPEATS} runs of ${3 * BLOCKS} trials each way, workload CPU:`,
  );
  for (const [name, all] of Object.entries(outcomes)) {
    const wrong = all.filter(({ low, high }) => low > 0 || high < 0).length;
    const width = median(all.map(({ low, high }) => (high - low) / 2));
    const error = median(all.map(({ value }) => Math.abs(value)));
    const what = name === "ours" ? "blocks, paired" : "all A, then all B, Welch over batches";
    print(
      `    ${what.padEnd(40)} difference found where there is none: ${wrong} of ${all.length}; ` +
        `median half-width ${width.toFixed(0)} ns/op, median error ${error.toFixed(0)} ns/op`,
    );
  }
};

interface Outcome {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const screen = createScreen();
const context = createContext(screen);

const abPlan = async (seed: number): Promise<Plan> => {
  const [agents, scenarios] = [await context.agents(), await context.scenarios()];
  const nothing = agents.get(NOTHING);
  const open = scenarios.get("file-open");
  if (nothing === undefined || open === undefined) throw new Error(`${NOTHING} or file-open is missing`);
  return fixedPlan({
    seed,
    agents: [nothing],
    scenarios: [open],
    blocks: BLOCKS,
    timeBudgetSeconds: undefined,
  });
};

const inNaiveOrder = (plan: Plan): Plan => {
  const turns = plan.blocks.flatMap((block) => block.turns);
  const sorted = [
    ...turns.filter(({ agent }) => agent !== NOTHING),
    ...turns.filter(({ agent }) => agent === NOTHING),
  ];
  return { ...plan, blocks: [{ index: 0, turns: sorted }] };
};

const measured = async (plan: Plan): Promise<readonly MeasuredTrial[]> =>
  measuredTrials(await measuredLines(context, plan, await context.agents(), await context.scenarios()));

const paired = (trials: readonly MeasuredTrial[]): Outcome => {
  const at = { agent: NOTHING, scenario: "file-open", metric: "workload-cpu" } as const;
  const { differences } = addedBy(trials, at, [...Array(BLOCKS).keys()]);
  const { interval } = summarise(differences);
  return { value: interval.value, low: interval.low ?? NaN, high: interval.high ?? NaN };
};

const welch = (trials: readonly MeasuredTrial[]): Outcome => {
  const batches = (agent: string): number[] =>
    trials
      .filter((trial) => trial.agent === agent)
      .flatMap(({ outcome }) => outcome.driver.operations.flatMap(({ batches }) => batches))
      .map(({ cpuNs, operations }) => cpuNs / operations);
  const [a, b] = [batches("baseline"), batches(NOTHING)];
  const [va, vb] = [sampleVariance(a) / a.length, sampleVariance(b) / b.length];
  const degrees = (va + vb) ** 2 / (va ** 2 / (a.length - 1) + vb ** 2 / (b.length - 1));
  const value = mean(b) - mean(a);
  const half = tQuantile(0.975, degrees) * Math.sqrt(va + vb);
  return { value, low: value - half, high: value + half };
};
