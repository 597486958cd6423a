/**
 * How late an event is when it is the only one: one operation a second until the first shows. After a burst an agent that hands events out by
 * number is at its fastest, and a node that is attacked is quiet.
 */
import type { Agent, RunningAgent } from "../domain/agent.ts";
import type { EffectScope, Host } from "../domain/host.ts";
import { type Scenario, viewOf } from "../domain/scenario.ts";
import { missing, type Reading, value } from "../domain/units.ts";
import { closing, follow, type Follower } from "./follow.ts";
import { SENTINEL_TRIALS, type SentinelSpec, sentinelFailure, startSentinel } from "./sentinel.ts";

/** An address has room for the last digit of a trial alone. */
const TRIAL = "fff7";
const INTERVAL_MS = 1000;
/** Longer than any schedule seen; what waits for a number of events may take minutes. */
const MAX_MS = 15_000;
const POLL_MS = 4;
/** An output that has not grown for so long has nothing of the sentinels before it on its way. */
const QUIET_MS = 200;
/** An agent that reports what the whole node does never comes to rest. */
const MAX_UNREST_MS = 10_000;
/** The first operation alone. */
const LOAD = { kind: "closed", batches: 1, batchOperations: 1, warmupOperations: 0 } as const;

/** Undefined where there is none of which it could be told: no family whose operations are all alike, or an agent that attaches to processes. */
export const loneEventMs = async (
  host: Host,
  effects: EffectScope,
  agent: Agent,
  running: RunningAgent,
  sentinels: readonly Scenario[],
  place: Omit<SentinelSpec, "trial" | "intervalMs">,
  signal: AbortSignal,
): Promise<Reading<number> | undefined> => {
  const scenario = sentinels.find(({ techniques }) => techniques === undefined);
  const view = scenario === undefined ? undefined : viewOf(agent, scenario);
  if (scenario === undefined || view === undefined || running.attach !== undefined) return undefined;
  const trial = view.tokenIn === "address" ? SENTINEL_TRIALS.network : TRIAL;
  return await closing(async (keep) => {
    const follower = keep(await follow(host, running.outputs, view, { id: trial, load: LOAD }));
    if (follower === undefined) return undefined;
    await waitForRest(host, follower, signal);
    const process = await startSentinel(host, effects, scenario, {
      ...place,
      trial,
      intervalMs: INTERVAL_MS,
    });
    // It says that it begins, and does the first operation.
    await process.readLine();
    const began = host.now();
    const waited = await host.until(
      async () => {
        await follower.advance();
        if (follower.counts().delivered > 0) return host.now() - began;
        return await sentinelFailure(host, scenario, process, place, "ready");
      },
      { every: POLL_MS, atMost: MAX_MS, signal },
    );
    process.closeInput();
    await process.exited;
    if (waited.kind === "late")
      return missing(`of one event a second the first did not come within ${waited.seconds} s`);
    return typeof waited.value === "number"
      ? value(Math.round(waited.value * 10) / 10)
      : missing(waited.value.message);
  });
};

/** Behind what the sentinels left in the agent, an event would not be alone. */
const waitForRest = async (host: Host, follower: Follower, signal: AbortSignal): Promise<void> => {
  let bytes = -1;
  let grewAt = host.now();
  await host.until(
    async (past) => {
      await follower.advance();
      const read = follower.counts().bytes;
      if (read === bytes) return past(grewAt, QUIET_MS) ? true : undefined;
      bytes = read;
      grewAt = host.now();
      return undefined;
    },
    { every: POLL_MS, atMost: MAX_UNREST_MS, signal },
  );
};
