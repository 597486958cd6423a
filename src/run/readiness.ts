/**
 * An agent is ready when an operation of ours has appeared in its output, for every family it observes. A header line, an open port
 * or a running process prove nothing: what happens before the probes are attached would look like a cheap agent.
 */
import type { Agent, RunningAgent } from "../domain/agent.ts";
import type { EffectScope, Host, HostProcess } from "../domain/host.ts";
import { type Scenario, viewOf } from "../domain/scenario.ts";
import type { Family, Reading } from "../domain/units.ts";
import { attachTo } from "./attach.ts";
import { StageFailure } from "./context.ts";
import { refuseIfDead } from "./crash.ts";
import { closing, follow, type Follower } from "./follow.ts";
import { lastWords } from "./last-lines.ts";
import type { Namespaces } from "./namespaces.ts";
import { SENTINEL_TRIALS, sentinelFailure, startSentinel } from "./sentinel.ts";
import { createStillStarting } from "./still-starting.ts";

const SENTINEL_INTERVAL_MS = 40;
/** For an agent that waits for many, or for silence: at longer intervals it would get neither. */
const BATCHED_INTERVAL_MS = 3;
/** More operations than a sentinel does in the time that it is given. */
const LOAD = { kind: "closed", batches: 1, batchOperations: 65_536, warmupOperations: 0 } as const;
const POLL_MS = 10;
/**
 * A sentinel that shows nothing for so long gives way to a new process. Some see those alone that came after them: the kernel has no audit of a
 * process that was there before anybody first switched audit on.
 */
const RENEW_MS = 3000;
const MAX_MS = 45_000;
/** Of one that need not show every family; longer where it shows none yet and is busy. */
const MAX_OPTIONAL_MS = 10_000;
/** An output that has not grown for so long has nothing on its way. */
const QUIET_MS = 500;
/** How many times as late as the first family another may be. */
const LATER = 3;
/** Once a kind of a family has shown, its others do within this, or its owner's rules do not name them. */
const MAX_KINDS_MS = 2000;

export interface ReadinessRequest {
  readonly agent: Agent;
  readonly running: RunningAgent;
  readonly sentinels: readonly Scenario[];
  readonly directory: string;
  readonly namespaces: Namespaces;
  readonly stderr: string;
  /** CPU time of the agent so far; absent: not known. */
  readonly cpuNs?: () => Promise<Reading<number>>;
  readonly signal: AbortSignal;
}

export interface Ready {
  /** From the first sentinel's start until every one was seen. */
  readonly sentinelMs: number;
  /** Families that showed no sentinel, of an agent that need not, so that nothing of them can be counted. */
  readonly uncounted: readonly Family[];
  /** Of the families that did, the kinds of which no sentinel showed: the rules of its owner do not name them. */
  readonly unseenKinds: readonly string[];
}

export const waitUntilReady = async (
  host: Host,
  effects: EffectScope,
  request: ReadinessRequest,
): Promise<Ready> => {
  const { agent, running, signal } = request;
  const start = host.now();
  // A calibration agent may write nothing, so that it costs nothing but what it is meant to. It proves itself in its start.
  const isSilent = agent.role === "calibration" && running.outputs.length === 0;
  return await closing(async (keep) => {
    const awaited: AwaitedSentinel[] = [];
    const uncounted: Family[] = [];
    for (const scenario of isSilent ? [] : request.sentinels) {
      const { emits } = scenario;
      if (emits === undefined) continue;
      const view = viewOf(agent, scenario) ?? emits;
      const id = SENTINEL_TRIALS[emits.family];
      const follower = keep(await follow(host, running.outputs, view, { id, load: LOAD }));
      if (follower !== undefined) awaited.push({ family: emits.family, scenario, follower });
      else if (agent.costOnly === true || agent.uncounted?.includes(emits.family) === true)
        uncounted.push(emits.family);
      else {
        throw new StageFailure(
          "ready",
          `${agent.id} says it observes ${emits.family} but names no output for it`,
        );
      }
    }
    const sentinels: Sentinel[] = [];
    for (const one of awaited) sentinels.push(await sentinelOf(host, effects, request, one));
    const renew = async (families: readonly Family[]): Promise<void> => {
      for (const [index, { family, scenario, process }] of sentinels.entries()) {
        if (!families.includes(family)) continue;
        process.closeInput();
        await process.exited;
        sentinels[index] = await sentinelOf(host, effects, request, { family, scenario });
      }
    };
    const { unseen, firstMs } = await unseenOf(host, request, awaited, sentinels, renew);
    uncounted.push(...unseen);
    const sentinelMs = host.now() - start;
    const seen = awaited.filter(({ family }) => !uncounted.includes(family));
    const unseenKinds =
      agent.costOnly === true ? await kindsUnseen(host, agent, seen, LATER * firstMs, signal) : [];
    for (const { process } of sentinels) process.closeInput();
    await Promise.all(sentinels.map(({ process }) => process.exited));
    return { sentinelMs, uncounted, unseenKinds };
  });
};

interface AwaitedSentinel {
  readonly family: Family;
  readonly scenario: Scenario;
  readonly follower: Follower;
}

interface Sentinel extends Pick<AwaitedSentinel, "family" | "scenario"> {
  readonly process: HostProcess;
}

const sentinelOf = async (
  host: Host,
  effects: EffectScope,
  request: ReadinessRequest,
  { family, scenario }: Pick<AwaitedSentinel, "family" | "scenario">,
): Promise<Sentinel> => {
  const trial = SENTINEL_TRIALS[family];
  const intervalMs = request.agent.handsOutInBatches === true ? BATCHED_INTERVAL_MS : SENTINEL_INTERVAL_MS;
  const process = await startSentinel(host, effects, scenario, { ...request, trial, intervalMs });
  await attachTo([process.pid], request.running);
  return { family, scenario, process };
};

interface Seen {
  readonly unseen: readonly Family[];
  /** Until the first of them was. */
  readonly firstMs: number;
}

/** Waits until every sentinel was seen. Families that were not; there are none but for an agent with `costOnly`. */
const unseenOf = async (
  host: Host,
  { agent, running, stderr, cpuNs, signal }: ReadinessRequest,
  awaited: readonly AwaitedSentinel[],
  sentinels: readonly Sentinel[],
  renew: (families: readonly Family[]) => Promise<void>,
): Promise<Seen> => {
  const { costOnly = false, showsWithinMs } = agent;
  const isStillStarting = createStillStarting(host, cpuNs);
  const began = host.now();
  let unseen: readonly Family[] = [];
  let firstMs: number | undefined;
  let bytes = 0;
  let grewAt = began;
  let renewedAt = began;
  const waited = await host.until(
    async (past) => {
      for (const { follower } of awaited) await follower.advance();
      unseen = awaited.flatMap(({ family, follower }) => (follower.counts().delivered === 0 ? [family] : []));
      if (unseen.length === 0) return true;
      await refuseIfDead(host, agent, running, "ready");
      for (const { scenario, process } of sentinels) {
        const failure = await sentinelFailure(host, scenario, process, { stderr }, "ready");
        if (failure !== undefined) throw failure;
      }
      if (unseen.length < awaited.length) firstMs ??= host.now() - began;
      if (past(renewedAt, RENEW_MS)) {
        await renew(unseen);
        renewedAt = host.now();
      }
      const read = awaited.reduce((sum, { follower }) => sum + follower.counts().bytes, 0);
      if (read !== bytes) grewAt = host.now();
      bytes = read;
      // Measured before it is attached, it would look cheap.
      if (costOnly && past(began, MAX_OPTIONAL_MS) && (firstMs !== undefined || !(await isStillStarting())))
        return false;
      if (showsWithinMs === undefined || !past(began, showsWithinMs)) return undefined;
      // On a busy node it may have much to write first: as late as one family was, others may be.
      const isLate = firstMs === undefined ? past(grewAt, QUIET_MS) : past(began, LATER * firstMs);
      return isLate ? false : undefined;
    },
    { every: POLL_MS, atMost: MAX_MS, signal },
  );
  if (waited.kind === "met" || costOnly) return { unseen, firstMs: firstMs ?? 0 };
  throw new StageFailure(
    "ready",
    `${agent.id} reported no sentinel operation for ${unseen.join(", ")} within ${waited.seconds} s`,
    await lastWords(host, running),
  );
};

/** An agent whose owner's rules name a part of what happens in turn. */
const kindsUnseen = async (
  host: Host,
  agent: Agent,
  seen: readonly AwaitedSentinel[],
  lateMs: number,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  let unseen: readonly string[] = [];
  await host.until(
    async () => {
      for (const { follower } of seen) await follower.advance();
      unseen = seen.flatMap(({ scenario, follower }) => {
        const { byTechnique } = follower.counts();
        const techniques = viewOf(agent, scenario)?.techniques ?? [];
        return techniques.flatMap(({ id, asked }, index) =>
          asked && byTechnique?.[index] === 0 ? [id] : [],
        );
      });
      return unseen.length === 0 ? true : undefined;
    },
    {
      every: POLL_MS,
      atMost:
        Math.max(lateMs, Math.min(MAX_KINDS_MS, agent.showsWithinMs ?? MAX_KINDS_MS)) +
        (agent.flushIntervalMs ?? 0),
      signal,
    },
  );
  return unseen;
};
