/** Which of a configuration's queries osquery schedules: `Pack::initialize` in osquery/config/packs.cpp of its source. */

/** A query with whatever else its configuration says of it. */
export type Query = Readonly<Record<string, unknown>> & { readonly query: string };

/** JSON that osquery takes: a backslash at a line's end goes on with the next one, and a line of its own may be a comment. Lines keep their numbers where they can. */
export const withoutComments = (text: string): string =>
  text.replaceAll("\\\n", "").replaceAll(/^[^\S\n]*(?:\/\/|#).*$/gm, "");

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
export const intervalOf = ({ interval = USUAL_INTERVAL }: Readonly<Record<string, unknown>>): number => {
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

/** How long a trial waits for rows of such queries, beyond those of one that is asked each second. */
export const waitedForMs = (queries: readonly Readonly<Record<string, unknown>>[]): number =>
  1000 * (Math.max(1, ...queries.map(intervalOf).filter((seconds) => seconds <= LONGEST_WAIT)) - 1);
