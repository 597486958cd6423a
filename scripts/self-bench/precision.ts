/**
 * What a process for each batch is worth, on the same minutes: the record of one run, and the same record with one process of each trial alone, which
 * is what a trial was before. By the same rules, so that only the plan differs. --record FILE: a record of `tare run` or `tare calibrate`; without
 * it, one run as `npm run bench` makes it.
 */
import { median } from "simple-statistics";
import { analyse } from "../../src/analyse/analyse.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import type { TrialOutcome } from "../../src/domain/trial-outcome.ts";
import type { RunView } from "../../src/domain/run-view.ts";
import { DECIDING_METRIC } from "../../src/domain/units.ts";
import { BUSY_NODE } from "../../src/domain/default-budget.ts";
import { readRecord } from "../../src/record/reader.ts";
import { DEFAULT_BUDGETS } from "../../src/plan/budget-file.ts";
import { relabelled } from "./relabelled.ts";
import { type Print, inFolder, recordOf } from "./shared.ts";

const SEED = 20_260_201;
/** Of `npm run bench`. */
const SHORT_SECONDS = 235;
/** Two agents whose costs for an open differ by this are to be told apart. */
const APART_NS = 150;
/** The only cost that is known of a single process: the node's clock is read at the edges of the whole window. */
const PROCESS_METRIC = "workload-cpu";

export default {
  id: "precision",
  title: "what a process for each batch is worth (4 minutes without --record)",
  run: async (print: Print, { record }: { readonly record?: string }): Promise<void> => {
    const lines = await linesOf(record);
    const plans: Plans = {
      one: processesIn(lines).map((process) => viewOf(lines, PROCESS_METRIC, process)),
      all: viewOf(lines, PROCESS_METRIC),
      node: viewOf(lines, DECIDING_METRIC),
    };
    const { blocks, trials } = plans.node.run;
    print(
      `  ${blocks} blocks in ${secondsOf(lines).toFixed(0)} s, ${trials.measured} trials of ${plans.one.length === 0 ? "one process" : `at least ${plans.one.length} processes`}`,
    );
    halfWidths(print, plans);
    decisions(print, plans);
    inTime(print, lines);
    apart(print, plans.node);
    relabelled(print, lines, SEED);
    knownAnswers(print, plans.node);
  },
};

interface Plans {
  /** By the process that was taken of each trial. */
  readonly one: readonly RunView[];
  readonly all: RunView;
  readonly node: RunView;
}

const linesOf = async (given: string | undefined): Promise<readonly RecordLine[]> => {
  if (given !== undefined) return (await readRecord(given)).lines;
  const args = ["run", "--profile", "quick", "--seed", String(SEED), "--allow-foreign"];
  return await inFolder(async (folder) => (await readRecord(await recordOf(folder, args))).lines);
};

/** 0 where one process did all batches, as drivers once did. */
const processesOf = (outcome: TrialOutcome): number =>
  outcome.kind === "measured" && outcome.driver.protocol > 1
    ? (outcome.driver.operations[0]?.batches.length ?? 0)
    : 0;

/** Each that every closed trial of a default check has. */
const processesIn = (lines: readonly RecordLine[]): readonly number[] => {
  const counts = lines.flatMap((line) =>
    line.type === "trial" && isChecked(line.scenario) && line.load.kind === "closed"
      ? [processesOf(line.outcome)]
      : [],
  );
  const told = counts.filter((count) => count > 0);
  return told.length === 0 ? [] : [...Array(Math.min(...told)).keys()];
};

const isChecked = (scenario: string): boolean => Object.hasOwn(BUSY_NODE, scenario);

/** Judged by the default budgets on that metric; with one process of each trial alone, or with all. */
const viewOf = (
  lines: readonly RecordLine[],
  metric: typeof DECIDING_METRIC | typeof PROCESS_METRIC,
  process?: number,
): RunView => {
  const budgets = DEFAULT_BUDGETS.budgets.flatMap((budget) =>
    budget.metric === "loss" ? [] : [{ ...budget, metric }],
  );
  return analyse(
    lines.map((line): RecordLine => {
      if (line.type === "header") return { ...line, plan: { ...line.plan, budgets } };
      if (line.type !== "trial" || line.outcome.kind !== "measured" || process === undefined) return line;
      const { outcome } = line;
      const operations = outcome.driver.operations.map((operation) => ({
        ...operation,
        batches: operation.batches.filter((_, index) => index === process % operation.batches.length),
      }));
      return { ...line, outcome: { ...outcome, driver: { ...outcome.driver, operations } } };
    }),
  );
};

/** Percent of the baseline, for each sensor. */
const widthsOf = (view: RunView, scenario: string, metric: string): readonly number[] => {
  const sensors = new Set(view.agents.flatMap(({ id, role }) => (role === "calibration" ? [] : [id])));
  return view.estimates.flatMap(({ agent, baseline, absolute: { low, high }, ...at }) =>
    at.metric === metric &&
    at.scenario === scenario &&
    at.load === "closed" &&
    sensors.has(agent) &&
    low !== null &&
    high !== null &&
    baseline !== null
      ? [(100 * (high - low)) / 2 / baseline]
      : [],
  );
};

const percent = (widths: readonly number[]): string =>
  widths.length === 0 ? "-" : median([...widths]).toFixed(1);

const row = (cells: readonly string[]): string =>
  `    ${cells.map((cell, index) => (index === 0 ? cell.padEnd(16) : cell.padStart(14))).join("")}`;

const halfWidths = (print: Print, { one, all, node }: Plans): void => {
  print("  half-width of 95 % intervals, percent of the baseline, median over the sensors:");
  print(row(["", "one process", "all processes", "ratio", "node CPU time"]));
  for (const scenario of Object.keys(BUSY_NODE)) {
    const single = one.flatMap((view) => widthsOf(view, scenario, PROCESS_METRIC));
    const every = widthsOf(all, scenario, PROCESS_METRIC);
    const ratio =
      single.length === 0 || every.length === 0 ? "-" : (median([...single]) / median([...every])).toFixed(2);
    const deciding = widthsOf(node, scenario, DECIDING_METRIC);
    print(row([scenario, percent(single), percent(every), ratio, percent(deciding)]));
  }
};

const decidedIn = ({ verdicts }: RunView): number =>
  verdicts.filter(({ kind }) => kind !== "inconclusive" && kind !== "invalid").length;

/** Before, no cost was judged by fewer blocks. */
const OLD_MIN_BLOCKS = 10;

const decisions = (print: Print, { one, all, node }: Plans): void => {
  const checks = node.verdicts.length;
  const single = one.length === 0 ? 0 : median(one.map(decidedIn));
  print(`  of ${checks} checks of cost by the default budgets are decided:`);
  if (node.run.blocks < OLD_MIN_BLOCKS)
    print(`    one process, rules of tare-2026.1: 0, which asked for ${OLD_MIN_BLOCKS} blocks`);
  print(`    workload CPU time, one process: ${single}; all processes: ${decidedIn(all)}`);
  print(`    node CPU time, which decides: ${decidedIn(node)}`);
};

const secondsOf = (lines: readonly RecordLine[]): number =>
  lines.reduce((sum, line) => (line.type === "block" ? sum + line.durationMs / 1000 : sum), 0);

/** What the first minutes of a longer record would have decided. */
const inTime = (print: Print, lines: readonly RecordLine[]): void => {
  const total = secondsOf(lines);
  if (total < 2 * SHORT_SECONDS) return;
  let seconds = 0;
  const short = lines.findIndex((line) => {
    if (line.type === "block") seconds += line.durationMs / 1000;
    return seconds > SHORT_SECONDS;
  });
  const [first, whole] = [lines.slice(0, short), lines].map((part) =>
    decidedIn(viewOf(part, DECIDING_METRIC)),
  );
  if (first === undefined || whole === undefined) return;
  const share = whole === 0 ? "-" : `${((100 * first) / whole).toFixed(0)} %`;
  print(
    `  after ${SHORT_SECONDS} s ${first} of the ${whole} were decided that ${(total / 60).toFixed(0)} minutes decide (${share})`,
  );
};

const apart = (print: Print, { pairs }: RunView): void => {
  const widths = pairs.flatMap(({ scenario, load, difference: { low, high } }) =>
    scenario === "file-open" && load === "closed" && low !== null && high !== null ? [(high - low) / 2] : [],
  );
  if (widths.length === 0) {
    print("  two agents on file-open: no pair with an interval");
    return;
  }
  const told = widths.filter((width) => width < APART_NS).length;
  print(
    `  two agents on file-open: half-width of their difference ${Math.min(...widths).toFixed(0)} ns at best, ` +
      `${median(widths).toFixed(0)} ns at the median; ${APART_NS} ns would be told in ${told} of ${widths.length} pairs`,
  );
};

const knownAnswers = (print: Print, { selfChecks }: RunView): void => {
  for (const { scenario, slope } of selfChecks.calibration) {
    const [low, high] = [slope.low, slope.high].map((end) => end?.toFixed(3) ?? "-");
    print(
      `  known cost, ${scenario}: slope ${slope.value.toFixed(3)} [${low}, ${high}] at ${100 * slope.level} %`,
    );
  }
  const losses = selfChecks.knownLoss;
  const exact = losses.filter((loss) => loss.exact).length;
  if (losses.length > 0) print(`  known loss: exact in ${exact} of ${losses.length}`);
};
