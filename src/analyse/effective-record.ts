/**
 * The record as it counts: a block that a resumed run repeated from its start replaces what was left of the first attempt.
 */
import type {
  BackpressureLine,
  BlockLine,
  EndLine,
  Header,
  RecordLine,
  ResumeLine,
  TrialLine,
  TrialOutcome,
  TurnLine,
} from "../domain/record.ts";

export interface EffectiveRecord {
  readonly header: Header;
  readonly turns: readonly TurnLine[];
  /** Those that count: of a slot's attempts the one that was not given up. */
  readonly trials: readonly TrialLine[];
  /** As it would have been without the noise gate: the first attempt of every slot. */
  readonly firstAttempts: readonly TrialLine[];
  /** Attempts that were given up because of noise. */
  readonly rejected: readonly TrialLine[];
  /** Indices of the blocks whose turns all ran, ascending. Only these are paired and estimated from. */
  readonly blocks: readonly number[];
  /** Forced overflows; they belong to no block. */
  readonly overflows: readonly BackpressureLine[];
  readonly resumes: readonly ResumeLine[];
  /** Undefined: the run was interrupted and not resumed to its end. */
  readonly end: EndLine | undefined;
  /** How many lines all of these are. */
  readonly lines: number;
}

export type Measured = Extract<TrialOutcome, { readonly kind: "measured" }>;
export type MeasuredTrial = TrialLine & { readonly outcome: Measured };

export const isMeasured = (trial: TrialLine): trial is MeasuredTrial => trial.outcome.kind === "measured";

/** @throws RangeError when there is no header: such a thing is no record, and the record room refuses it before. */
export const effectiveRecord = (lines: readonly RecordLine[]): EffectiveRecord => {
  let header: Header | undefined;
  let turns: TurnLine[] = [];
  let trials: TrialLine[] = [];
  let blocks: BlockLine[] = [];
  const overflows: BackpressureLine[] = [];
  const resumes: ResumeLine[] = [];
  let end: EndLine | undefined;
  for (const line of lines) {
    switch (line.type) {
      case "header":
        header = line;
        break;
      case "turn":
        turns.push(line);
        break;
      case "trial":
        trials.push(line);
        break;
      case "block":
        blocks.push(line);
        break;
      case "overflow":
        overflows.push(line);
        break;
      case "resume": {
        const isBefore = (earlier: { readonly block: number }): boolean => earlier.block < line.block;
        turns = turns.filter(isBefore);
        trials = trials.filter(isBefore);
        blocks = blocks.filter(isBefore);
        resumes.push(line);
        end = undefined;
        break;
      }
      case "end":
        end = line;
        break;
    }
  }
  if (header === undefined) throw new RangeError(`none of the record's ${lines.length} lines is a header`);
  const parts = [turns, trials, blocks, overflows, resumes];
  return {
    header,
    turns,
    trials: trials.filter((trial) => trial.rejected === null),
    firstAttempts: trials.filter((trial) => trial.attempt === 1),
    rejected: trials.filter((trial) => trial.rejected !== null),
    blocks: [...new Set(blocks.map((line) => line.block))].sort((a, b) => a - b),
    overflows,
    resumes,
    end,
    lines: parts.reduce((sum, { length }) => sum + length, end === undefined ? 1 : 2),
  };
};
