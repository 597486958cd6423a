/**
 * What the spread of workload CPU time consists of, so that the time of a run can go where the spread is (Kalibera and Jones 2013).
 *
 *     process / mean of its agent = 1 + block + turn + process
 *
 * by analysis of variance over the blocks in which every agent of the group ran: processes within turns, turns beside each other within
 * blocks, blocks. The two baselines of a block are two turns of one thing.
 */
import { mean } from "simple-statistics";
import { type Comparable, comparableOf, keyOf } from "../domain/condition.ts";
import type { VarianceComponents } from "../domain/components.ts";
import { BASELINE } from "../domain/plan.ts";
import { isCalibration } from "../domain/run-header.ts";
import { loadName } from "../domain/scenario.ts";
import { type EffectiveRecord, type MeasuredTrial, isMeasured } from "./effective-record.ts";
import { chiSquareQuantile, fQuantile } from "./distributions.ts";
import { LEVEL } from "./interval.ts";
import { total } from "./ledger.ts";

const METRIC = "workload-cpu";
const TAIL = (1 - LEVEL) / 2;

/** In the order of the trials, the baseline before the sensors. Calibration agents burn time on purpose and are left out. */
export const varianceComponents = (record: EffectiveRecord): readonly VarianceComponents[] => {
  const { agents } = record.header;
  const complete = new Set(record.blocks);
  const turns = record.trials
    .filter(isMeasured)
    .filter(({ block, agent }) => complete.has(block) && !isCalibration(agents, agent))
    .flatMap(turnsOf);
  const secondsPerTurn = secondsBesideWindows(record);
  return [...Map.groupBy(turns, ({ at }) => keyOf(at)).values()].flatMap((own) =>
    (["baseline", "sensors"] as const).flatMap((of) =>
      componentsOf(
        own.filter((turn) => turn.of === of),
        secondsPerTurn,
      ),
    ),
  );
};

interface Turn {
  readonly at: Comparable;
  readonly of: VarianceComponents["of"];
  /** The agent, or which of the baselines. */
  readonly column: string;
  readonly block: number;
  /** Cost of an operation in each of its processes. */
  readonly processes: readonly number[];
  readonly windowSeconds: number;
}

const turnsOf = (trial: MeasuredTrial): readonly Turn[] => {
  const { agent, baseline, block, scenario, placement, load, outcome } = trial;
  const { protocol, operations } = outcome.driver;
  return operations.flatMap(({ operation, batches }): readonly Turn[] => {
    const told = batches.filter((batch) => batch.operations > 0);
    if (told.length === 0) return [];
    const each = told.map((batch) => batch.cpuNs / batch.operations);
    const whole = total(told, ({ cpuNs }) => cpuNs) / total(told, (batch) => batch.operations);
    return [
      {
        at: comparableOf({ scenario, operation, load: loadName(load), placement }),
        of: agent === BASELINE ? "baseline" : "sensors",
        column: `${agent} ${baseline ?? ""}`,
        block,
        // By the first protocol one process did all batches, and one that does several operations (node-service) still does.
        processes: protocol === 1 || operations.length > 1 ? [whole] : each,
        windowSeconds: outcome.cpu.windowNs / 1e9,
      },
    ];
  });
};

const componentsOf = (
  turns: readonly Turn[],
  secondsPerTurn: number | null,
): readonly VarianceComponents[] => {
  const [first] = turns;
  if (first === undefined) return [];
  const layout = layoutOf(turns);
  if (layout.length === 0) return [];
  const perTurn = mean(turns.map(({ processes }) => processes.length));
  const secondsPerProcess =
    perTurn > 1 ? mean(turns.map((turn) => turn.windowSeconds / turn.processes.length)) : null;
  const parts = partsOf(layout);
  return [
    {
      ...first.at,
      of: first.of,
      metric: METRIC,
      ...parts,
      secondsPerProcess,
      secondsPerTurn,
      processesPerTurn: perTurn,
      bestProcessesPerTurn: bestOf(parts, secondsPerProcess, secondsPerTurn),
    },
  ];
};

type Parts = Pick<VarianceComponents, "processes" | "turns" | "blocks">;

/**
 * Processes by column and block, of the blocks that hold every column; each over its column's mean. None where no block holds them all, as
 * where lines of a record are missing, or where a column's mean is 0, as by a clock that is too coarse for it.
 */
type Layout = readonly (readonly (readonly number[])[])[];

const layoutOf = (turns: readonly Turn[]): Layout => {
  const columns = [...Map.groupBy(turns, ({ column }) => column).values()].map(
    (own) => new Map(own.map(({ block, processes }) => [block, processes])),
  );
  const blocks = [...new Set(turns.map(({ block }) => block))].filter((block) =>
    columns.every((column) => column.has(block)),
  );
  if (blocks.length === 0) return [];
  const layout = columns.map((column) => blocks.map((block) => column.get(block) ?? []));
  const means = layout.map((cells) => mean(cells.map((cell) => mean([...cell]))));
  if (means.some((average) => average === 0)) return [];
  return layout.map((cells, column) => cells.map((cell) => cell.map((one) => one / (means[column] ?? 1))));
};

const partsOf = (layout: Layout): Parts => {
  const means = layout.map((column) => column.map((cell) => mean([...cell])));
  const [columns, blocks] = [means.length, means[0]?.length ?? 0];
  const ofBlock = Array.from({ length: blocks }, (_, block) =>
    mean(means.map((column) => column[block] ?? 0)),
  );
  const cells = layout.flat();
  const within = squareOf(
    cells.flatMap((cell) => cell.map((one) => one - mean([...cell]))),
    total(cells, (cell) => cell.length - 1),
  );
  // Each column's mean is 1.
  const between = squareOf(
    means.flatMap((column) => column.map((one, block) => one - (ofBlock[block] ?? 0))),
    (columns - 1) * (blocks - 1),
  );
  const overall = squareOf(
    ofBlock.map((one) => Math.sqrt(columns) * (one - 1)),
    blocks - 1,
  );
  const perTurn = 1 / mean(cells.map((cell) => 1 / cell.length));
  const processes = within.degrees === 0 ? null : alone(within);
  // One turn a block, or one block: turns cannot be told from blocks.
  if (between.degrees === 0) return { processes, turns: null, blocks: null };
  return {
    processes,
    turns: processes === null ? alone(between) : beyond(between, within, perTurn, perTurn),
    blocks: beyond(overall, between, columns, 1),
  };
};

/** A mean square. */
interface Square {
  readonly value: number;
  readonly degrees: number;
}

const squareOf = (deviations: readonly number[], degrees: number): Square => ({
  value: degrees === 0 ? 0 : total(deviations, (one) => one ** 2) / degrees,
  degrees,
});

type Component = NonNullable<VarianceComponents["processes"]>;

const sdOf = (variance: number): number => 100 * Math.sqrt(Math.max(0, variance));

const alone = ({ value, degrees }: Square): Component => ({
  sd: {
    value: sdOf(value),
    low: sdOf((value * degrees) / chiSquareQuantile(1 - TAIL, degrees)),
    high: sdOf((value * degrees) / chiSquareQuantile(TAIL, degrees)),
  },
  n: degrees,
});

/**
 * What the upper mean square has beyond the lower one: upper = lower / `share` + `members` / `share` * component. Its interval is the exact
 * one of their ratio, at the lower one's value.
 */
const beyond = (upper: Square, lower: Square, members: number, share: number): Component => {
  const scale = share / members;
  const at = (quantile: number): number => sdOf(scale * (upper.value / quantile - lower.value / share));
  return {
    sd: {
      value: at(1),
      low: at(fQuantile(1 - TAIL, upper.degrees, lower.degrees)),
      high: at(fQuantile(TAIL, upper.degrees, lower.degrees)),
    },
    n: upper.degrees,
  };
};

const bestOf = ({ processes, turns }: Parts, process: number | null, turn: number | null): number | null => {
  if (processes === null || turns === null || process === null || turn === null) return null;
  const best = Math.sqrt(turn / process) * (processes.sd.value / turns.sd.value);
  return Number.isFinite(best) ? Math.max(1, Math.round(best)) : null;
};

/** Of all complete blocks: what is no window, by trial. */
const secondsBesideWindows = ({ trials, blocks, blockSeconds }: EffectiveRecord): number | null => {
  const complete = new Set(blocks);
  const windows = trials
    .filter(isMeasured)
    .filter(({ block }) => complete.has(block))
    .map(({ outcome }) => outcome.cpu.windowNs / 1e9);
  if (windows.length === 0) return null;
  const beside = (blockSeconds - total(windows, (seconds) => seconds)) / windows.length;
  return beside > 0 ? beside : null;
};
