/**
 * Pushes out of an agent what it holds back until more has come. What is raised for that is of no trial; what it costs is in no figure, since
 * the agent's CPU time was read before.
 */
import type { Agent } from "../domain/agent.ts";
import type { EffectScope, Host } from "../domain/host.ts";
import type { Scenario } from "../domain/scenario.ts";
import { drain, type Drained } from "./drain.ts";
import type { Follower } from "./follow.ts";
import { SENTINEL_TRIALS, type SentinelSpec, sentinelFailure, startSentinel } from "./sentinel.ts";

/** With an operation each millisecond these are some hundreds, each of several records. */
const PUSH_MS = 600;

export const pushOut = async (
  host: Host,
  effects: EffectScope,
  sentinel: Scenario,
  place: Omit<SentinelSpec, "trial" | "intervalMs">,
  signal: AbortSignal,
): Promise<void> => {
  const trial = SENTINEL_TRIALS[sentinel.emits?.family ?? "exec"];
  const process = await startSentinel(host, effects, sentinel, { ...place, trial, intervalMs: 1 });
  await host.sleep(PUSH_MS, signal);
  process.closeInput();
  await process.exited;
  const failure = await sentinelFailure(host, sentinel, process, place, "drain");
  if (failure !== undefined) throw failure;
};

/** For so long an agent waits for silence before it hands out less than a batch; others that push spare it that. */
const SILENCE_MS = 4000;
/** Of a schedule that is shorter. */
const LEAST_BEHIND_MS = 2000;

/** Pushes, and waits until what was pushed out has come. */
export const drainPushed = async (
  host: Host,
  effects: EffectScope,
  agent: Agent,
  follower: Follower,
  operations: number,
  sentinel: Scenario,
  place: Omit<SentinelSpec, "trial" | "intervalMs">,
  signal: AbortSignal,
): Promise<Drained> => {
  await follower.advance();
  const { foreign } = follower.counts();
  await pushOut(host, effects, sentinel, place, signal);
  return await drain(host, follower, operations, signal, agent.flushIntervalMs, {
    foreign,
    quietMs: Math.max(LEAST_BEHIND_MS, (agent.flushIntervalMs ?? 0) - SILENCE_MS),
  });
};

/** As `drain`, and what is missing then is pushed out where the agent may hold it. */
export const drainPushing = async (
  host: Host,
  effects: EffectScope,
  agent: Agent,
  follower: Follower,
  operations: number,
  sentinel: Scenario,
  place: Omit<SentinelSpec, "trial" | "intervalMs">,
  signal: AbortSignal,
): Promise<Drained> => {
  const drained = await drain(host, follower, operations, signal, agent.flushIntervalMs);
  if (agent.handsOutInBatches !== true || follower.counts().delivered >= operations) return drained;
  return await drainPushed(host, effects, agent, follower, operations, sentinel, place, signal);
};
