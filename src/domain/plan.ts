/** What will be done, decided before anything is started. The same seed gives the same plan. */
import * as z from "zod";
import { Namespace } from "./agent.ts";
import { Beside } from "./beside.ts";
import { ScalePoint } from "./scale.ts";
import { Load } from "./scenario.ts";
import type { From } from "./schema.ts";
import { LoadTurn } from "./under-load.ts";
import { METRIC_IDS } from "./units.ts";
import { WatchBlock } from "./watch.ts";

export const ProfileId = z.enum(["smoke", "quick", "standard", "thorough", "load"]);
export type ProfileId = From<typeof ProfileId>;
export const PROFILE_IDS: readonly ProfileId[] = ProfileId.options;

export const CpuPlacement = z.enum(["pinned", "free"]).meta({
  id: "placement",
  description:
    "pinned: the workload owns one CPU, agent and harness share the others. free: the scheduler decides, as in production.",
});
export type CpuPlacement = From<typeof CpuPlacement>;

export const Trial = z
  .object({
    id: z.string().describe("Unique in the run; its four hexadecimal digits are part of every token."),
    scenario: z.string(),
    load: Load,
    placement: CpuPlacement,
    seconds: z
      .number()
      .positive()
      .exactOptional()
      .describe(
        "About how long it takes, where its scenario says so; absent: as long as others of its profile.",
      ),
    beside: Beside.exactOptional().describe(
      "Of a service that is looked at alone and beside a storm; absent: of any other workload.",
    ),
    scale: ScalePoint.exactOptional().describe("As its turn's."),
  })
  .meta({ id: "plannedTrial" });
export type Trial = From<typeof Trial>;

export const Turn = z.object({
  agent: z.string(),
  baseline: z
    .literal([1, 2])
    .exactOptional()
    .describe("1 or 2 for the two baselines of a block, or of one of its sizes."),
  scale: ScalePoint.exactOptional().describe("The size of the node; absent: as it is."),
  trials: z.array(Trial).describe("In the (shuffled) order in which they run."),
});
export type Turn = From<typeof Turn>;

export const Block = z
  .object({ index: z.number(), turns: z.array(Turn) })
  .describe(
    "Every agent once and `baseline` twice, one in each half, in seeded random order: the independent replicate.",
  );
export type Block = From<typeof Block>;

export const Outside = z
  .enum(["reader-stopped", "disk-slow", "disk-full", "peer-slow", "peer-stopped"])
  .meta({
    id: "outside",
    description:
      "What is slow outside of an agent. `reader-stopped`: who reads what it prints. `disk-slow`, `disk-full`: the disk that it writes its events to. `peer-slow`, `peer-stopped`: the other end of its socket, which runs for a tenth of the time or not at all.",
  });
export type Outside = From<typeof Outside>;

/** One start of an agent with its smallest buffers, its readers stopped while a workload runs. Part of no block and of no cost. */
export const BackpressureTurn = z.object({
  agent: z.string(),
  trial: Trial,
  outside: Outside.exactOptional().describe("In place of its readers; absent: its readers are stopped."),
});
export type BackpressureTurn = From<typeof BackpressureTurn>;

/** About how long one takes, seconds: start, sentinel, a stop that a blocking agent lengthens, drain, end. */
export const OVERFLOW_SECONDS = 5;

/** How often a technique is done under an agent: enough to tell "always" from "sometimes". */
export const TECHNIQUE_TIMES = 10;

export const CoveragePlan = z
  .object({
    times: z.number().describe("How often each technique is done."),
    techniques: z.array(z.string()),
    turns: z
      .array(z.object({ agent: z.string(), id: z.string().describe("Part of every token, as a trial's.") }))
      .describe("In this order, each agent once."),
    untried: z
      .array(z.object({ agent: z.string(), why: z.string() }))
      .exactOptional()
      .describe("Agents under which nothing can be tried, as their data sheets have it; absent: none."),
  })
  .describe("What agents see, tried (docs/coverage.md). Part of no block and of no cost.");
export type CoveragePlan = From<typeof CoveragePlan>;
export type CoverageTurn = CoveragePlan["turns"][number];

/** About how long one takes, seconds: start, sentinel, some hundreds of operations, drain, end. */
export const COVERAGE_SECONDS = 7;

export const BudgetMetric = z.enum([...METRIC_IDS, "loss"]).meta({ id: "budgetMetric" });
export type BudgetMetric = From<typeof BudgetMetric>;

export const BudgetLimit = z
  .discriminatedUnion("kind", [
    z
      .object({ kind: z.literal("percent"), percent: z.number() })
      .describe("At most this much above baseline, in percent (for `loss`: percent of the operations)."),
    z
      .object({ kind: z.literal("absolute"), value: z.number() })
      .describe("At most this much above baseline (paired) or in all (level), in the metric's unit."),
  ])
  .meta({ id: "budgetLimit" });

export const Budget = z.object({
  scenario: z.string().describe('A scenario\'s id, or "*" for all.'),
  metric: BudgetMetric,
  limit: BudgetLimit,
});
export type Budget = From<typeof Budget>;

/** What a team does on its nodes, as `--command` named it. */
export const TeamCommand = z
  .object({
    id: z.string().describe("Of the scenario that it is."),
    run: z.string().describe("A line of shell."),
    directory: z.string().describe("Where it runs: where tare was called."),
  })
  .meta({ id: "teamCommand" });
export type TeamCommand = From<typeof TeamCommand>;

export const Plan = z.object({
  seed: z.number(),
  profile: ProfileId,
  agents: z.array(z.string()),
  scenarios: z.array(z.string()),
  blocks: z.array(Block),
  agentFiles: z
    .array(z.string())
    .exactOptional()
    .describe("Files that custom agents come from, as they were given; absent: none."),
  attached: z
    .array(z.string())
    .exactOptional()
    .describe("Services of the node's owner that are measured, as `--attach` named them; absent: none."),
  asIs: z
    .literal(true)
    .exactOptional()
    .describe("They were never stopped, so that no baseline is without them; absent: they were."),
  policies: z
    .array(z.string())
    .exactOptional()
    .describe("Teams' own policies, as `--policy` named them; absent: none."),
  commands: z
    .array(TeamCommand)
    .exactOptional()
    .describe("Teams' own workloads, as `--command` named them; absent: none."),
  enforcing: z
    .literal(true)
    .exactOptional()
    .describe("The user allowed policies that kill or deny; absent: none is measured."),
  overflow: z
    .array(BackpressureTurn)
    .exactOptional()
    .describe("Done after the blocks, in this order; absent: none."),
  load: z
    .array(LoadTurn)
    .exactOptional()
    .describe("Agents under rising load, done after the blocks, in this order; absent: none."),
  coverage: CoveragePlan.exactOptional().describe("Tried after the blocks; absent: nothing."),
  watches: z
    .array(WatchBlock)
    .exactOptional()
    .describe("Done after all of that, in this order; absent: none."),
  filesOn: z
    .enum(["disk", "tmpfs"])
    .describe("Where the files lie that the workload opens: different file systems are different workloads."),
  isolation: z
    .array(Namespace)
    .exactOptional()
    .describe(
      "Namespaces of the run's own in which every workload runs, because an agent of the plan needs it so; absent: the node's.",
    ),
  stop: z
    .enum(["fixed", "blind"])
    .describe(
      "`fixed`: all blocks. `blind`: after a pilot, as many as the variance of what is budgeted asks for, whatever the costs are. Never more than there are blocks or time.",
    ),
  timeBudgetSeconds: z
    .number()
    .optional()
    .describe("No block is started that would end after this; absent: no limit."),
  budgets: z.array(Budget),
  budgetSource: z.string().describe("Where the budgets come from: a file's name, or \"tare's default\"."),
  budgetDeclared: z
    .boolean()
    .exactOptional()
    .describe("Whether the user declared them; absent in older records."),
});
export type Plan = From<typeof Plan>;

export const BASELINE = "baseline";

type TrialOfAgent = Trial & { readonly agent: string };

export const everyTrialIn = ({ blocks }: Plan): readonly TrialOfAgent[] =>
  blocks.flatMap(({ turns }) =>
    turns.flatMap(({ agent, trials }) => trials.map((trial) => ({ agent, ...trial }))),
  );

/** Every planned trial whose cost is told, with its agent. */
export const trialsIn = (plan: Plan): readonly TrialOfAgent[] =>
  everyTrialIn(plan).filter(({ beside, scale }) => beside === undefined && scale === undefined);
