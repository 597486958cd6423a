/**
 * One start of an agent under rising load:
 *
 *     start -> ready -> pilot -> calm -> overload -> bursts -> search for the knee -> overload and recovery -> confirmation -> stop
 *
 * Everything is one line of the record, so that a start which is cut short is done again as a whole. The workload is bounded: its operations are
 * counted beforehand, the driver ends when its standard input does, that is, when tare dies, and a guard outside of tare ends it then too.
 */
import type { Agent } from "../../domain/agent.ts";
import { MAX_PROBE_OPERATIONS, MAX_PROBE_SECONDS, MAX_START_SECONDS } from "../../domain/bounds.ts";
import type { EffectScope } from "../../domain/host.ts";
import { type Scenario, viewOf } from "../../domain/scenario.ts";
import type { LoadGuide, LoadLine, LoadOutcome, LoadTurn, Probe } from "../../domain/under-load.ts";
import { isPlain, rise } from "../../domain/units.ts";
import { watchActivity } from "../../observe/agent-activity.ts";
import { ownPids } from "../agent-pids.ts";
import { cpuFiles } from "../../observe/cpu.ts";
import { readNodeState } from "../../observe/node-state.ts";
import { type RunContext, StageFailure } from "../context.ts";
import { gapIn } from "../coverage.ts";
import { crashWhileStopping } from "../crash.ts";
import { closing } from "../follow.ts";
import { armGuard } from "../guard.ts";
import { agentOf, scenarioOf, startAgent, type StartedAgent } from "../start-agent.ts";
import { findLeftovers, inScope } from "../turn-scope.ts";
import { NodeShort, watchNode } from "../watch-node.ts";
import { closedLoad, type LoadPlace, openLoad, probe } from "./probe.ts";
import { recover } from "./recovery.ts";

/** `loaded`: the starts before it. Returns the line that it has written. */
export const runLoad = async (
  context: RunContext,
  turn: LoadTurn,
  loaded: readonly LoadLine[],
): Promise<LoadLine> => {
  const { host } = context;
  const agent = agentOf(context, turn.agent);
  const scenario = scenarioOf(context, turn.scenario);
  context.emit({ kind: "load", turn, step: "start" });
  const startedAt = host.date();
  const before = await readNodeState(host);
  let started: StartedAgent | undefined;
  const undone: string[] = [];
  const { outcome: conducted, problems } = await inScope(
    context,
    `load on ${agent.id} by ${scenario.id}`,
    async (effects) => {
      try {
        started = await startAgent(context, effects, agent, "usual", { bufferFactor: turn.buffer });
        if (agent.untouched !== true) await guardAgent(context, effects, started);
        return await underLoad(context, turn, { ...started, scenario, loaded, problems: undone });
      } finally {
        await started?.bound.close();
      }
    },
  );
  const crash =
    conducted.kind !== "measured" || started === undefined
      ? undefined
      : await crashWhileStopping(host, agent, started.running, context.signal);
  const { leftovers, foreign } = await findLeftovers(context, agent.id, before);
  const line: LoadLine = {
    type: "load",
    turn,
    startedAt,
    outcome: crash ?? conducted,
    leftovers: [...problems, ...undone, ...leftovers],
    ...(foreign.length === 0 ? {} : { foreign }),
  };
  await context.append(line);
  return line;
};

/** The kernel tells it to end when tare dies, unless it has changed its user since or runs in processes that tare did not start. */
const guardAgent = async (
  { host, scratch, signal }: RunContext,
  effects: EffectScope,
  started: StartedAgent,
): Promise<void> => {
  const pids = await ownPids(host, started);
  if (pids.length === 0) return;
  await armGuard(host, effects, {
    send: "TERM",
    pids,
    seconds: MAX_START_SECONDS,
    purpose: "ends the agent",
    stage: "load",
    stderr: `${scratch}/agent-guard.stderr`,
    signal,
  });
};

interface Started extends StartedAgent {
  readonly scenario: Scenario;
  readonly problems: string[];
  readonly loaded: readonly LoadLine[];
}

const underLoad = async (context: RunContext, turn: LoadTurn, request: Started): Promise<LoadOutcome> => {
  const { host, loadGuide: guide, plan } = context;
  const { agent, running, scenario, cgroup, bound, loaded, settings, readyMs } = request;
  if (guide === undefined) throw new Error("a start under load is planned, and nothing says where to look");
  const refusal = refusalOf(agent, scenario, plan.filesOn);
  const view = viewOf(agent, scenario);
  if (refusal !== undefined) return { kind: "skipped", reason: refusal };
  if (view === undefined) return { kind: "skipped", reason: `${agent.id} does not observe ${scenario.id}` };
  if (running.outputs.every(({ forms }) => forms[view.family] === undefined))
    return { kind: "skipped", reason: "its output does not tell of these operations" };
  return await closing(async (keep) => {
    const watch = keep(await watchNode(host, context.disks, "load"));
    const pids = await ownPids(host, request);
    await request.place(pids, "pinned");
    const activity = keep(await watchActivity(host, await cpuFiles(host, request.node, cgroup, pids)));
    const place: LoadPlace = {
      ...request,
      context,
      view,
      activity,
      watch,
      signal: AbortSignal.any([context.signal, bound.full, watch.signal]),
      readyAt: host.now(),
      used: [],
    };
    const earlier = loaded.flatMap(({ turn: former, outcome }) =>
      former.agent === turn.agent &&
      former.scenario === turn.scenario &&
      former.buffer === turn.buffer &&
      outcome.kind === "measured"
        ? [outcome.probes]
        : [],
    );
    const probes: Probe[] = [];
    const lostBefore = await running.lost();
    const stopped = await partsOf(place, turn, guide, earlier, probes);
    const lostAfter = await running.lost();
    return {
      kind: "measured",
      settings,
      ...(running.knob === undefined || agent.knob === undefined
        ? {}
        : { knob: { name: agent.knob, value: running.knob } }),
      readyMs: Math.round(readyMs),
      declaredLost: rise(lostAfter, lostBefore, "declared loss"),
      probes,
      ...(stopped === undefined ? {} : { stopped }),
    };
  });
};

const refusalOf = (
  agent: Agent,
  scenario: Scenario,
  filesOn: RunContext["plan"]["filesOn"],
): string | undefined => {
  const gap = gapIn(agent, scenario, filesOn);
  // Where not every event is seen by design, what is missing at a high rate is no loss.
  return gap === undefined ? undefined : `by design: ${gap.why}`;
};

/** Why the node ended it; undefined: nothing did. */
const partsOf = async (
  place: LoadPlace,
  turn: LoadTurn,
  guide: LoadGuide,
  earlier: readonly (readonly Probe[])[],
  probes: Probe[],
): Promise<string | undefined> => {
  try {
    await conduct(place, turn, guide, earlier, probes);
    return undefined;
  } catch (error) {
    if (!(error instanceof NodeShort)) throw error;
    place.context.emit({ kind: "problem", message: `${turn.agent}: ${error.message}` });
    return error.why;
  }
};

const PILOT_OPERATIONS = 300;
/** Operations a second: what any agent carries, and enough of them for a 99th percentile; of a slower workload, a share of its speed. */
const CALM_RATE = 200;
const CALM_SHARE = 1 / 10;
const CALM_SECONDS = 3;
const OVERLOAD_SECONDS = 2;
const CONFIRM_SECONDS = 5;
/** Beyond the upper end. */
const EXCEEDING = 1.2;
/** Of the knee; at less than `MIN_FLOOD` it is no overload. */
const FLOOD = 2;
const MIN_FLOOD = 1.2;
const FLOOD_SECONDS = 5;
const RECOVERY = 0.5;
const RECOVERY_SECONDS = MAX_PROBE_SECONDS;
/** That the largest burst takes of the workload alone. */
const BURST_SECONDS = MAX_PROBE_SECONDS / 2;
/** Before a burst, so that nothing of the one before is held any more. */
const QUIET_MS = 2000;

const conduct = async (
  place: LoadPlace,
  turn: LoadTurn,
  guide: LoadGuide,
  earlier: readonly (readonly Probe[])[],
  probes: Probe[],
): Promise<void> => {
  const { context, agent, scenario } = place;
  const { host } = context;
  const most = mostOperations(scenario);
  const emit = (step: string): void => {
    context.emit({ kind: "load", turn, step });
  };
  const add = async (request: Parameters<typeof probe>[1]): Promise<Probe> => {
    const done = await probe(place, request);
    probes.push(done);
    return done;
  };
  const openFor = (rate: number, seconds: number) => {
    const operations = Math.max(1, Math.min(most, Math.round(rate * seconds)));
    return openLoad(rate, operations);
  };

  emit("its usual delay");
  await add({ kind: "pilot", load: closedLoad(PILOT_OPERATIONS), lagMs: 0 });
  const alone = guide.fastest(probes) ?? 1;
  const calm = await add({
    kind: "calm",
    load: openFor(Math.min(CALM_RATE, alone * CALM_SHARE), CALM_SECONDS),
    lagMs: undefined,
  });
  const { lagMs } = calm;
  await add({
    kind: "overload",
    load: closedLoad(Math.min(most, Math.max(PILOT_OPERATIONS, Math.round(alone * OVERLOAD_SECONDS)))),
    lagMs,
  });

  if (turn.parts.includes("burst")) {
    emit("bursts");
    const largest = Math.min(most, Math.round(alone * BURST_SECONDS));
    for (;;) {
      const next = guide.nextBurst(probes, agent.overload, largest);
      if (next === undefined) break;
      await add({ kind: "burst", load: closedLoad(next), lagMs, quietMs: QUIET_MS });
    }
  }

  if (turn.parts.includes("knee")) {
    emit("where it begins to drop");
    const search = guide.search(agent.overload);
    for (const one of probes) search.add(one);
    const endMs = host.now() + turn.seconds * 1000;
    for (;;) {
      const next = search.next();
      if (next === undefined || host.now() + next.seconds * 1000 > endMs) break;
      search.add(await add({ kind: "search", load: openFor(next.rate, next.seconds), lagMs }));
    }
  }

  const knee = guide.knee([...earlier, probes], agent.overload);
  const fastest = guide.fastest(probes) ?? 0;
  if (knee === undefined) return;
  if (turn.parts.includes("recovery") && knee.value !== null) {
    const rate = Math.min(FLOOD * knee.value, fastest);
    if (rate >= MIN_FLOOD * knee.value) {
      emit("overload and recovery");
      const flood = { floodRate: rate, floodSeconds: Math.min(FLOOD_SECONDS, most / rate) };
      const half = RECOVERY * knee.value;
      const after = { rate: half, seconds: Math.min(RECOVERY_SECONDS, most / half) };
      probes.push(...(await recover(place, { ...flood, ...after, lagMs })));
    }
  }
  if (turn.parts.includes("confirm")) {
    emit("whether that holds");
    await add({ kind: "hold", load: openFor(Math.min(knee.low, fastest), CONFIRM_SECONDS), lagMs });
    const beyond = knee.high === null ? undefined : EXCEEDING * knee.high;
    if (beyond !== undefined && beyond <= fastest)
      await add({ kind: "exceed", load: openFor(beyond, CONFIRM_SECONDS), lagMs });
  }
};

const mostOperations = ({ emits, id }: Scenario): number => {
  const family = emits?.family;
  if (family === undefined || !isPlain(family))
    throw new StageFailure("load", `${id} raises no plain events`);
  return MAX_PROBE_OPERATIONS[family];
};
