/**
 * Whether the instrument is valid on this node: known costs and losses come back, a thing compared with itself differs as seldom as promised,
 * and what the same minutes give when measured naively. With TARE_RECORD=<record of tare calibrate> the first part reads that record.
 */
import { mean, median, sampleVariance } from "simple-statistics";
import { analyse } from "../../src/analyse/analyse.ts";
import { collect } from "../../src/analyse/collect.ts";
import type { BlockSeries, Collected } from "../../src/analyse/collect.ts";
import { effectiveRecord, isMeasured } from "../../src/analyse/effective-record.ts";
import type { MeasuredTrial } from "../../src/analyse/effective-record.ts";
import { binomialQuantile, tQuantile } from "../../src/analyse/distributions.ts";
import { pairBlocks } from "../../src/analyse/pair.ts";
import { createRng, toUnit } from "../../src/domain/random.ts";
import { summarise } from "../../src/analyse/interval.ts";
import { neededFor } from "../../src/cli/commands/calibrate.ts";
import { createContext } from "../../src/cli/context.ts";
import { createScreen } from "../../src/cli/screen.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import type { Calibration } from "../../src/domain/self-checks.ts";
import { renderCalibration } from "../../src/report/calibration.ts";
import { readRecord } from "../../src/record/reader.ts";
import { addedBy, fixedPlan, measuredLines, measuredTrials } from "./measured-lines.ts";
import { type Print, inFolder, recordOf } from "./shared.ts";

const RELABELLED = 400;
const NOTHING = "calibration-nothing";
const SEED = 20_260_101;

export default {
  id: "validity",
  title: "known answers, A/A, and the naive plan beside ours (about 15 minutes without TARE_RECORD)",
  run: async (print: Print): Promise<void> => {
    const lines = await calibrated();
    const view = analyse(lines);
    const wanted = { ns: 500, blocks: (one: Calibration) => neededFor(one, view.run.blocks, 500) };
    print(renderCalibration(view, wanted, screen));
    relabelled(print, lines);
    await naiveBesideOurs(print);
  },
};

/** Of the record that is named, or of a new one by `tare calibrate`. */
const calibrated = async (): Promise<readonly RecordLine[]> => {
  const given = process.env["TARE_RECORD"];
  if (given !== undefined) return (await readRecord(given)).lines;
  const args = ["calibrate", "--time-budget", "10m", "--blocks", "40", "--seed", String(SEED)];
  return await inFolder(async (folder) => (await readRecord(await recordOf(folder, args))).lines);
};

/** Baselines and the agent that starts nothing are the same thing: who plays which part is drawn anew for each contrast and block. */
const relabelled = (print: Print, lines: readonly RecordLine[]): void => {
  const record = effectiveRecord(lines);
  const collected = [...collect(record.trials.filter(isMeasured)).values()];
  const cells = new Map<string, BlockSeries[]>();
  for (const entry of collected.filter(isNothing)) {
    const name = JSON.stringify([entry.key.scenario, entry.key.operation, entry.key.load, entry.metric]);
    cells.set(name, [...(cells.get(name) ?? []), entry.series]);
  }
  const parts = [...cells.values()].filter((series) => series.length === 3);
  const next = createRng(SEED);
  const draw = (bound: number): number => Math.floor(toUnit(next()) * bound);
  let rejections = 0;
  let made = 0;
  for (let contrast = 0; contrast < RELABELLED; contrast++) {
    const series = parts[draw(parts.length)];
    if (series === undefined) continue;
    const treated = new Map<number, number>();
    const references = [new Map<number, number>(), new Map<number, number>()];
    for (const block of record.blocks) {
      const first = draw(3);
      const roles = [treated, ...references];
      for (const [index, role] of roles.entries()) {
        const one = series[(first + index) % 3]?.get(block);
        if (one !== undefined) role.set(block, one);
      }
    }
    const pairs = pairBlocks(treated, references, record.blocks);
    const { interval } = summarise(pairs.differences);
    if (interval.low === null || interval.high === null) continue;
    made++;
    if (interval.low > 0 || interval.high < 0) rejections++;
  }
  const band = [binomialQuantile(0.025, made, 0.05), binomialQuantile(0.975, made, 0.05)];
  print(
    `  A/A: ${rejections} of ${made} relabelled contrasts rejected at 5 % (${((100 * rejections) / made).toFixed(1)} %; binomial band ${band.join(" to ")})`,
  );
};

const COMPARED = ["workload-cpu", "system-cpu", "wall"];
const isNothing = ({ key, baseline, metric }: Collected): boolean =>
  (baseline !== null || key.agent === NOTHING) && COMPARED.includes(metric);

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
