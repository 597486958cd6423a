/** One trial that a guest told of -> its outcome in the record. */
import type { Agent, AgentOutput, GuestStart } from "../domain/agent.ts";
import type { CountedOutcome } from "../domain/trial-outcome.ts";
import { TareError } from "../domain/errors.ts";
import { type Scenario, type View, viewOf } from "../domain/scenario.ts";
import { type Reading, missing, rise, value } from "../domain/units.ts";
import { createLineFilter } from "../observe/line-filter.ts";
import { createTally } from "../observe/ledger.ts";
import type { SaidPhase, SaidTrial, SaidTurn } from "./serial.ts";
import type { Phase } from "./turns.ts";

export interface CountedAgent {
  readonly agent: Pick<Agent, "id" | "observes" | "costOnly" | "uncounted">;
  readonly start: GuestStart;
}

const total = <T>(items: readonly T[], pick: (item: T) => number): number =>
  items.reduce((sum, item) => sum + pick(item), 0);

/** A clock that counts instructions as nanoseconds counts a thousand of them as a microsecond. */
const PER_MICROSECOND = 1000;

const NO_AGENT = "no agent runs";

interface Edges {
  readonly before: string;
  readonly after: string;
  readonly drained: string;
}

/** What the driver read of its snapshot files at the edges of the window, and when the agent was at rest. */
const edgesIn = ({ result, drained }: SaidTrial): ReadonlyMap<string, Edges> => {
  const last = new Map(drained.snapshots.flatMap((one) => ("text" in one ? [[one.path, one.text]] : [])));
  return new Map(
    result.snapshots.flatMap((one) => {
      const text = last.get(one.path);
      return "error" in one || text === undefined
        ? []
        : [[one.path, { before: one.before, after: one.after, drained: text }]];
    }),
  );
};

interface Parts {
  readonly inWindow: number;
  readonly afterwards: number;
}

const partsOf = (edges: Edges, read: (text: string) => number): Parts => ({
  inWindow: read(edges.after) - read(edges.before),
  afterwards: read(edges.drained) - read(edges.after),
});

/** The words of /proc/<pid>/schedstat: nanoseconds on the CPU, waiting for it, and how often it was put there. */
const schedstat = (index: 0 | 2) => (text: string) => Number(text.trim().split(" ")[index]);

const usageOf = (text: string): number => Number(/^usage_usec (\d+)$/m.exec(text)?.[1]) * PER_MICROSECOND;

type AllEdges = ReadonlyMap<string, Edges>;

/** What has been done by then: the time of the CPU's list of timers, without that in which it was idle. */
const doneBy = (timers: string): number => {
  const [now, idle] = [/^now at (\d+) nsecs$/m, /^\s*\.idle_sleeptime\s*: (\d+) nsecs$/m].map((pattern) =>
    Number(pattern.exec(timers)?.[1]),
  );
  return (now ?? Number.NaN) - (idle ?? Number.NaN);
};

const TIMERS = "/proc/timer_list";

/**
 * All between the edges, at which what the agent spent is read too: what it does in the window and beyond its end is in one of both.
 *
 * @throws TareError `run-failed` where the guest's kernel does not tell it
 */
const doneIn = (trial: SaidTrial): number => {
  const own = edgesIn(trial).get(TIMERS);
  const done = own === undefined ? Number.NaN : partsOf(own, doneBy).inWindow;
  if (Number.isSafeInteger(done)) return done;
  throw new TareError(
    "run-failed",
    `${trial.scenario}: the guest's ${TIMERS} does not tell how long its CPU was idle`,
    "its kernel must have no idle ticks (CONFIG_NO_HZ_COMMON), as Debian's has",
  );
};

const batchesIn = ({ result }: SaidTrial) => result.operations.flatMap((operation) => operation.batches);

/** Between the edges and the operations lies some work of the driver's: as much as around a window of nothing. */
const instructionsIn = (trial: SaidTrial, quiet: SaidTrial): number => {
  const paced = (one: SaidTrial): number =>
    doneIn(one) - total(batchesIn(one), ({ paceCpuNs = 0 }) => paceCpuNs);
  return paced(trial) - (paced(quiet) - total(batchesIn(quiet), ({ wallNs }) => wallNs));
};

/** All that a group of the agent's holds, with the groups below it. Undefined where there is none. */
const groupIn = (edges: AllEdges, group: "agent" | "agent/client"): Parts | undefined => {
  const own = edges.get(`/sys/fs/cgroup/${group}/cpu.stat`);
  return own === undefined ? undefined : partsOf(own, usageOf);
};

const beyond = (quiet: Parts, { inWindow, afterwards }: Parts): Parts => ({
  inWindow,
  afterwards: afterwards - quiet.afterwards,
});

/** By name: which of several of one name does the work is chance. */
const threadsIn = ({ threadFiles }: SaidTrial, edges: AllEdges): ReadonlyMap<string, Parts> => {
  const found = new Map<string, Parts>();
  for (const [file, name] of threadFiles) {
    const own = edges.get(file);
    if (own === undefined) continue;
    const { inWindow, afterwards } = partsOf(own, schedstat(0));
    const others = found.get(name) ?? { inWindow: 0, afterwards: 0 };
    found.set(name, {
      inWindow: others.inWindow + inWindow,
      afterwards: others.afterwards + afterwards,
    });
  }
  return found;
};

/** What was done for the events, without what is done all the time. Those that did nothing are left out. */
const spentBeyond = (
  trial: SaidTrial,
  quiet: SaidTrial,
): Pick<
  CountedOutcome,
  "agent" | "agentAfterwards" | "client" | "kernelThreads" | "kernelThreadsAfterwards"
> => {
  const [edges, quietEdges] = [edgesIn(trial), edgesIn(quiet)];
  const [agent, resting] = [groupIn(edges, "agent"), groupIn(quietEdges, "agent")];
  const [client, idle] = [groupIn(edges, "agent/client"), groupIn(quietEdges, "agent/client")];
  const quietThreads = threadsIn(quiet, quietEdges);
  const threads = [...threadsIn(trial, edges)].map(([name, { inWindow, afterwards }]) => ({
    name,
    inWindow,
    afterwards: afterwards - (quietThreads.get(name)?.afterwards ?? 0),
  }));
  const by = (pick: (one: Parts) => number): Record<string, number> =>
    Object.fromEntries(threads.filter((one) => pick(one) !== 0).map((one) => [one.name, pick(one)]));
  return {
    agent: agent === undefined ? missing(NO_AGENT) : value(agent.inWindow),
    agentAfterwards:
      agent === undefined || resting === undefined
        ? missing(NO_AGENT)
        : value(beyond(resting, agent).afterwards),
    ...(client === undefined || idle === undefined ? {} : { client: beyond(idle, client) }),
    kernelThreads: by(({ inWindow }) => inWindow),
    kernelThreadsAfterwards: by(({ afterwards }) => afterwards),
  };
};

const switchesOf = (trial: SaidTrial): Reading<number> => {
  const edges = edgesIn(trial);
  const { ownFiles } = trial;
  const own = ownFiles.flatMap((file) => edges.get(file) ?? []);
  return own.length === 0
    ? missing(NO_AGENT)
    : value(
        total(
          own.map((one) => partsOf(one, schedstat(2))),
          ({ inWindow }) => inWindow,
        ),
      );
};

const medianOf = ({ result }: Pick<SaidTrial, "result">): Reading<number> => {
  const buckets = result.operations[0]?.service.buckets ?? [];
  const half = total(buckets, ([, count]) => count) / 2;
  let below = 0;
  for (const [instructions, count] of buckets) {
    below += count;
    if (below >= half) return value(instructions);
  }
  return missing("no operation was timed");
};

const ofPhase = ({ phases }: SaidTurn, { scenario }: SaidTrial, phase: Phase): SaidPhase | undefined =>
  phases.find((one) => one.phase === phase && one.scenario === scenario);

/** A file of /proc/<pid>/fdinfo for a BPF program. */
const runTime = (text: string): number => Number(/^run_time_ns:\s*(\d+)$/m.exec(text)?.[1]);

const inProgramsOf = (said: SaidPhase | undefined): Reading<number> => {
  if (said?.programs === undefined) return missing("no account was kept of BPF programs");
  const { loaded, files } = said.programs;
  if (loaded !== files.length)
    return missing(`the kernel held ${loaded} BPF programs, of which ${files.length} are open in the agent`);
  const spent = said.result.snapshots.flatMap((one) =>
    "before" in one && files.includes(one.path) ? [runTime(one.after) - runTime(one.before)] : [],
  );
  const sum = total(spent, (one) => one);
  return spent.length === files.length && Number.isFinite(sum)
    ? value(sum / total(said.result.operations, ({ count }) => count))
    : missing("the kernel keeps no account of BPF programs (before 5.1)");
};

const phasesOf = (trial: SaidTrial, turn: SaidTurn): NonNullable<CountedOutcome["phases"]> => {
  const median = (phase: Phase, why: string): Reading<number> => {
    const said = ofPhase(turn, trial, phase);
    return said === undefined ? missing(why) : medianOf(said);
  };
  return {
    silent: median("silent", "its file does not say how it is started with nothing to report"),
    unread: median("unread", "it was not frozen"),
    programs: inProgramsOf(ofPhase(turn, trial, "programs")),
  };
};

const deliveredIn = (
  { id, result }: SaidTrial,
  { outputs }: SaidTurn,
  view: View,
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
  // What its owner did not ask it to report is no loss.
  const { costOnly, uncounted = [] } = counted.agent;
  const isCostOnly = costOnly === true || uncounted.includes(view.family);
  const isSilent = isCostOnly && found?.delivered === 0;
  if (found === undefined || isSilent)
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
  const { result } = trial;
  const batches = batchesIn(trial);
  const kept = [...turn.outputs.values()];
  return {
    kind: "counted",
    operation: result.operations[0]?.operation ?? scenario.id,
    operations: total(batches, ({ operations }) => operations),
    instructions: instructionsIn(trial, turn.quiet),
    workload: total(batches, ({ cpuNs }) => cpuNs),
    ...spentBeyond(trial, turn.quiet),
    median: medianOf(trial),
    ...(counted === undefined ? {} : { phases: phasesOf(trial, turn) }),
    switches: switchesOf(trial),
    ledger: ledgerOf(trial, turn, scenario, counted),
    outputBytes: kept.length === 0 ? missing(NO_AGENT) : value(total(kept, (content) => content.length)),
  };
};
