/**
 * Reads a record. Whatever is readable is kept; whatever is wrong is named with its line and the reason, never dropped in silence.
 */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { TareError, failedTo, messageOf } from "../domain/errors.ts";
import { type Header, type HostFingerprint, RECORD_SCHEMA, RecordLine } from "../domain/record.ts";
import { checked } from "../domain/schema.ts";
import { CHAIN_START, digestOf, unseal } from "./chain.ts";
import { linesOf } from "./lines.ts";
import { migrate } from "./migrate.ts";

export interface RecordProblem {
  readonly line: number;
  readonly why: string;
}

export interface LoadedRecord {
  readonly path: string;
  readonly header: Header;
  readonly lines: readonly RecordLine[];
  readonly problems: readonly RecordProblem[];
  /** Digest of the last good line, and the bytes up to its end: where `--resume` goes on. */
  readonly lastDigest: string;
  readonly wholeBytes: number;
}

/** A record that is kept compressed (`gzip record.jsonl`) takes a tenth of the room; it can be read, and not gone on with. */
const bytesOf = (path: string): AsyncIterable<Buffer> => {
  const file = createReadStream(path);
  // The pipeline hands a failure on to whoever reads from its end.
  return path.endsWith(".gz") ? pipeline(file, createGunzip(), () => undefined) : file;
};

/** Throws a usage error when the file cannot be read, is no tare record, or comes from a newer tare. */
export const readRecord = async (path: string): Promise<LoadedRecord> => {
  const lines: RecordLine[] = [];
  const problems: RecordProblem[] = [];
  let digest = CHAIN_START;
  let wholeBytes = 0;
  let intact = true;
  let number = 0;
  try {
    for await (const { text, bytes } of linesOf(bytesOf(path))) {
      number++;
      const parsed = parseLine(text, digest);
      if (number === 1 && parsed.kind !== "bad") checkHeader(path, parsed.line);
      if (parsed.kind !== "good") {
        if (number === 1) throw notARecord(path, `line 1: ${parsed.why}`);
        problems.push({
          line: number,
          why: parsed.kind === "bad" ? parsed.why : `not used, because ${parsed.why}`,
        });
        intact = false;
        if (parsed.kind === "misshapen") digest = parsed.digest;
        continue;
      }
      if (parsed.why !== undefined) {
        problems.push({ line: number, why: parsed.why });
        intact = false;
      }
      const mixed = mixesMachines(lines[0], parsed.line);
      if (mixed !== undefined) problems.push({ line: number, why: mixed });
      lines.push(migrate(parsed.line));
      digest = parsed.digest;
      if (intact) wholeBytes += bytes;
    }
  } catch (error) {
    if (error instanceof TareError) throw error;
    throw failedTo(
      "usage",
      `read the record ${path}`,
      error,
      "give the path of a record.jsonl, or of a record.jsonl.gz",
    );
  }
  const [header] = lines;
  if (header?.type !== "header") throw notARecord(path, "it is empty");
  return { path, header, lines, problems, lastDigest: digest, wholeBytes };
};

/** A run is one machine's: figures of two cannot be paired. */
const mixesMachines = (first: RecordLine | undefined, line: RecordLine): string | undefined => {
  if (first?.type !== "header" || line.type !== "resume") return undefined;
  const difference = sameMachine(first.host, line.host);
  return difference === undefined
    ? undefined
    : `goes on on another machine than it was begun on: ${difference}`;
};

type Parsed =
  | {
      readonly kind: "good";
      readonly line: RecordLine;
      readonly digest: string;
      readonly why: string | undefined;
    }
  /** Sealed, but not what a line of its type is: whoever wrote it was no tare, or another one. */
  | {
      readonly kind: "misshapen";
      readonly line: Readonly<Record<string, unknown>>;
      readonly digest: string;
      readonly why: string;
    }
  | { readonly kind: "bad"; readonly why: string };

const parseLine = (text: string, previous: string): Parsed => {
  const sealed = unseal(text);
  if (sealed === undefined)
    return { kind: "bad", why: "cut off or changed: the line does not end with its digest" };
  let line: unknown;
  try {
    line = JSON.parse(sealed.json);
  } catch (error) {
    return { kind: "bad", why: `no valid JSON: ${messageOf(error)}` };
  }
  if (!isObject(line)) return { kind: "bad", why: "no JSON object" };
  const { digest } = sealed;
  const read = checked(RecordLine, line, "the line");
  if (read.kind === "fault") return { kind: "misshapen", line, digest, why: read.what };
  const whole = digestOf(previous, sealed.json) === digest;
  const why = whole
    ? undefined
    : "digest does not match: this line was changed, or a line before it is missing or changed";
  return { kind: "good", line: read.content, digest, why };
};

const isObject = (line: unknown): line is Readonly<Record<string, unknown>> =>
  typeof line === "object" && line !== null;

/** Before its shape is looked at: a newer tare may have given it another one. */
const checkHeader = (
  path: string,
  line: { readonly type?: unknown; readonly schema?: unknown; readonly tool?: unknown },
): void => {
  const { type, schema, tool } = line;
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
