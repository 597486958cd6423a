/** A plan for `--dry-run`: what a run is going to do, in words. */
import {
  MAX_AGENT_TASKS,
  MAX_COMMAND_SECONDS,
  MAX_CROWD_BYTES,
  MAX_CROWD_FILES,
  MAX_CROWD_PROCESSES,
  MAX_CROWD_TASKS,
  MAX_GUARDED_SECONDS,
  MAX_LOG_BYTES,
  MAX_MEMORY_SHARE,
  MAX_PROBE_OPERATIONS,
  MAX_PROBE_SECONDS,
  MAX_TASKS_SHARE,
  MAX_STORM_BYTES,
  MAX_STORM_PROCESSES,
  MAX_STORM_SECONDS,
  MAX_STORM_TASKS,
  MIN_FREE_BYTES,
  MIN_FREE_IN_TURN_BYTES,
  MIN_FREE_MEMORY_SHARE,
  wallLimit,
} from "../domain/bounds.ts";
import { everyTrialIn, type Plan, type Turn } from "../domain/plan.ts";
import { loadName } from "../domain/scenario.ts";
import { countTrials } from "../plan/build-plan.ts";
import { type Forecast, secondsOf } from "../plan/duration.ts";
import { formatCount, formatNumberOf, formatPart } from "../report/format.ts";
import { sizeText } from "../report/words/growth.ts";
import type { PreparedRun } from "../session/prepare-run.ts";
import { clock } from "./live-view.ts";

/** Blocks that are written out; the others differ in their order. */
const SHOWN_BLOCKS = 2;

const MEBIBYTE = 2 ** 20;

/** What ends a rising load, or a storm. */
const SHORTAGE = `below ${formatPart(MIN_FREE_MEMORY_SHARE)} of available memory, ${MIN_FREE_BYTES / MEBIBYTE} MiB of disk, or above ${formatPart(MAX_TASKS_SHARE)} of the node's tasks`;

/** Of open loads; a closed one does as many as the node can. */
const highestRate = ({ blocks }: Plan): number =>
  Math.max(
    0,
    ...blocks.flatMap(({ turns }) =>
      turns.flatMap(({ trials }) =>
        trials.map(({ load }) => (load.kind === "open" ? load.ratePerSecond : 0)),
      ),
    ),
  );

/** Undefined where none is planned. */
const stormLimits = (plan: Plan) => {
  const storms = everyTrialIn(plan).flatMap(({ beside }) => beside?.storm ?? []);
  if (storms.length === 0) return undefined;
  return {
    trials: storms.length,
    seconds: MAX_STORM_SECONDS,
    processes: MAX_STORM_PROCESSES,
    tasks: MAX_STORM_TASKS,
    memoryBytes: MAX_STORM_BYTES,
    ratePerSecond: MAX_STORM_PROCESSES * Math.max(...storms.map(({ ratePerSecond }) => ratePerSecond)),
    availableMemoryShare: MIN_FREE_MEMORY_SHARE,
    taskShare: MAX_TASKS_SHARE,
  };
};

/** What a run takes of the node at most, and what ends it or cuts it off. */
const limitsOf = ({ plan, forecast }: Pick<PreparedRun, "plan" | "forecast">) => ({
  wallSeconds: Math.round(wallLimit(Math.max(secondsOf(forecast), plan.timeBudgetSeconds ?? 0))),
  agentMemoryShare: MAX_MEMORY_SHARE,
  agentTasks: MAX_AGENT_TASKS,
  agentLogBytes: MAX_LOG_BYTES,
  freeBytesToBegin: MIN_FREE_BYTES,
  freeBytesInTurn: MIN_FREE_IN_TURN_BYTES,
  operationsPerSecond: highestRate(plan),
  commandSeconds: MAX_COMMAND_SECONDS,
  ...withStorm(stormLimits(plan)),
  ...withCrowd(crowdLimits(plan)),
});

/** Undefined where the node is measured as it is. */
const crowdLimits = (plan: Plan) =>
  plan.blocks.some(({ turns }) => turns.some(({ scale }) => scale !== undefined && scale.axis !== "cpus"))
    ? {
        processes: MAX_CROWD_PROCESSES,
        files: MAX_CROWD_FILES,
        tasks: MAX_CROWD_TASKS,
        memoryBytes: MAX_CROWD_BYTES,
        availableMemoryShare: MIN_FREE_MEMORY_SHARE,
        taskShare: MAX_TASKS_SHARE,
      }
    : undefined;

const withCrowd = (crowd: ReturnType<typeof crowdLimits>) => (crowd === undefined ? {} : { crowd });

const withStorm = (storm: ReturnType<typeof stormLimits>) => (storm === undefined ? {} : { storm });

/** One line a scenario that is watched: how often, how long, and what goes on meanwhile at most. */
const watchLines = ({ watches = [] }: Plan): readonly string[] => {
  const turns = watches.flatMap((block) => block.turns);
  return [...Map.groupBy(turns, ({ scenario }) => scenario)].flatMap(([scenario, own]) => {
    const [first] = own;
    if (first === undefined) return [];
    const { seconds, afterSeconds, load } = first;
    const length = afterSeconds === 0 ? `${seconds} s` : `${seconds} s and ${afterSeconds} s afterwards`;
    const rate = load === undefined ? "no workload" : `${loadName(load)}, one after the other`;
    return [
      `watched    ${scenario}: ${formatNumberOf(own.length, "window")} of ${length}, after the blocks; ${rate}`,
    ];
  });
};

const hasCommands = ({ plan, scenarios }: PreparedRun): boolean =>
  plan.scenarios.some((id) => scenarios.get(id)?.driver.kind === "command");

const atOnceLines = ({ plan, scenarios }: PreparedRun): readonly string[] =>
  plan.scenarios.flatMap((id) => {
    const atOnce = scenarios.get(id)?.watch?.atOnce;
    return atOnce === undefined
      ? []
      : [`           ${id}: ${atOnce} at once, memory and tasks as an agent; it ends with tare`];
  });

const limitLines = (prepared: PreparedRun): readonly string[] => {
  const { plan } = prepared;
  const limits = limitsOf(prepared);
  const rate =
    limits.operationsPerSecond === 0
      ? "closed loops: one operation after the other on one CPU"
      : `${formatCount(limits.operationsPerSecond)} operations a second in open loads; closed loops: one after the other`;
  return [
    `at most    ${clock(limits.wallSeconds * 1000)} in all, then it is ended and can be resumed`,
    `           an agent: ${formatPart(limits.agentMemoryShare)} of the node's memory, ${formatCount(limits.agentTasks)} tasks (where its cgroups can say so)`,
    `           its log: ${limits.agentLogBytes / MEBIBYTE} MiB a trial, then it is cut off and its loss is not judged`,
    `           disk: ends below ${limits.freeBytesToBegin / MEBIBYTE} MiB free before a trial; cuts logs below ${limits.freeBytesInTurn / MEBIBYTE} MiB`,
    `           rate: ${rate}`,
    ...(plan.load === undefined
      ? []
      : [
          `           under load: as fast as the workload goes on one CPU, ${MAX_PROBE_SECONDS} s and ${operationsText} at a time`,
          `           it ends ${SHORTAGE}, with tare, and after ${MAX_GUARDED_SECONDS} s by a guard`,
        ]),
    ...atOnceLines(prepared),
    ...(hasCommands(prepared)
      ? [
          `           a run of a command: ${limits.commandSeconds} s, memory and tasks as an agent; then it is killed, with all that it started`,
        ]
      : []),
    ...(limits.storm === undefined ? [] : stormLines(limits.storm)),
    ...(limits.crowd === undefined ? [] : crowdLines(limits.crowd)),
  ];
};

const operationsText = `${Object.entries(MAX_PROBE_OPERATIONS)
  .map(([family, operations]) => `${formatCount(operations)} ${family}`)
  .join(", ")} operations`;

const loadText = (load: NonNullable<Plan["load"]>): string => {
  const searches = load.filter(({ parts }) => parts.includes("knee"));
  const seconds = Math.max(0, ...searches.map((turn) => turn.seconds));
  const search =
    searches.length === 0
      ? ""
      : `, ${formatNumberOf(searches.length, "search", "searches")} of at most ${seconds} s`;
  return `${formatNumberOf(load.length, "start")}${search} (docs/load.md)`;
};
const stormLines = (storm: NonNullable<ReturnType<typeof stormLimits>>): readonly string[] => [
  `           a storm: beside ${formatNumberOf(storm.trials, "trial")}, ${storm.seconds} s each; one process a CPU, ${storm.processes} at most, together ${formatCount(storm.ratePerSecond)} operations a second`,
  `           its cgroup: ${storm.tasks} tasks, ${storm.memoryBytes / MEBIBYTE} MiB (where the node's cgroups can say so); it writes nothing and stays on loopback`,
  `           it ends ${SHORTAGE}, and with tare`,
];

const roundedParts = ({ parts }: Forecast) =>
  Object.fromEntries(Object.entries(parts).map(([part, seconds]) => [part, Math.round(seconds)]));

/** Where there is more than one part, what each takes. */
const partLines = ({ blocks, parts }: Forecast): readonly string[] => {
  const told = [
    [parts.blocks, formatNumberOf(blocks, "block")],
    [parts.coverage, "techniques"],
    [parts.overflow, "overflows"],
    [parts.load, "under rising load"],
    [parts.watched, "second by second"],
  ] as const;
  const taken = told.filter(([seconds]) => seconds > 0);
  return taken.length < 2
    ? []
    : [`           ${taken.map(([seconds, what]) => `${clock(seconds * 1000)} ${what}`).join(", ")}`];
};
const crowdLines = (crowd: NonNullable<ReturnType<typeof crowdLimits>>): readonly string[] => [
  `           made for a turn, and ended with it: at most ${formatCount(crowd.processes)} sleeping processes, or ${formatCount(crowd.files)} open files`,
  `           their cgroup: ${formatCount(crowd.tasks)} tasks, ${crowd.memoryBytes / MEBIBYTE} MiB (where the node's cgroups can say so); they do nothing`,
  `           none where ${formatPart(crowd.availableMemoryShare)} of the memory is not available then, or above ${formatPart(crowd.taskShare)} of the node's tasks; they end with tare`,
];

const sizeOf = ({ scale }: Turn): string => (scale === undefined ? "" : ` (${sizeText(scale)})`);

export const planText = (prepared: PreparedRun): string => {
  const { plan, forecast } = prepared;
  const idWidth = Math.max(...plan.agents.map(({ length }) => length));
  return [
    `profile    ${plan.profile}`,
    `agents     ${plan.agents.join(", ")}`,
    `scenarios  ${plan.scenarios.join(", ")}`,
    ...(plan.commands ?? []).map(({ id, run, directory }) => `command    ${id}: ${run} (in ${directory})`),
    `seed       ${plan.seed}`,
    `budgets    ${plan.budgetSource}`,
    ...(plan.blocks.length === 0
      ? ["blocks     none: no cost is measured"]
      : [`blocks     at most ${plan.blocks.length}, ${countTrials(plan)} trials`]),
    ...(plan.overflow === undefined
      ? []
      : [
          `overflow   ${formatNumberOf(plan.overflow.length, "time")} forced, after the blocks (docs/backpressure.md)`,
        ]),
    ...(plan.load === undefined ? [] : [`load       ${loadText(plan.load)}`]),
    ...(plan.coverage === undefined
      ? []
      : [
          `coverage   ${formatNumberOf(plan.coverage.techniques.length, "technique")} tried under ${formatNumberOf(plan.coverage.turns.length, "agent")}, after the blocks (docs/coverage.md)`,
        ]),
    ...watchLines(plan),
    `time       about ${clock(secondsOf(forecast) * 1000)} (minutes:seconds)`,
    ...partLines(forecast),
    ...limitLines(prepared),
    "",
    ...plan.blocks
      .slice(0, SHOWN_BLOCKS)
      .flatMap((block) => [
        `block ${block.index + 1}`,
        ...block.turns.map(
          (turn) =>
            `  ${turn.agent.padEnd(idWidth)} ${turn.trials.map((trial) => trial.scenario).join(", ")}${sizeOf(turn)}`,
        ),
      ]),
    ...(plan.blocks.length > SHOWN_BLOCKS
      ? [`... and ${plan.blocks.length - SHOWN_BLOCKS} more blocks in other orders`]
      : []),
  ].join("\n");
};

export const planJson = (prepared: PreparedRun): string => {
  const { plan, statuses, forecast } = prepared;
  const told = {
    plan,
    agents: statuses,
    forecastSeconds: Math.round(secondsOf(forecast)),
    forecast: { ...forecast, parts: roundedParts(forecast) },
    limits: limitsOf(prepared),
  };
  return `${JSON.stringify(told, null, 2)}\n`;
};
