/**
 * Waits until an agent has done its work: it shows no more operations of ours, and takes no more CPU time than it does when nothing
 * happens. Before a window that keeps the warm-up out of it, after a window it keeps what the window caused in it.
 */
import type { Host } from "../domain/host.ts";
import { known } from "../domain/units.ts";
import type { AgentActivity } from "../observe/agent-activity.ts";
import type { Follower } from "./follow.ts";

const POLL_MS = 8;
/** So long nothing may happen. The scheduler counts a running task at every tick, which is 10 ms at most. */
export const REST_MS = 24;
const MAX_MS = 3000;
/** Of a CPU: what agents that sleep take for waking up now and then. */
const RESTING_SHARE = 0.02;
/** An agent that never sleeps, but polls, takes as much in one of these as in the next. One that works off a backlog takes more than half a CPU. */
const STEADY_MS = 100;
const STEADY_CHANGE = 0.25;
const MAX_STEADY_SHARE = 0.5;

export interface RestRequest {
  readonly activity: Pick<AgentActivity, "cpuNs"> | undefined;
  readonly follower: Pick<Follower, "advance" | "counts"> | undefined;
  /** What the agent was seen to take at rest; kept for its next trials. */
  readonly usual: { share: number };
  /** How long no operation of ours may show, where the agent hands them out by schedule. */
  readonly quietMs?: number | undefined;
  /** How many operations the warm-up had: once each has shown, the agent holds none of them back. */
  readonly warmup?: number;
  readonly signal: AbortSignal;
}

interface Look {
  readonly at: number;
  readonly cpuNs: number | undefined;
  readonly sightings: number;
  readonly warmup: number;
}

/** Why the agent was not at rest in the end, worded for people; undefined when it was. */
export const awaitRest = async (host: Host, request: RestRequest): Promise<string | undefined> => {
  const { activity, follower, usual, quietMs = REST_MS, warmup = Infinity, signal } = request;
  const looks: Look[] = [];
  let lastSighting = host.now();
  const look = async (): Promise<Look> => {
    await follower?.advance();
    const counts = follower?.counts();
    const sightings = counts === undefined ? 0 : counts.delivered + counts.duplicates + counts.foreign;
    const reading = await activity?.cpuNs();
    return {
      at: host.now(),
      cpuNs: reading === undefined ? undefined : known(reading),
      sightings,
      warmup: counts?.warmup ?? 0,
    };
  };
  const waited = await host.until(
    async (past) => {
      const now = await look();
      if (now.sightings !== looks.at(-1)?.sightings) lastSighting = now.at;
      looks.push(now);
      const silentMs = now.warmup >= warmup ? REST_MS : Math.max(quietMs, REST_MS);
      return past(lastSighting, silentMs) && isCalm(looks, usual) ? true : undefined;
    },
    { every: POLL_MS, atMost: MAX_MS + quietMs, signal },
  );
  if (waited.kind === "met") return undefined;
  const share = shareSince(looks, STEADY_MS);
  return `it was not at rest after ${waited.seconds.toFixed(1)} s: ${
    share === undefined ? "it still showed operations" : `it took ${(100 * share).toFixed(0)} % of a CPU`
  }`;
};

/** Of a CPU, over at least the last `ms` before `end`; undefined when it has not been watched for so long. */
const shareSince = (
  looks: readonly Look[],
  ms: number,
  end: Look | undefined = looks.at(-1),
): number | undefined => {
  if (end?.cpuNs === undefined) return undefined;
  const start = looks.findLast(({ at }) => end.at - at >= ms);
  return start?.cpuNs === undefined ? undefined : (end.cpuNs - start.cpuNs) / ((end.at - start.at) * 1e6);
};

const isCalm = (looks: readonly Look[], usual: RestRequest["usual"]): boolean => {
  const now = looks.at(-1);
  if (now?.cpuNs === undefined) return true;
  const share = shareSince(looks, REST_MS);
  if (share === undefined) return false;
  if (share <= Math.max(RESTING_SHARE, (1 + STEADY_CHANGE) * usual.share)) return true;
  const recent = shareSince(looks, STEADY_MS);
  const earlier = shareSince(
    looks,
    STEADY_MS,
    looks.findLast(({ at }) => now.at - at >= STEADY_MS),
  );
  if (recent === undefined || earlier === undefined || recent > MAX_STEADY_SHARE) return false;
  if (Math.abs(recent - earlier) > STEADY_CHANGE * earlier) return false;
  usual.share = recent;
  return true;
};
