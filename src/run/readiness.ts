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
import { describeExit, programOf } from "./drive.ts";
import type { Follower } from "./follow.ts";
import { closing, follow } from "./follow.ts";
import { lastLines } from "./last-lines.ts";
import { startedIn } from "./namespaces.ts";
import type { Namespaces } from "./namespaces.ts";

const SENTINEL_TRIAL = "ffff";
const SENTINEL_INTERVAL_MS = 100;
const MAX_SENTINELS = 4096;
const POLL_MS = 50;
const MAX_MS = 45_000;
/** For events that may never come. */
const MAX_OPTIONAL_MS = 10_000;

export interface ReadinessRequest {
  readonly agent: Agent;
  readonly running: RunningAgent;
  readonly families: readonly Family[];
  readonly scenarios: readonly Scenario[];
  readonly directory: string;
  readonly place: Namespaces;
  readonly stderr: string;
  readonly signal: AbortSignal;
}

export interface Ready {
  /** Milliseconds that it took, counted from the call. */
  readonly readyMs: number;
  /** Families of an agent with `costOnly` that showed no sentinel, so that nothing of them can be counted. */
  readonly uncounted: readonly Family[];
}

export const waitUntilReady = async (
  host: Host,
  effects: EffectScope,
  request: ReadinessRequest,
): Promise<Ready> => {
  const start = host.now();
  const awaited: { readonly family: Family; readonly follower: Follower }[] = [];
  // A calibration agent may write nothing, so that it costs nothing but what it is meant to. It proves itself in its start.
  const families =
    request.agent.injected !== undefined && request.running.outputs.length === 0 ? [] : request.families;
  const { costOnly = false } = request.agent;
  const uncounted: Family[] = [];
  for (const family of families) {
    const follower = await follow(host, request.running.outputs, {
      family,
      trial: SENTINEL_TRIAL,
      operations: MAX_SENTINELS,
      warmup: 0,
    });
    if (follower === undefined && costOnly) {
      uncounted.push(family);
      continue;
    }
    if (follower === undefined) {
      throw new StageFailure(
        "ready",
        `${request.agent.id} says it observes ${family} but names no output for it`,
      );
    }
    awaited.push({ family, follower });
  }
  return await closing(
    awaited.map(({ follower }) => follower),
    async () => {
      const sentinels: HostProcess[] = [];
      for (const { family } of awaited) {
        const sentinel = await startSentinel(host, effects, request, family);
        sentinels.push(sentinel);
        await attachTo(sentinel.pid, request.running);
      }
      for (;;) {
        for (const { follower } of awaited) await follower.advance();
        const unseen = awaited.filter(({ follower }) => follower.counts().delivered === 0);
        if (unseen.length === 0) break;
        await refuseIfDead(host, request.agent, request.running, "ready");
        if (costOnly && host.now() - start > MAX_OPTIONAL_MS * host.timeoutScale) {
          uncounted.push(...unseen.map(({ family }) => family));
          break;
        }
        if (host.now() - start > MAX_MS * host.timeoutScale) {
          const families = unseen.map(({ family }) => family).join(", ");
          throw new StageFailure(
            "ready",
            `${request.agent.id} reported no sentinel operation for ${families} within ${(MAX_MS * host.timeoutScale) / 1000} s`,
            await lastLines(host, request.running.logs),
          );
        }
        await host.sleep(POLL_MS, request.signal);
      }
      const readyMs = host.now() - start;
      for (const sentinel of sentinels) sentinel.closeInput();
      await Promise.all(sentinels.map((sentinel) => sentinel.exited));
      return { readyMs, uncounted };
    },
  );
};

const startSentinel = async (
  host: Host,
  effects: EffectScope,
  request: ReadinessRequest,
  family: Family,
): Promise<HostProcess> => {
  const scenario = request.scenarios.find((candidate) => candidate.family === family);
  if (scenario === undefined) throw new StageFailure("ready", `no scenario raises ${family} events`);
  const [command, ...args] = programOf(host, scenario);
  return await effects.start(
    startedIn(request.place, {
      command,
      args: [
        ...args,
        "--mode=sentinel",
        `--trial=${SENTINEL_TRIAL}`,
        `--interval-ms=${SENTINEL_INTERVAL_MS}`,
        `--directory=${request.directory}`,
      ],
      stdout: "pipe",
      stderr: request.stderr,
    }),
    { signals: ["SIGTERM"], graceMs: 2000 },
  );
};

/** Throws when one of the agent's processes has ended: nothing it was asked to see is seen any more. */
export const refuseIfDead = async (
  host: Host,
  agent: Agent,
  running: RunningAgent,
  stage: string,
): Promise<void> => {
  for (const process of running.processes) {
    const exit = process.exit();
    if (exit !== undefined) {
      throw new StageFailure(
        stage,
        `${agent.id} (pid ${process.pid}) ended by itself: ${describeExit(exit)}`,
        await lastLines(host, running.logs),
      );
    }
  }
};
