/**
 * The record as it counts: a block that a resumed run repeated from its start replaces what was left of the first attempt, and what was measured
 * while an agent was not off or on as it was to be does not count.
 */
import type {
  BackpressureLine,
  CoverageLine,
  EndLine,
  RecordLine,
  ResumeLine,
  TrialLine,
  TurnLine,
  VoidLine,
} from "../domain/record.ts";
import type { Header } from "../domain/run-header.ts";
import type { CountedOutcome, TrialOutcome } from "../domain/trial-outcome.ts";
import type { LoadLine } from "../domain/under-load.ts";
import type { WatchLine } from "../domain/watch.ts";
import type { HeldWish } from "../domain/wish.ts";

export interface EffectiveRecord {
  readonly header: Header;
  readonly turns: readonly TurnLine[];
  readonly trials: readonly TrialLine[];
  /** As it would have been without the noise gate: the first attempt of every slot. */
  readonly firstAttempts: readonly TrialLine[];
  readonly rejected: readonly TrialLine[];
  /** Of services that are looked at alone and beside a storm, and of nodes of several sizes: in none of the above, and in no cost. */
  readonly besides: readonly TrialLine[];
  /** Indices of the blocks whose turns all ran, ascending. Only these are paired and estimated from. */
  readonly blocks: readonly number[];
  /** What all of these took together. */
  readonly blockSeconds: number;
  readonly overflows: readonly BackpressureLine[];
  /** Starts under rising load. */
  readonly loads: readonly LoadLine[];
  readonly coverages: readonly CoverageLine[];
  readonly watches: readonly WatchLine[];
  readonly resumes: readonly ResumeLine[];
  /** In none of the above: what was measured while an agent was not as it was to be, by the line that says so. */
  readonly voided: ReadonlyMap<RecordLine, VoidLine>;
  /** Those that say so. */
  readonly voids: readonly VoidLine[];
  /** Undefined: the run was interrupted and not resumed to its end. */
  readonly end: EndLine | undefined;
  readonly lines: number;
}

export type Measured = Extract<TrialOutcome, { readonly kind: "measured" }>;
export type MeasuredTrial = TrialLine & { readonly outcome: Measured };

export type InstructionTrial = TrialLine & { readonly outcome: CountedOutcome };
/** With a result, be it of time or of instructions. */
export type ObservedTrial = MeasuredTrial | InstructionTrial;

export const countsInstructions = (trial: TrialLine): trial is InstructionTrial =>
  trial.outcome.kind === "counted";

export const isObserved = (trial: TrialLine): trial is ObservedTrial =>
  trial.outcome.kind === "measured" || trial.outcome.kind === "counted";

export const isMeasured = (trial: TrialLine): trial is MeasuredTrial => trial.outcome.kind === "measured";

/** @throws RangeError when there is no header: such a thing is no record, and the record room refuses it before. */
export const effectiveRecord = (lines: readonly RecordLine[]): EffectiveRecord => {
  let kept: RecordLine[] = [];
  for (const line of lines) {
    if (line.type === "resume") kept = kept.filter((earlier) => isBefore(line.block, earlier));
    kept.push(line);
  }
  const voids = kept.filter((line) => line.type === "void");
  const voided = voidedIn(kept, voids);
  kept = kept.filter((line) => !voided.has(line) && line.type !== "void");
  const ofType = <T extends RecordLine["type"]>(type: T) =>
    kept.filter((line): line is Extract<RecordLine, { readonly type: T }> => line.type === type);
  const [header] = ofType("header");
  if (header === undefined) throw new RangeError(`none of the record's ${lines.length} lines is a header`);
  const all = ofType("trial");
  const isBeside = ({ beside, scale }: TrialLine): boolean => beside !== undefined || scale !== undefined;
  const trials = all.filter((trial) => !isBeside(trial));
  const emptied = emptiedBlocks(kept, [...voided.keys()]);
  const durations = new Map(
    ofType("block")
      .filter(({ block }) => !emptied.has(block))
      .map(({ block, durationMs }) => [block, durationMs]),
  );
  return {
    header,
    turns: ofType("turn"),
    trials: trials.filter((trial) => trial.rejected === null),
    firstAttempts: trials.filter((trial) => trial.attempt === 1),
    rejected: trials.filter((trial) => trial.rejected !== null),
    besides: all.filter((trial) => isBeside(trial) && trial.rejected === null),
    blocks: [...durations.keys()].sort((a, b) => a - b),
    blockSeconds: [...durations.values()].reduce((sum, ms) => sum + ms, 0) / 1000,
    overflows: ofType("overflow"),
    loads: ofType("load"),
    coverages: ofType("coverage"),
    watches: ofType("watch"),
    resumes: ofType("resume"),
    voided,
    voids,
    end: ofType("end").at(-1),
    lines: kept.length,
  };
};

/** What was measured under the wishes that are void. A record that tells no wishes does not tell which lines those are: none of it counts. */
const voidedIn = (
  lines: readonly RecordLine[],
  voids: readonly VoidLine[],
): ReadonlyMap<RecordLine, VoidLine> => {
  if (voids.length === 0) return new Map();
  const measured = lines.filter(isUnderWishes);
  const areTold = measured.some(({ wishes }) => wishes !== undefined);
  return new Map(
    measured.flatMap((line) => {
      const by = areTold
        ? voids.find((one) => line.wishes?.some((held) => isMeant(one, held)) === true)
        : voids[0];
      return by === undefined ? [] : [[line, by] as const];
    }),
  );
};

export const isMeant = ({ agent, wish }: VoidLine, held: HeldWish): boolean =>
  held.agent === agent && held.wish === wish;

type UnderWishes = Extract<RecordLine, { readonly wishes?: readonly HeldWish[] }>;

const isUnderWishes = (line: RecordLine): line is UnderWishes => {
  switch (line.type) {
    case "turn":
    case "trial":
    case "overflow":
    case "load":
    case "coverage":
    case "watch":
      return true;
    case "header":
    case "block":
    case "resume":
    case "end":
    case "void":
      return false;
  }
};

/** As many trials as the run's other figures would count of them. */
export const voidTrialsIn = (voided: readonly RecordLine[]): number =>
  voided.filter(
    (line) =>
      (line.type === "trial" && line.rejected === null) || line.type === "load" || line.type === "watch",
  ).length;

/** Blocks of which no turn is left. */
const emptiedBlocks = (kept: readonly RecordLine[], voided: readonly RecordLine[]): ReadonlySet<number> => {
  const blocksOf = (lines: readonly RecordLine[]): ReadonlySet<number> =>
    new Set(lines.flatMap((line) => (line.type === "turn" ? [line.block] : [])));
  const left = blocksOf(kept);
  return new Set([...blocksOf(voided)].filter((block) => !left.has(block)));
};

/** Whether a line still counts after a resume from `block` on. */
const isBefore = (block: number, line: RecordLine): boolean => {
  switch (line.type) {
    case "turn":
    case "trial":
    case "block":
      return line.block < block;
    case "end":
      return false;
    case "header":
    case "overflow":
    case "load":
    case "coverage":
    case "watch":
    case "resume":
    case "void":
      return true;
  }
};
