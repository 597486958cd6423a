/**
 * An agent is ready when an operation of ours has appeared in its output, for every family it observes. A header line, an open port
 * or a running process prove nothing: what happens before the probes are attached would look like a cheap agent.
 */
import type { Agent, RunningAgent } from "../domain/agent.ts";
import type { EffectScope, Host, HostProcess } from "../domain/host.ts";
import type { Scenario } from "../domain/scenario.ts";
import type { Family } from "../domain/units.ts";
import { attachTo } from "./attach.ts";
import { StageFailure } from "./context.ts";
import { refuseIfDead } from "./crash.ts";
import { programOf } from "./drive.ts";
import { closing, follow, type Follower } from "./follow.ts";
import { lastLines } from "./last-lines.ts";
import { type Namespaces, startedIn } from "./namespaces.ts";

const SENTINEL_INTERVAL_MS = 40;
/** More operations than a sentinel does in the time that it is given. */
const SENTINEL = {
  id: "ffff",
  load: { kind: "closed", batches: 1, batchOperations: 4096, warmupOperations: 0 },
} as const;
const POLL_MS = 10;
const MAX_MS = 45_000;
const MAX_OPTIONAL_MS = 10_000;

export interface ReadinessRequest {
  readonly agent: Agent;
  readonly running: RunningAgent;
  readonly sentinels: readonly Scenario[];
  readonly directory: string;
  readonly namespaces: Namespaces;
  readonly stderr: string;
  readonly signal: AbortSignal;
}

export interface Ready {
  readonly readyMs: number;
  /** Families of an agent with `costOnly` that showed no sentinel, so that nothing of them can be counted. */
  readonly uncounted: readonly Family[];
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
      const follower = keep(await follow(host, running.outputs, emits, SENTINEL));
      if (follower !== undefined) awaited.push({ family: emits.family, scenario, follower });
      else if (agent.costOnly === true) uncounted.push(emits.family);
      else {
        throw new StageFailure(
          "ready",
          `${agent.id} says it observes ${emits.family} but names no output for it`,
        );
      }
    }
    const sentinels: HostProcess[] = [];
    for (const { scenario } of awaited) {
      const sentinel = await startSentinel(host, effects, request, scenario);
      sentinels.push(sentinel);
      await attachTo([sentinel.pid], running);
    }
    uncounted.push(...(await unseenOf(host, request, awaited, signal)));
    const readyMs = host.now() - start;
    for (const sentinel of sentinels) sentinel.closeInput();
    await Promise.all(sentinels.map((sentinel) => sentinel.exited));
    return { readyMs, uncounted };
  });
};

interface AwaitedSentinel {
  readonly family: Family;
  readonly scenario: Scenario;
  readonly follower: Follower;
}

/** Waits until every sentinel was seen. Families that were not; there are none but for an agent with `costOnly`. */
const unseenOf = async (
  host: Host,
  { agent, running }: ReadinessRequest,
  awaited: readonly AwaitedSentinel[],
  signal: AbortSignal,
): Promise<readonly Family[]> => {
  const { costOnly = false } = agent;
  let unseen: readonly Family[] = [];
  const waited = await host.until(
    async () => {
      for (const { follower } of awaited) await follower.advance();
      unseen = awaited.flatMap(({ family, follower }) => (follower.counts().delivered === 0 ? [family] : []));
      if (unseen.length === 0) return true;
      await refuseIfDead(host, agent, running, "ready");
      return undefined;
    },
    { every: POLL_MS, atMost: costOnly ? MAX_OPTIONAL_MS : MAX_MS, signal },
  );
  if (waited.kind === "met" || costOnly) return unseen;
  throw new StageFailure(
    "ready",
    `${agent.id} reported no sentinel operation for ${unseen.join(", ")} within ${waited.seconds} s`,
    await lastLines(host, running.logs),
  );
};

const startSentinel = async (
  host: Host,
  effects: EffectScope,
  { namespaces, directory, stderr }: ReadinessRequest,
  scenario: Scenario,
): Promise<HostProcess> => {
  const [command, ...args] = programOf(host, scenario);
  return await effects.start(
    startedIn(namespaces, {
      command,
      args: [
        ...args,
        "--mode=sentinel",
        `--trial=${SENTINEL.id}`,
        `--interval-ms=${SENTINEL_INTERVAL_MS}`,
        `--directory=${directory}`,
      ],
      stdout: "pipe",
      stderr,
    }),
    { signals: ["SIGTERM"], graceMs: 2000 },
  );
};
