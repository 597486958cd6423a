/**
 * What one agent sees (docs/coverage.md): it is started as for a turn, every technique is done a few times under no load, and what it wrote is
 * searched for each operation.
 *
 *     started, ready -> program prepared -> techniques done -> output at rest -> what it told of each
 */
import type { Agent } from "../domain/agent.ts";
import { claimFor } from "../domain/claim.ts";
import type { EffectScope, Host } from "../domain/host.ts";
import type { CoveragePlan, CoverageTurn } from "../domain/plan.ts";
import type { CoverageOutcome, TechniqueTried } from "../domain/record.ts";
import { techniqueOf } from "../domain/techniques/all.ts";
import { type Family, known, rise } from "../domain/units.ts";
import { notCounted, whyUncounted, whyUntried } from "../domain/untried.ts";
import type { DoneOperation } from "../domain/technique-line.ts";
import type { Telling } from "../domain/telling.ts";
import { readNodeState } from "../observe/node-state.ts";
import { eventsAbout, excerptOf, toldOf, type ToldEvent } from "../observe/told.ts";
import type { RunContext } from "./context.ts";
import { refuseIfDead } from "./crash.ts";
import { collectOutput, type OutputCollector } from "./collect-output.ts";
import { closing } from "./follow.ts";
import { pushOut } from "./push-out.ts";
import { agentOf, startAgent, type StartedAgent } from "./start-agent.ts";
import { prepareTechniques, type TechniquesDone } from "./try-techniques.ts";
import { findLeftovers, inScope } from "./turn-scope.ts";
import { type NamedPath, withoutPaths } from "./without-paths.ts";

export const runCoverage = async (
  context: RunContext,
  coverage: CoveragePlan,
  turn: CoverageTurn,
): Promise<void> => {
  const { host } = context;
  const agent = agentOf(context, turn.agent);
  context.emit({ kind: "coverage", agent: agent.id });
  const startedAt = host.date();
  const before = await readNodeState(host);
  const { outcome, problems } = await inScope(context, `coverage of ${agent.id}`, (effects) =>
    tryAll(alone(context, agent), effects, agent, coverage, turn),
  );
  const { leftovers, foreign } = await findLeftovers(context, agent.id, before);
  await context.append({
    type: "coverage",
    id: turn.id,
    agent: agent.id,
    startedAt,
    outcome,
    leftovers: [...problems, ...leftovers],
    ...(foreign.length === 0 ? {} : { foreign }),
  });
};

/** Nothing is compared: each agent has the namespaces that it asks for itself, and all families that it observes. */
const alone = (context: RunContext, { isolation = [] }: Agent): RunContext => {
  const { isolation: _ofTheRun, ...plan } = context.plan;
  return {
    ...context,
    plan: { ...plan, scenarios: [], ...(isolation.length === 0 ? {} : { isolation: [...isolation] }) },
  };
};

const tryAll = async (
  context: RunContext,
  effects: EffectScope,
  agent: Agent,
  { times, techniques }: CoveragePlan,
  { id }: CoverageTurn,
): Promise<CoverageOutcome> => {
  const { host, signal } = context;
  const { telling } = agent;
  const untried = whyUntried(agent);
  if (untried !== undefined || telling === undefined)
    return { kind: "skipped", reason: untried ?? "its data sheet does not say how its output is read" };
  return await closing(async (keep) => {
    const started = await startAgent(context, effects, agent, "usual", { triesLoneEvent: false });
    const { running, namespaces, settings, bound } = started;
    keep(bound);
    const uncounted = [...(agent.uncounted ?? []), ...started.uncounted];
    const silent = whyUncounted(agent.observes, uncounted);
    if (silent !== undefined) return { kind: "skipped", reason: silent };
    // Seen on a busy node: its lines of the same operations were at times all there, in part, or not at all.
    if (running.attach !== undefined)
      return {
        kind: "skipped",
        reason:
          "it traces what it is attached to, and in some runs its lines were missing for a cause not found",
      };
    const output = keep(await collectOutput(host, running.outputs));
    const tried = await prepareTechniques(host, effects, {
      id,
      times,
      techniques,
      directory: context.watchedDirectory,
      stderr: `${context.scratch}/coverage.stderr`,
      namespaces,
      signal: AbortSignal.any([signal, bound.full]),
    });
    const lostBefore = await running.lost();
    const done = await tried.go();
    await settle(context, effects, started, output, done.operations);
    await refuseIfDead(host, agent, running, "coverage");
    const cut = bound.cut() ?? output.cut();
    if (cut !== undefined) return { kind: "skipped", reason: `not searched: ${cut}` };
    const lost = known(rise(await running.lost(), lostBefore, "declared loss"));
    const events = eventsAbout(output.text(), telling, done.operations);
    // A page travels further than the node that it is about.
    const places = [
      [context.watchedDirectory, "DIR"],
      [host.root, "TARE"],
    ] as const;
    const told = (technique: string): TechniqueTried =>
      toldOfTechnique(technique, done, events, { agent, telling, settings, uncounted }, places);
    return {
      kind: "tried",
      settings,
      techniques: techniques.map(told),
      ...(lost === undefined ? {} : { lost }),
    };
  });
};

const SETTLE_POLL_MS = 20;
/** No new sign of an operation for so long: longer than any flush interval seen, but for agents that name theirs. */
const SETTLE_QUIET_MS = 1000;
const SETTLE_MAX_MS = 30_000;

/** Waits until nothing of the operations comes any more. */
const settle = async (
  { host, signal, scratch, watchedDirectory }: RunContext,
  effects: EffectScope,
  { agent, sentinels, namespaces }: StartedAgent,
  output: OutputCollector,
  operations: readonly DoneOperation[],
): Promise<void> => {
  await awaitQuiet(host, output, operations, agent.flushIntervalMs, signal);
  const [sentinel] = sentinels;
  if (agent.handsOutInBatches !== true || sentinel === undefined) return;
  const place = { directory: watchedDirectory, namespaces, stderr: `${scratch}/sentinel.stderr` };
  await pushOut({ host, effects, sentinel, place, signal });
  await awaitQuiet(host, output, operations, agent.flushIntervalMs, signal);
};

/** As much of a mark as all operations have: their trial, and their first octets. */
const MARK_HEADS = [/^TK-[0-9a-f]{4}-/, /^127\.\d+\./];

const headsOf = (operations: readonly DoneOperation[]): readonly string[] => [
  ...new Set(
    operations.flatMap(({ marks }) =>
      marks.flatMap((mark) => MARK_HEADS.flatMap((head) => head.exec(mark)?.[0] ?? [])),
    ),
  ),
];

const awaitQuiet = async (
  host: Host,
  output: OutputCollector,
  operations: readonly DoneOperation[],
  flushIntervalMs: number | undefined,
  signal: AbortSignal,
): Promise<void> => {
  const heads = headsOf(operations);
  const quietMs = Math.max(SETTLE_QUIET_MS, flushIntervalMs ?? 0);
  let signs = -1;
  let changedAt = host.now();
  await host.until(
    async (past) => {
      const now = await output.advance(heads);
      if (now !== signs) {
        signs = now;
        changedAt = host.now();
      }
      return past(changedAt, quietMs) ? true : undefined;
    },
    { every: SETTLE_POLL_MS, atMost: SETTLE_MAX_MS + 2 * quietMs, signal },
  );
};

interface Reader {
  readonly agent: Agent;
  readonly telling: Telling;
  readonly settings: Readonly<Record<string, string>>;
  readonly uncounted: readonly Family[];
}

const toldOfTechnique = (
  id: string,
  { operations, skipped }: TechniquesDone,
  events: readonly ToldEvent[],
  { agent, telling, settings, uncounted }: Reader,
  places: readonly NamedPath[],
): TechniqueTried => {
  const technique = techniqueOf(id);
  if (technique === undefined) throw new Error(`the plan names the technique "${id}", which there is not`);
  const reason = skipped.get(id);
  if (reason !== undefined) return { kind: "skipped", technique: id, reason };
  const { asked } = technique;
  if (asked !== undefined && uncounted.includes(asked))
    return { kind: "skipped", technique: id, reason: notCounted([asked]) };
  const own = operations.filter((operation) => operation.technique === id);
  const told = own.map((operation) => ({ operation, ...toldOf(events, telling, technique.deed, operation) }));
  const otherwise = told.filter(({ told: what }) => what === "otherwise");
  const [first] = otherwise;
  const { claimed, why } = claimFor(agent, technique, settings);
  return {
    kind: "tried",
    technique: id,
    times: own.length,
    right: told.filter(({ told: what }) => what === "right").length,
    otherwise: otherwise.length,
    claimed,
    claim: why,
    ...(first?.event === undefined
      ? {}
      : {
          example: withoutPaths(excerptOf(first.event, first.operation), places),
        }),
  };
};
