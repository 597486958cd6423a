/** What `tare calibrate` shows: for each workload how truly known costs came back, and what this node can resolve. */
import type { RunFacts, RunView } from "../domain/run-view.ts";
import type { Calibration } from "../domain/self-checks.ts";
import { formatCount, formatDuration, formatValue } from "./format.ts";
import { writeTerminal, type TerminalOptions } from "./terminal.ts";
import { figures, list, note, type Block, type Facts } from "./view/section.ts";
import { aaText } from "./view/checks.ts";
import { calibrationBlocks, knownLevelBlocks, knownLossBlocks } from "./view/self-checks.ts";
import { checkFailureText } from "./words/self-checks.ts";

/** A cost that is to be found: how many blocks that takes for a workload, null when out of reach. */
export interface WantedCost {
  readonly ns: number;
  blocks(calibration: Calibration): number | null;
}

/** Milliseconds for a number of blocks at this run's pace; null for a run that was not ended. */
const timeOf = ({ startedAt, endedAt, blocks: made }: RunFacts, blocks: number): number | null =>
  endedAt === null || made === 0 ? null : ((Date.parse(endedAt) - Date.parse(startedAt)) / made) * blocks;

const wantedFact = (run: RunFacts, calibration: Calibration, wanted: WantedCost): Facts[number] => {
  const needed = wanted.blocks(calibration);
  const time = needed === null ? null : timeOf(run, needed);
  return [
    `To find ${formatValue(wanted.ns, "ns/op")}`,
    figures(
      needed === null
        ? "out of reach on this node"
        : `about ${formatCount(needed)} blocks${time === null ? "" : `, ${formatDuration(time)} of a run like this one`}`,
    ),
  ];
};

export const renderCalibration = (view: RunView, wanted: WantedCost, options: TerminalOptions): string => {
  const { selfChecks, run } = view;
  const { aa, calibration, failures } = selfChecks;
  const blocks: readonly Block[] = [
    ...(calibration.length === 0
      ? [note("No known cost was measured: see the warnings of the report.")]
      : calibration.flatMap((one, index) => calibrationBlocks(one, index, [wantedFact(run, one, wanted)]))),
    ...knownLossBlocks(view),
    ...knownLevelBlocks(view),
  ];
  return writeTerminal(options, (terminal) => [
    ...terminal.section({
      id: "calibration",
      title: `Calibration ${run.id}: ${formatCount(run.blocks)} blocks, seed ${run.seed}`,
      blocks,
    }),
    ...terminal.section({
      id: "aa",
      title: "A/A: a thing compared with itself",
      blocks: [note(aaText(aa))],
    }),
    ...terminal.section({
      id: "failed",
      title: "Failed",
      blocks: failures.length === 0 ? [] : [list(failures.map(checkFailureText))],
    }),
  ]);
};
