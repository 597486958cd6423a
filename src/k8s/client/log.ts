/**
 * A pod's log, line by line. The API gives a log from its beginning, or from a second on, and of a log that was rotated only the newest file: to
 * go on behind a line, lines are asked for with their times, from the second of the last one on, and those that were read are passed over.
 */
import { ClusterError, type FollowOptions } from "../cluster.ts";
import { clusterErrorOf, statusIn } from "./errors.ts";
import { textLines } from "./text-lines.ts";
import type { OpenStream } from "./stream.ts";

/** How far a log was read: kept for as long as the process lives, since it cannot be found again once the log was rotated. */
interface Place {
  /** Lines that were handed on. */
  lines: number;
  /** Of the last one, as the log has it. */
  time: string | undefined;
  /** Lines of that very time. */
  ofThatTime: number;
}

export interface Logs {
  follow(namespace: string, pod: string, options: FollowOptions): AsyncGenerator<string>;
}

/** `hasEnded`: whether the pod's container has, so that the end of the answer is that of the log. */
export const createLogs = (
  open: OpenStream,
  server: string,
  hasEnded: (namespace: string, pod: string) => Promise<boolean>,
): Logs => {
  const places = new Map<string, Place>();

  async function* follow(
    namespace: string,
    pod: string,
    { fromLine = 0, follow = true, signal }: FollowOptions,
  ): AsyncGenerator<string> {
    const key = `${namespace}/${pod}`;
    const known = places.get(key);
    const goesOn = known !== undefined && known.lines === fromLine && known.time !== undefined;
    const place: Place = goesOn ? known : { lines: 0, time: undefined, ofThatTime: 0 };
    places.set(key, place);
    const url = new URL(
      `${server}/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`,
    );
    url.searchParams.set("timestamps", "true");
    url.searchParams.set("follow", String(follow));
    const behind = createBehind(goesOn ? place : undefined);
    if (place.time !== undefined)
      url.searchParams.set("sinceTime", `${place.time.slice(0, SECONDS)}${zoneOf(place.time)}`);
    try {
      // Of a log that is followed the tail may be half of what is being written, and comes again.
      for await (const text of textLines(await open(url, signal, isWaiting), !follow)) {
        const line = stamped(text);
        if (behind(line)) continue;
        advance(place, line.time);
        if (place.lines > fromLine || goesOn) yield line.text;
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw clusterErrorOf(error, { server });
    }
    if (!follow || (await hasEnded(namespace, pod))) return;
    throw new ClusterError("unreachable", `the log of pod ${key} broke off; its container still runs`);
  }
  return { follow };
};

/** Its container is about to come up: later there is a log. */
const WAITING = /waiting to start|ContainerCreating|PodInitializing/;

const isWaiting = (code: number, body: string): ClusterError | undefined => {
  const { message } = statusIn(body);
  return code === 400 && WAITING.test(message) ? new ClusterError("unreachable", message) : undefined;
};

const advance = (place: Place, time: string | undefined): void => {
  place.lines += 1;
  if (time === undefined) return;
  place.ofThatTime = time === place.time ? place.ofThatTime + 1 : 1;
  place.time = time;
};

/** Of `2026-01-01T00:00:00`. */
const SECONDS = 19;

const zoneOf = (time: string): string => /(?:Z|[+-]\d\d:\d\d)$/.exec(time)?.[0] ?? "Z";

/** Nanoseconds since 1970: two times of one second differ behind the third digit. */
const nanosOf = (time: string): bigint => {
  const [, digits = ""] = /\.(\d{1,9})/.exec(time) ?? [];
  const second = Date.parse(`${time.slice(0, SECONDS)}${zoneOf(time)}`);
  return BigInt(second) * 1_000_000n + BigInt(digits.padEnd(9, "0"));
};

interface Stamped {
  readonly time: string | undefined;
  readonly text: string;
}

/** Whether a line was read before. */
const createBehind = (place: Place | undefined): ((line: Stamped) => boolean) => {
  if (place?.time === undefined) return () => false;
  const { time: last, ofThatTime } = place;
  const lastNanos = nanosOf(last);
  let same = 0;
  let isBeyond = false;
  return ({ time }) => {
    if (isBeyond || time === undefined) return false;
    if (time === last) {
      same += 1;
      return same <= ofThatTime;
    }
    isBeyond = nanosOf(time) > lastNanos;
    return !isBeyond;
  };
};

const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) ?/;

const stamped = (line: string): Stamped => {
  const [whole = "", time] = STAMP.exec(line) ?? [];
  return { time, text: line.slice(whole.length) };
};
