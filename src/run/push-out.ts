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

export interface Pushing {
  readonly host: Host;
  readonly effects: EffectScope;
  readonly agent: Agent;
  readonly follower: Follower;
  readonly sentinel: Scenario;
  readonly place: Omit<SentinelSpec, "trial" | "intervalMs">;
  readonly signal: AbortSignal;
}

export const pushOut = async ({
  host,
  effects,
  sentinel,
  place,
  signal,
}: Omit<Pushing, "agent" | "follower">): Promise<void> => {
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

/** Pushes, and waits until what was pushed out has come. `operations`: how many there were of the trial. */
export const drainPushed = async (pushing: Pushing, operations: number): Promise<Drained> => {
  const { host, agent, follower, signal } = pushing;
  await follower.advance();
  const { foreign } = follower.counts();
  await pushOut(pushing);
  return await drain(host, follower, operations, signal, agent.flushIntervalMs, {
    foreign,
    quietMs: Math.max(LEAST_BEHIND_MS, (agent.flushIntervalMs ?? 0) - SILENCE_MS),
  });
};

/** As `drain`, and what is missing then is pushed out where the agent may hold it. */
export const drainPushing = async (pushing: Pushing, operations: number): Promise<Drained> => {
  const { host, agent, follower, signal } = pushing;
  const drained = await drain(host, follower, operations, signal, agent.flushIntervalMs);
  if (agent.handsOutInBatches !== true || follower.counts().delivered >= operations) return drained;
  return await drainPushed(pushing, operations);
};
