/** A record on its way out: each line as soon as it is on disk, or those of a turn together where all of them would be more than a log keeps. */
import type { Plan } from "../../domain/plan.ts";
import type { RecordLine } from "../../domain/record.ts";
import { packedText, recordText } from "./lines.ts";

/** A kubelet begins a new file at 10 MiB, and its API hands out that one alone. */
const MAX_PLAIN_BYTES = 8 * 2 ** 20;

/** As lines of records are: most of a trial is its histograms and the readings at its edges, whatever its operations are. */
const TRIAL_BYTES = 7000;
/** A reading a second. */
const SAMPLE_BYTES = 160;
const LOAD_BYTES = 250_000;
const COVERAGE_BYTES = 20_000;

export const forecastBytes = ({ blocks, load = [], coverage, watches = [] }: Plan): number => {
  const trials = blocks.flatMap(({ turns }) => turns.flatMap((turn) => turn.trials));
  const seconds = watches
    .flatMap(({ turns }) => turns)
    .reduce((sum, turn) => sum + turn.seconds + turn.afterSeconds, 0);
  return (
    trials.length * TRIAL_BYTES +
    seconds * SAMPLE_BYTES +
    load.length * LOAD_BYTES +
    (coverage?.turns.length ?? 0) * COVERAGE_BYTES
  );
};

export interface RecordLines {
  /** A line that is in the record now, and its text there. */
  add(line: RecordLine, text: string): void;
  /** Hands out what is still held. */
  flush(): void;
  /** Whole blocks so far. */
  blocks(): number;
}

export const createRecordLines = (print: (text: string) => void): RecordLines => {
  let index = 0;
  let isPacked = false;
  let held: string[] = [];
  let blocks = 0;
  const flush = (): void => {
    if (held.length === 0) return;
    print(packedText(index - held.length, held));
    held = [];
  };
  return {
    add: (line, text) => {
      if (line.type === "header") isPacked = forecastBytes(line.plan) > MAX_PLAIN_BYTES;
      if (line.type === "block") blocks += 1;
      if (!isPacked) print(recordText(index, text));
      else held.push(text);
      index += 1;
      // With a turn its trials; a header is what a follower waits for.
      if (line.type !== "trial") flush();
    },
    flush,
    blocks: () => blocks,
  };
};
