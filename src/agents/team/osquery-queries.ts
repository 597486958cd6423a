/** Which of a configuration's queries osquery schedules: `Pack::initialize` in osquery/config/packs.cpp of its source. */
import type { Query } from "./osquery-file.ts";

/** Seconds; what is not said otherwise. */
const USUAL_INTERVAL = 3600;
const LONGEST_INTERVAL = 604_800;
/** A trial waits for the rows of one that is asked as often. */
export const LONGEST_WAIT = 60;

export interface Named {
  /** As its results name it. */
  readonly name: string;
  readonly query: Query;
  /** The file that it stands in. */
  readonly file: string;
}

/** A number may be written as a text. */
export const intervalOf = ({ interval = USUAL_INTERVAL }: Query): number => {
  const seconds = typeof interval === "string" && /^\d+$/.test(interval) ? Number(interval) : interval;
  return typeof seconds === "number" && Number.isInteger(seconds) ? seconds : 0;
};

export const isSnapshot = ({ snapshot }: Query): boolean =>
  typeof snapshot === "string" ? /^t(?:rue)?$/i.test(snapshot) : Boolean(snapshot);

/** Undefined: on all. */
export const isForLinux = (platform: unknown): boolean =>
  typeof platform !== "string" ||
  ["", "null"].includes(platform) ||
  /any|all|linux|ubuntu|centos|posix/.test(platform);

const RESERVED = /^(?:query\.|cache\.|config_views\.)|(?:epoch|counter)$/;

/**
 * Why it never runs on any node like this one; undefined: it does, unless a `version` or a `shard` rules it out.
 *
 * @param ownName without its pack's
 */
export const whyNever = (ownName: string, query: Query): string | undefined => {
  const { platform } = query;
  if (!isForLinux(platform)) return `its platform is ${String(platform)}`;
  const seconds = intervalOf(query);
  if (seconds < 1 || seconds > LONGEST_INTERVAL)
    return `its interval is ${JSON.stringify(query["interval"])}, and osquery takes 1 to ${LONGEST_INTERVAL} s`;
  return RESERVED.test(ownName)
    ? "osquery schedules no query whose name begins with query., cache. or config_views., or ends with epoch or counter"
    : undefined;
};
