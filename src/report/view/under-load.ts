/** Where each agent begins to drop, what it holds for a moment, how it gets over an overload, and what its own buffer setting does about it. */
import type { RunView } from "../../domain/run-view.ts";
import type { LoadRow, LoadStep, UnderLoad } from "../../domain/under-load.ts";
import { drawKneeCurves, type KneeMark } from "../charts/knee-curves.ts";
import { lookOf } from "../charts/palette.ts";
import { formatBytes, formatCount, formatDuration, formatNs, formatShare } from "../format.ts";
import { groupsBy } from "../select.ts";
import { unmeasuredText } from "../words/failures.ts";
import {
  burstText,
  confirmationText,
  isWithin,
  kneeText,
  knobText,
  knownText,
  MIN_KEPT,
  overloadText,
  rate,
  recoveryText,
  stepTitle,
} from "../words/under-load.ts";
import type { Block, Cell, Drawing, Field, Section } from "./section.ts";
import * as say from "./section.ts";

const LIMITS: Readonly<Record<LoadRow["criterion"], number>> = { loss: 0.1, response: 1 };

const kneeCell = ({ knee }: LoadRow): Cell =>
  knee === null
    ? say.absent("it was not looked for, or too little was measured")
    : say.figures(kneeText(knee));

const burstCell = ({ burst }: LoadRow): Cell =>
  burst === null ? say.absent("not tried") : say.figures(burstText(burst));

const overloadCell = (row: LoadRow): Cell => {
  const { overload } = row;
  if (overload === null) return say.absent("not tried");
  const text = overloadText(row);
  return overload.ofKnee !== null && overload.ofKnee < MIN_KEPT ? say.alarm(text) : say.figures(text);
};

const notesOf = ({ criterion, stopped, unmeasured, hold, exceed }: LoadRow): string =>
  [
    ...(criterion === "response" ? ["its knee is where the workload begins to wait"] : []),
    ...(hold === null ? [] : [`5 s each: ${confirmationText({ hold, exceed })}`]),
    ...stopped.map((why) => `ended early: ${why}`),
    ...unmeasured.map((why) => `not measured: ${unmeasuredText(why)}`),
  ].join("; ");

const FIELDS: readonly Field<LoadRow>[] = [
  [say.key("agent"), ({ agent }) => say.agent(agent)],
  [{ title: "workload", terminal: "above" }, ({ scenario }) => say.text(scenario)],
  [say.right("knee"), kneeCell],
  [say.right("burst\nwithout loss"), burstCell],
  [
    say.right("recovery", 1),
    (row) => (row.recovery === null ? say.absent("not tried") : say.figures(recoveryText(row))),
  ],
  [{ title: "an overload\ndelivers", expendable: 2 }, overloadCell],
  [say.right("silently\nlost", 3), ({ silentLost }) => say.rangeOr(silentLost, "it cannot be told", true)],
  [say.right("starts", 4), ({ starts }) => say.count(starts.length)],
  [{ title: "notes", terminal: "below" }, (row) => say.text(notesOf(row))],
];

const usual = ({ rows }: UnderLoad): readonly LoadRow[] => rows.filter(({ buffer }) => buffer === 1);

const markOf = (view: RunView, { agent, knee }: LoadRow): readonly KneeMark[] =>
  knee === null || knee.value === null
    ? []
    : [
        {
          agent,
          colour: lookOf(view, agent).colour,
          value: knee.value,
          low: knee.low,
          high: knee.high ?? knee.value,
          tip: `${agent}: ${kneeText(knee)}`,
        },
      ];

const drawingOf =
  (view: RunView, rows: readonly [LoadRow, ...LoadRow[]], index: number): Drawing =>
  () =>
    drawKneeCurves({
      name: `under-load-${index + 1}`,
      label: `Bad operations of ${rows[0].scenario} over the rate at which they were offered, a point a probe, with the knee of each agent and its interval`,
      limit: LIMITS[rows[0].criterion],
      points: rows.flatMap(({ agent, curve }) =>
        curve.map(({ rate: at, bad, operations }) => ({
          agent,
          ...lookOf(view, agent),
          rate: at,
          share: 100 * bad,
          tip: `${agent}: ${formatShare(100 * bad)} of ${formatCount(operations)} at ${rate(at)}/s`,
        })),
      ),
      knees: rows.flatMap((row) => markOf(view, row)),
    });

/** One that makes operations wait is measured by another share than one that drops. */
const curveGroups = (view: RunView, rows: readonly LoadRow[]): readonly (readonly Block[])[] =>
  groupsBy(
    rows.filter(({ curve }) => curve.length > 0),
    ({ scenario, criterion }) => JSON.stringify([scenario, criterion]),
  ).map((group, index) => [
    say.heading(
      group[0].scenario,
      group[0].criterion === "loss" ? "lost, or part of a growing backlog" : "kept waiting",
    ),
    say.charts([drawingOf(view, group, index)]),
  ]);

const rateRange = ({ slowest, fastest }: LoadStep): string =>
  rate(slowest) === rate(fastest) ? rate(slowest) : `${rate(slowest)} to ${rate(fastest)}`;

interface Step {
  readonly row: LoadRow;
  readonly step: LoadStep;
}

const shareOf = (part: number, { operations }: LoadStep): Cell =>
  operations === 0 ? say.absent("nothing was done") : say.figures(formatShare((100 * part) / operations));

const STEP_FIELDS: readonly Field<Step>[] = [
  [say.key("agent"), ({ row }) => say.agent(row.agent)],
  [{ title: "workload", terminal: "above" }, ({ row }) => say.text(row.scenario)],
  ["rate", ({ step }) => say.text(stepTitle(step.at))],
  [say.right("a second", 1), ({ step }) => say.figures(rateRange(step))],
  [say.right("lost"), ({ step }) => shareOf(step.lost, step)],
  [say.right("late", 2), ({ step }) => shareOf(step.late, step)],
  [
    say.right("response,\np99", 3),
    ({ step }) =>
      step.p99Ns === null ? say.absent("no operation was due") : say.figures(formatNs(step.p99Ns)),
  ],
  [
    say.right("goes on\nafterwards", 4),
    ({ step }) => say.figures(step.restMs === 0 ? "not" : formatDuration(step.restMs)),
  ],
];

const RECOVERY_FIELDS: readonly Field<LoadRow & { readonly recovery: NonNullable<LoadRow["recovery"]> }>[] = [
  [say.key("agent"), ({ agent }) => say.agent(agent)],
  [{ title: "workload", terminal: "above" }, ({ scenario }) => say.text(scenario)],
  [say.right("overload"), ({ recovery }) => say.figures(`${rate(recovery.rate)}/s`)],
  [say.right("lost in it"), ({ recovery }) => say.figures(formatShare(100 * recovery.lost))],
  [say.right("on time again"), (row) => say.figures(recoveryText(row))],
  [
    say.right("memory, before\nand at most", 1),
    ({ recovery: { memoryBytes } }) =>
      memoryBytes === null
        ? say.absent("it could not be read")
        : say.figures(`${formatBytes(memoryBytes.before)}, ${formatBytes(memoryBytes.most)}`),
  ],
  [
    say.right("memory back", 2),
    ({ recovery: { memoryMs, memoryBytes, watchedMs } }) =>
      memoryBytes === null
        ? say.absent("it could not be read")
        : say.figures(
            memoryMs === null
              ? `not within ${formatDuration(watchedMs)}`
              : formatDuration(Math.max(0, memoryMs)),
          ),
  ],
];

const underLoadBlocks = (view: RunView): readonly Block[] => {
  const { underLoad } = view;
  if (underLoad === undefined) return [];
  const rows = usual(underLoad);
  const recovered = rows.flatMap((row) =>
    row.recovery === null ? [] : [{ ...row, recovery: row.recovery }],
  );
  const wrong = underLoad.known.filter(({ knee, perSecond }) => knee !== null && !isWithin(knee, perSecond));
  return [
    say.onPage(
      say.note(
        "The knee is the highest rate at which, in the long run, at most 0.1 % of the operations are lost or part of a growing backlog; of an agent that makes operations wait, at which at most 1 % take more than twice the 99th percentile of a calm load. It is looked for anew at each start of the agent; the figure is the median of the starts, and the interval all that theirs span (95 % each). Where the workload cannot go so fast, it is at least what was offered.",
      ),
    ),
    ...say.when(
      wrong.length > 0,
      say.banner(
        `A known knee was not found: ${wrong.map(({ agent, scenario }) => `${agent} on ${scenario}`).join(", ")}. None of these is to be believed.`,
        true,
      ),
    ),
    {
      kind: "groups",
      on: ["page"],
      groups: curveGroups(view, rows),
    },
    say.tableOf(
      "By agent and workload: the knee with its interval, and what happens beside it",
      rows,
      FIELDS,
    ),
    ...underLoad.knobs.map((finding) => say.lead(knobText(finding))),
    ...say.headed(
      "Rate, then what",
      say.tableOf(
        "By agent: what became of the operations at the rates that were tried",
        rows.flatMap((row) => row.steps.map((step) => ({ row, step }))),
        STEP_FIELDS,
      ),
    ),
    ...say.headed(
      "After an overload",
      say.tableOf(
        "Five seconds at twice the knee, or as fast as the workload goes, then half of it: until events came on time again and memory was back",
        recovered,
        RECOVERY_FIELDS,
      ),
    ),
    ...say.when(
      underLoad.known.length > 0,
      say.heading("Known answers"),
      say.list(underLoad.known.map((one) => `${knownText(one)}.`)),
    ),
  ];
};

export const underLoadSection = (view: RunView): readonly Section[] =>
  view.underLoad === undefined
    ? []
    : [
        {
          id: "under-load",
          title: "Under rising load: where events begin to drop",
          short: "Under load",
          blocks: underLoadBlocks(view),
        },
      ];
