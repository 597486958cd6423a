/** What the interval is made of: where the spread of a cost sits, and how a turn's time would best be shared out. */
import type { VarianceComponents } from "../../domain/components.ts";
import type { Pace } from "../../domain/pace.ts";
import type { RunView } from "../../domain/run-view.ts";
import { formatCount, formatDuration, formatShare, percentFigure } from "../format.ts";
import { conditionsOf, operationTitle } from "../select.ts";
import type { Block, Cell, Field, Section } from "./section.ts";
import * as say from "./section.ts";

const PARTS = ["processes", "turns", "blocks"] as const;
type Part = VarianceComponents[(typeof PARTS)[number]];

const partCell = (part: Part, why: string): Cell =>
  part === null
    ? say.absent(why)
    : say.pair({ kind: "figure", figure: percentFigure(part.sd) }, say.figures(`n = ${formatCount(part.n)}`));

const ONE_PROCESS = "one process did all of a turn";
const ONE_TURN = "needs two turns a block and two whole blocks";

const bestCell = ({ bestProcessesPerTurn: best, processes, turns }: VarianceComponents): Cell => {
  if (best !== null) return say.count(best);
  if (processes === null || turns === null) return say.absent("cannot be told from this record");
  return say.text("as many as fit");
};

const FIELDS: readonly Field<VarianceComponents>[] = [
  [{ title: "operation", terminal: "above" }, (one) => say.place(operationTitle(one), conditionsOf(one))],
  [say.key("of"), ({ of }) => say.text(of === "baseline" ? "baseline" : "sensors, each about its mean")],
  [say.right("between processes"), ({ processes }) => partCell(processes, ONE_PROCESS)],
  [say.right("between turns"), ({ turns }) => partCell(turns, ONE_TURN)],
  [say.right("between blocks"), ({ blocks }) => partCell(blocks, ONE_TURN)],
  [
    say.right("a process takes", 2),
    ({ secondsPerProcess: seconds }) =>
      seconds === null ? say.absent(ONE_PROCESS) : say.figures(formatDuration(1000 * seconds)),
  ],
  [
    say.right("a turn beside takes", 2),
    ({ secondsPerTurn: seconds }) =>
      seconds === null ? say.absent("not recorded") : say.figures(formatDuration(1000 * seconds)),
  ],
  [say.right("processes a turn", 1), ({ processesPerTurn }) => say.figures(formatCount(processesPerTurn))],
  [say.right("best"), bestCell],
];

const tableOf = (view: RunView): Block =>
  say.tableOf(
    "Standard deviation of an operation's workload CPU time in percent of its mean, with its 95 % interval and n degrees of freedom",
    view.components.filter((one) => PARTS.some((part) => one[part] !== null)),
    FIELDS,
  );

const STATES: Readonly<Record<Pace["state"], string>> = {
  removed: "removed",
  "no-effect": "no effect found, nothing removed",
  "shared-core": "not removed: an agent may run on the same core",
  differs: "not removed: it differs between agents",
};

const percent = (share: number): Cell => say.figures(formatShare(share));

const PACE_FIELDS: readonly Field<Pace>[] = [
  [{ title: "operation", terminal: "above" }, (one) => say.place(operationTitle(one), conditionsOf(one))],
  [say.key("effect on CPU time"), ({ state }) => say.text(STATES[state])],
  [say.right("slower by, mean"), ({ slowdown }) => percent(slowdown.mean)],
  [say.right("at most", 1), ({ slowdown }) => percent(slowdown.most)],
  [
    say.right("sd between turns before"),
    ({ spread }) => (spread === null ? say.absent("nothing removed") : percent(spread.before)),
  ],
  [
    say.right("after"),
    ({ spread }) => (spread === null ? say.absent("nothing removed") : percent(spread.after)),
  ],
  [say.right("batches", 2), ({ batches }) => say.count(batches)],
  [
    { title: "not for agents that interrupt the workload", on: ["page", "markdown"] },
    ({ interrupted }) => say.text(interrupted.join(", ")),
  ],
];

const paceTable = (view: RunView): Block =>
  say.tableOf(
    "The pace of the workload's CPU: how much slower than its fastest a fixed loop ran between the operations, and the spread of workload CPU time before and after that was removed",
    view.pace,
    PACE_FIELDS,
  );

const PACE_EXPLAINED =
  "Other users of the workload's core, such as other guests of the hypervisor, slow everything on it for milliseconds at a time. A fixed loop in user mode, which no agent sees, measures that between the operations, and CPU times are told as at the run's mean pace.";

const paceBlocks = (view: RunView): readonly Block[] =>
  view.pace.length === 0 ? [] : [say.onPage(say.note(PACE_EXPLAINED)), paceTable(view)];

export const componentSection = (view: RunView): Section => ({
  id: "components",
  title: "What the interval is made of",
  short: "Spread",
  blocks: blocksOf(view),
});

const EXPLAINED =
  "The spread of a cost comes from the driver's processes (where each lies in memory), from the turns of one block, and from the blocks. What is common to a block drops out of every cost. More processes a turn divide the first part, more blocks the first two. Best is the number of processes at which a second spent on either tells as much (Kalibera and Jones).";

const blocksOf = (view: RunView): readonly Block[] => {
  const { components } = view;
  if (components.every(({ turns }) => turns === null)) {
    return [say.note("The components of the spread cannot be told: that needs two whole blocks.")];
  }
  const isOld = components.every(({ processes }) => processes === null);
  const notes = [
    say.note(EXPLAINED),
    ...say.when(
      isOld,
      say.note(
        "In this record one process did all of a turn, so that the spread between processes cannot be told from that between turns.",
      ),
    ),
  ];
  return [
    {
      kind: "folded",
      title: "Components of the spread",
      blocks: [...notes, tableOf(view), ...paceBlocks(view)],
      on: ["page", "markdown"],
    },
    { ...tableOf(view), on: ["terminal"] },
    ...paceBlocks(view).map((block): Block => ({ ...block, on: ["terminal"] })),
  ];
};
