/**
 * A pod's log, line by line. The API gives a log from its beginning, or from a second on, and of a log that was rotated only the newest file: to
 * go on behind a line, lines are asked for with their times, from the second of the last one on, and those that were read are passed over.
 */
import {
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  type KubeConfig,
  RequestContext,
} from "@kubernetes/client-node";
import { ClusterError, type FollowOptions } from "../cluster.ts";
import { answered, clusterErrorOf, statusIn } from "./errors.ts";

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
  config: KubeConfig,
  server: string,
  hasEnded: (namespace: string, pod: string) => Promise<boolean>,
): Logs => {
  const places = new Map<string, Place>();
  const http = new IsomorphicFetchHttpLibrary();

  const open = async (url: URL, signal: AbortSignal | undefined): Promise<AsyncIterable<Uint8Array>> => {
    const request = new RequestContext(url.toString(), HttpMethod.GET);
    await config.applySecurityAuthentication(request);
    if (signal !== undefined) request.setSignal(signal);
    const response = await http.send(request).toPromise();
    const { httpStatusCode: code, body } = response;
    if (code !== 200) throw refusal(code, await body.text(), server);
    return body.stream() ?? NOTHING;
  };

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
      for await (const line of stampedLines(await open(url, signal), follow)) {
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

const NOTHING: AsyncIterable<Uint8Array> = (async function* () {})();

/** Its container is about to come up: later there is a log. */
const WAITING = /waiting to start|ContainerCreating|PodInitializing/;

const refusal = (code: number, body: string, server: string): ClusterError => {
  const status = statusIn(body);
  return code === 400 && WAITING.test(status.message)
    ? new ClusterError("unreachable", status.message)
    : answered(code, status, { server });
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

/** No line of a record is nearly as long. */
const MAX_LINE_BYTES = 1 << 26;
const LINE_FEED = 0x0a;

/**
 * Whole lines. What stands behind the last line feed is one if the log is read as it is; of one that is followed it may be half of what is
 * being written, and comes again.
 */
async function* stampedLines(chunks: AsyncIterable<Uint8Array>, follows: boolean): AsyncGenerator<Stamped> {
  let begun: Buffer[] = [];
  let bytes = 0;
  const keep = (part: Buffer): void => {
    bytes += part.length;
    if (bytes <= MAX_LINE_BYTES) begun.push(part);
  };
  const whole = (): Stamped => {
    const line = stamped(Buffer.concat(begun).toString("utf8"));
    begun = [];
    bytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let from = 0;
    for (let at = buffer.indexOf(LINE_FEED); at >= 0; at = buffer.indexOf(LINE_FEED, from)) {
      keep(buffer.subarray(from, at));
      yield whole();
      from = at + 1;
    }
    if (from < buffer.length) keep(buffer.subarray(from));
  }
  if (bytes > 0 && !follows) yield whole();
}
