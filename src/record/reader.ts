/**
 * Reads a record. Whatever is readable is kept; whatever is wrong is named with its line and the reason, never dropped in silence. No figure is
 * taken from a line that may not be what was written.
 */
import { bytesOf, isCompressed, readCompressed } from "./compressed.ts";
import { TareError, failedTo, messageOf } from "../domain/errors.ts";
import type { Block } from "../domain/plan.ts";
import { RecordLine, type TrialLine, type TurnLine } from "../domain/record.ts";
import { type Header, type HostFingerprint, RECORD_SCHEMA } from "../domain/run-header.ts";
import { checked } from "../domain/schema.ts";
import { CHAIN_START, digestOf, linesWithin, sealOf, type Unsealed, unseal } from "./chain.ts";
import { linesOf, type RecordBytes } from "./lines.ts";
import { migrate } from "./migrate.ts";
import { inOrder, type PlacedLine, type Plausible, type SealedLine } from "./order.ts";
import { unreadHint } from "../domain/refused.ts";

export interface RecordProblem {
  readonly line: number;
  readonly why: string;
}

export interface LoadedRecord {
  readonly path: string;
  readonly header: Header;
  readonly lines: readonly RecordLine[];
  readonly problems: readonly RecordProblem[];
  readonly lastDigest: string;
  /** Up to the first fault: where `--resume` goes on. */
  readonly whole: { readonly lines: number; readonly bytes: number; readonly digest: string };
}

/** Throws a usage error when the file cannot be read, is no tare record, or comes from a newer tare. */
export const readRecord = async (path: string): Promise<LoadedRecord> => {
  try {
    return await readLines(
      path,
      (await isCompressed(path)) ? await readCompressed(path) : { chunks: bytesOf(path) },
    );
  } catch (error) {
    if (error instanceof TareError) throw error;
    throw failedTo(
      "usage",
      `read the record ${path}`,
      error,
      unreadHint(error, "give the path of a record.jsonl, or of a record.jsonl.gz"),
    );
  }
};

/** The same of bytes that come from anywhere; `path` is only told. */
export const readLines = async (path: string, { chunks, fault }: RecordBytes): Promise<LoadedRecord> => {
  const sealed: SealedLine[] = [];
  const faults = new Map<number, string>();
  const whole = { lines: 0, bytes: 0, digest: CHAIN_START };
  let number = 0;
  let isWhole = true;
  /** The line before, where it cannot be read. */
  let damaged: string | undefined;
  for await (const { text, bytes } of linesOf(chunks)) {
    number++;
    const found = sealedIn(text, number, (line) => followsDamage(damaged, line));
    damaged = typeof found === "string" ? text : undefined;
    if (typeof found === "string") {
      faults.set(number, found);
      // Two such lines begin no record, however many follow.
      if (sealed.length === 0 && number > 1) break;
    } else {
      if (found.length > 1) faults.set(number, JOINED);
      sealed.push(...found);
    }
    const only = typeof found === "string" || found.length > 1 ? undefined : found[0];
    isWhole &&= only?.line !== undefined && digestOf(whole.digest, only.json) === sealOf(text);
    if (isWhole && only !== undefined) {
      whole.lines += 1;
      whole.bytes += bytes;
      whole.digest = only.digest;
    }
  }
  if (number === 0) throw notARecord(path, "it is empty");
  const order = inOrder(sealed, createPlausible());
  const first = faults.get(1);
  if (first !== undefined && order.placed[0]?.sealed.line?.type !== "header")
    throw notARecord(path, `line 1: ${first}`);
  const lines: RecordLine[] = [];
  const found: RecordProblem[] = [];
  const tell = (line: number, why: string | undefined): void => {
    if (why !== undefined) found.push({ line, why });
  };
  for (const [line, why] of faults) tell(line, why);
  if (fault !== undefined) tell(number, `the file ends here or is damaged: ${fault}`);
  for (const [index, placed] of order.placed.entries()) {
    const { sealed, doubt } = placed;
    const before = order.placed[index - 1]?.sealed;
    if (before !== undefined && before.number > sealed.number)
      tell(sealed.number, `stands before line ${before.number}, behind which it was written: used there`);
    const isFirst = index === 0;
    if (isFirst) checkHeader(path, sealed);
    tell(sealed.number, doubtText(placed, isFirst));
    const { line } = sealed;
    if (line === undefined) {
      const why = misshapen(sealed);
      if (isFirst) throw notARecord(path, `line ${sealed.number}: ${why}`);
      tell(sealed.number, `not used, because ${why}`);
      continue;
    }
    if (doubt === "unproved" && !isFirst) continue;
    tell(sealed.number, mixesMachines(lines[0], line));
    lines.push(migrate(line));
  }
  for (const { sealed, as } of order.doubled) tell(sealed.number, `not used: the same as line ${as.number}`);
  for (const sealed of order.foreign) tell(sealed.number, foreignText(sealed));
  const [header] = lines;
  if (header?.type !== "header") throw notARecord(path, "it has no header");
  const lastDigest = order.placed.at(-1)?.sealed.digest ?? CHAIN_START;
  return { path, header, lines, problems: together(found), lastDigest, whole };
};

const CUT = "cut off or changed: the line does not end with its digest";
const JOINED = "its end was changed, so that it goes on with the next: both are used as they were written";

type FollowsDamage = SealedLine["followsDamage"];

const followsDamage = (damaged: string | undefined, { json, digest }: Unsealed): FollowsDamage => {
  if (damaged === undefined) return "no";
  const before = sealOf(damaged);
  if (before === undefined) return "perhaps";
  return digestOf(before, json) === digest ? "yes" : "no";
};

/** The line, or those that it is made of; or why it is none. */
const sealedIn = (
  text: string,
  number: number,
  follows: (line: Unsealed) => FollowsDamage,
): readonly SealedLine[] | string => {
  const one = sealedLine(text, number, follows);
  if (typeof one === "object") return [one];
  const within = linesWithin(text);
  if (within.length < 2) return one;
  const several = within.map((part) => sealedLine(part, number, follows));
  return several.every((part) => typeof part === "object") ? several : one;
};

const sealedLine = (
  text: string,
  number: number,
  follows: (line: Unsealed) => FollowsDamage,
): SealedLine | string => {
  const unsealed = unseal(text);
  if (unsealed === undefined) return CUT;
  let found: unknown;
  try {
    found = JSON.parse(unsealed.json);
  } catch (error) {
    return sealOf(text) === undefined ? CUT : `no valid JSON: ${messageOf(error)}`;
  }
  if (!isObject(found)) return "no JSON object";
  const read = checked(RecordLine, found, "the line");
  const line = read.kind === "fits" ? read.content : undefined;
  return { ...unsealed, number, text, line, followsDamage: follows(unsealed) };
};

const misshapen = ({ json }: SealedLine): string => {
  const read = checked(RecordLine, JSON.parse(json), "the line");
  return read.kind === "fault" ? read.what : "it is none";
};

const CHANGED = "digest does not match: this line was changed, or a line before it is missing or changed";

const doubtText = ({ sealed, doubt }: PlacedLine, isFirst: boolean): string | undefined => {
  switch (doubt) {
    case undefined:
    case "follows-damage":
      return undefined;
    case "digest-changed":
      return "its digest was changed, and what it says was not: used";
    case "unproved":
      if (isFirst)
        return "digest does not match: the header was changed, so what was planned, its budgets and the node may have been others";
      return sealed.line === undefined ? CHANGED : `not used: ${CHANGED}`;
  }
};

const foreignText = ({ line }: SealedLine): string =>
  line?.type === "header"
    ? "not used: another record begins here"
    : "not used: no line of this record, since it follows none of them and its plan does not tell of it";

/** Lines one after the other with the same fault are one problem. */
const together = (problems: readonly RecordProblem[]): readonly RecordProblem[] => {
  const sorted = problems.toSorted((a, b) => a.line - b.line);
  const runs: { line: number; last: number; why: string }[] = [];
  for (const { line, why } of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && run.why === why && run.last + 1 >= line) run.last = line;
    else runs.push({ line, last: line, why });
  }
  return runs.map(({ line, last, why }) => ({
    line,
    why: last === line ? why : `${why} (and so up to line ${last})`,
  }));
};

/**
 * Lines that nothing proves to be the record's are taken for it where its plan would have brought them next: nothing that has been done already,
 * and nothing behind its end.
 */
const createPlausible = (): Plausible => {
  let header: Header | undefined;
  let last: RecordLine | undefined;
  let blocks: ReadonlyMap<number, Block> = new Map();
  const done = new Set<string>();
  const turnAt = ({ block, turn }: TurnLine | TrialLine) => blocks.get(block)?.turns[turn];
  const isPlanned = ({ host }: Header, line: RecordLine): boolean => {
    switch (line.type) {
      case "header":
        return false;
      case "turn":
        return turnAt(line)?.agent === line.agent;
      case "trial": {
        const turn = turnAt(line);
        // A trial that was done again has an id of its own.
        const isOfTurn = turn?.trials.some(({ scenario }) => scenario === line.scenario) === true;
        return isOfTurn && turn?.agent === line.agent && !done.has(trialKey(line));
      }
      case "resume":
        return sameMachine(host, line.host) === undefined;
      case "block":
      case "overflow":
      case "load":
      case "coverage":
      case "watch":
      case "end":
      case "void":
        return true;
    }
  };
  return {
    take: ({ line }) => {
      last = line;
      if (line?.type === "header" && header === undefined) {
        header = line;
        blocks = new Map(line.plan.blocks.map((block) => [block.index, block]));
      }
      if (line?.type === "trial") done.add(trialKey(line));
      // It does its block again.
      if (line?.type === "resume") done.clear();
    },
    fits: (segment) => {
      if (header === undefined || last?.type === "end") return false;
      const resumed = segment.findIndex(({ line }) => line?.type === "resume");
      const own = resumed < 0 ? segment : segment.slice(0, resumed + 1);
      return own.every(({ line }) => line === undefined || header === undefined || isPlanned(header, line));
    },
  };
};

const trialKey = ({ id, block, attempt }: TrialLine): string => `${id} ${block} ${attempt}`;

/** A run is one machine's: figures of two cannot be paired. */
const mixesMachines = (first: RecordLine | undefined, line: RecordLine): string | undefined => {
  if (first?.type !== "header" || line.type !== "resume") return undefined;
  const difference = sameMachine(first.host, line.host);
  return difference === undefined
    ? undefined
    : `goes on on another machine than it was begun on: ${difference}`;
};

const isObject = (line: unknown): line is Readonly<Record<string, unknown>> =>
  typeof line === "object" && line !== null;

/** Before its shape is looked at: a newer tare may have given it another one. */
const checkHeader = (path: string, { json }: SealedLine): void => {
  const { type, schema, tool } = JSON.parse(json) as Readonly<Record<string, unknown>>;
  if (type !== "header") throw notARecord(path, `its first line is a "${String(type)}" line`);
  if (typeof schema === "number" && schema > RECORD_SCHEMA) {
    const version = typeof tool === "object" && tool !== null && "version" in tool ? tool.version : "unknown";
    throw new TareError(
      "usage",
      `${path} has record schema ${schema}; this tare reads up to ${RECORD_SCHEMA}`,
      `read it with the tare that wrote it (${String(version)}) or a newer one`,
    );
  }
};

const notARecord = (path: string, why: string): TareError =>
  new TareError(
    "usage",
    `${path} is not a tare record: ${why}`,
    "a record is the record.jsonl in a run's folder below results/",
  );

const MUST_MATCH = ["hostname", "arch", "kernel", "cpuModel", "cpus", "memoryBytes", "cgroup"] as const;

/** The first key that differs, worded for people; undefined when it is the same machine. */
export const sameMachine = (a: HostFingerprint, b: HostFingerprint): string | undefined => {
  for (const key of MUST_MATCH) {
    if (a[key] !== b[key]) return `${key} is "${b[key]}" and was "${a[key]}"`;
  }
  return undefined;
};
