/** One trial that a guest told of -> its outcome in the record. */
import type { Agent, AgentOutput, GuestStart } from "../domain/agent.ts";
import type { CountedOutcome } from "../domain/record.ts";
import { type Scenario, type View, viewOf } from "../domain/scenario.ts";
import { type Reading, missing, rise, value } from "../domain/units.ts";
import { createLineFilter } from "../observe/line-filter.ts";
import { createTally } from "../observe/ledger.ts";
import type { SaidTrial, SaidTurn, Spent } from "./serial.ts";

export interface CountedAgent {
  readonly agent: Pick<Agent, "id" | "observes">;
  readonly start: GuestStart;
}

const total = <T>(items: readonly T[], pick: (item: T) => number): number =>
  items.reduce((sum, item) => sum + pick(item), 0);

/** A clock that counts instructions as nanoseconds counts a thousand of them as a microsecond. */
const PER_MICROSECOND = 1000;

const NO_AGENT = "no agent runs";

const agentBetween = (from: Spent, to: Spent): Reading<number> =>
  from.agent === undefined || to.agent === undefined
    ? missing(NO_AGENT)
    : value((to.agent - from.agent) * PER_MICROSECOND);

/** Between two looks at them; one that was not there before had spent nothing. */
const threadsBetween = (from: Spent, to: Spent): Record<string, number> =>
  Object.fromEntries([...to.threads].map(([name, spent]) => [name, spent - (from.threads.get(name) ?? 0)]));

const less = (first: Reading<number>, second: Reading<number>): Reading<number> => {
  if (first.kind === "missing") return first;
  return second.kind === "missing" ? second : value(first.value - second.value);
};

/** Threads that did nothing are left out. */
const busy = (threads: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(threads).filter(([, spent]) => spent !== 0));

const medianOf = ({ result }: SaidTrial): Reading<number> => {
  const buckets = result.operations[0]?.service.buckets ?? [];
  const half = total(buckets, ([, count]) => count) / 2;
  let below = 0;
  for (const [instructions, count] of buckets) {
    below += count;
    if (below >= half) return value(instructions);
  }
  return missing("no operation was timed");
};

const deliveredIn = (
  { id, result }: SaidTrial,
  { outputs }: SaidTurn,
  { emits: _emits, ...view }: View & { readonly emits?: never },
  files: readonly AgentOutput[],
): { readonly delivered: number; readonly duplicates: number } | undefined => {
  const operations = total(result.operations, ({ count }) => count);
  const counts = files.flatMap(({ path, forms, lines }) => {
    const [form, content] = [forms[view.family], outputs.get(path)];
    if (form === undefined || content === undefined) return [];
    const tally = createTally({
      form,
      tokenIn: view.tokenIn,
      trial: id,
      operations,
      ...(view.techniques === undefined ? {} : { techniques: view.techniques.map(({ asked }) => asked) }),
    });
    const feed = (chunk: Uint8Array): void => {
      tally.feed(chunk);
    };
    const beginning = lines?.[view.family];
    (beginning === undefined ? feed : createLineFilter(feed, beginning))(content);
    return [tally.end()];
  });
  return counts.length === 0
    ? undefined
    : {
        delivered: total(counts, (one) => one.delivered),
        duplicates: total(counts, (one) => one.duplicates),
      };
};

const ledgerOf = (
  trial: SaidTrial,
  turn: SaidTurn,
  scenario: Scenario,
  counted: CountedAgent | undefined,
): CountedOutcome["ledger"] => {
  const { emits, id } = scenario;
  if (emits === undefined)
    return {
      kind: "not-observed",
      cause: "no-events",
      why: `${id} raises no event that a sensor is asked for`,
    };
  const who = counted?.agent.id ?? "the baseline";
  const notObserved = {
    kind: "not-observed",
    cause: "by-design",
    why: `${who} observes no ${emits.family} events`,
  } as const;
  const view = counted === undefined ? undefined : viewOf(counted.agent, scenario);
  if (counted === undefined || view === undefined) return notObserved;
  const found = deliveredIn(trial, turn, view, counted.start.outputs);
  if (found === undefined)
    return { ...notObserved, cause: "not-counted", why: `nothing that ${who} writes tells of them` };
  const { lost } = counted.start;
  return {
    kind: "counted",
    operations: total(trial.result.operations, ({ count }) => count),
    ...found,
    declaredLost:
      lost === undefined || trial.lost === undefined
        ? missing(`${who} has no counter of losses`)
        : rise(lost.read(trial.lost[1]), lost.read(trial.lost[0]), "lost events"),
    // Events are looked for when the turn has ended, so that none is late.
    drainMs: 0,
    drained: true,
  };
};

export const outcomeOf = (
  trial: SaidTrial,
  turn: SaidTurn,
  scenario: Scenario,
  counted: CountedAgent | undefined,
): CountedOutcome => {
  const { before, after, drained, idle, result } = trial;
  const batches = result.operations.flatMap((operation) => operation.batches);
  const kept = [...turn.outputs.values()];
  const switches = (from: Spent, to: Spent): Reading<number> =>
    from.runs === undefined || to.runs === undefined ? missing(NO_AGENT) : value(to.runs - from.runs);
  const quiet = threadsBetween(drained, idle);
  return {
    kind: "counted",
    operation: result.operations[0]?.operation ?? scenario.id,
    operations: total(batches, ({ operations }) => operations),
    instructions: total(batches, ({ wallNs }) => wallNs),
    workload: total(batches, ({ cpuNs }) => cpuNs),
    agent: agentBetween(before, after),
    agentAfterwards: less(agentBetween(after, drained), agentBetween(drained, idle)),
    kernelThreads: busy(threadsBetween(before, after)),
    kernelThreadsAfterwards: busy(
      Object.fromEntries(
        Object.entries(threadsBetween(after, drained)).map(([name, spent]) => [
          name,
          spent - (quiet[name] ?? 0),
        ]),
      ),
    ),
    median: medianOf(trial),
    switches: less(switches(before, drained), switches(drained, idle)),
    ledger: ledgerOf(trial, turn, scenario, counted),
    outputBytes: kept.length === 0 ? missing(NO_AGENT) : value(total(kept, (content) => content.length)),
  };
};
