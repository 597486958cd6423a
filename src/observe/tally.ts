/** What a count of an agent's output is asked for, and what it answers. */
import { Buffer } from "node:buffer";
import type { TokenForm } from "../domain/agent.ts";
import type { TokenPlace } from "../domain/scenario.ts";

export interface TallySpec {
  readonly form: TokenForm;
  readonly tokenIn: TokenPlace;
  readonly trial: string;
  /** Operations of the window; tokens are numbered from 0 up to, not including, this. */
  readonly operations: number;
  /** For each technique in turn whether its operations count; absent where all are alike. Those that do not are foreign. */
  readonly techniques?: readonly boolean[];
  /** Operations before the window; needed only by a form without tokens. Absent: none. */
  readonly warmup?: number;
}

export interface TallyResult {
  /** Distinct tokens of the window. */
  readonly delivered: number;
  readonly byTechnique?: readonly number[];
  readonly duplicates: number;
  /** Sightings of well-formed tokens that are not the window's: of the warm-up, of sentinels, of other trials. */
  readonly foreign: number;
  /** Of these, distinct tokens of the trial's own warm-up; absent: none, or they cannot be told. */
  readonly warmup?: number;
  /** Lines, the last one also without its line end. */
  readonly lines: number;
  readonly bytes: number;
}

export interface Tally {
  /** The next bytes, cut anywhere. They are not kept: the caller may reuse the memory. */
  feed(chunk: Uint8Array): void;
  /**
   * The counts so far, and no more bytes. A token at the very end that nothing ends is not counted: it may be the
   * first half of another.
   */
  end(): TallyResult;
}

const LINE_END = 0x0a;

/** As much of a record is looked at; none is nearly as long. */
const MAX_OPEN = 1 << 20;

type Records = Extract<TokenForm, { readonly kind: "records" }>;

export type RecordCountSpec = Omit<Records, "kind"> & {
  readonly operations: number;
  readonly warmup: number;
};

/** @throws RangeError for no text, an empty one, or a length that is no whole number of at least 1: a mistake in an agent's file. */
export const createRecordCount = (spec: RecordCountSpec): Tally => {
  const alternatives = spec.holding.map((texts) => (typeof texts === "string" ? [texts] : texts));
  if (alternatives.length === 0 || alternatives.some((texts) => texts.length === 0 || texts.includes("")))
    throw new RangeError(`a record must hold something, not ${JSON.stringify(spec.holding)}`);
  if (spec.bytes !== undefined && (!Number.isSafeInteger(spec.bytes) || spec.bytes < 1))
    throw new RangeError(`a record of ${spec.bytes} bytes: it must be a whole number of at least 1`);
  const needles = alternatives.map((texts) => texts.map((text) => Buffer.from(text)));
  let counted = 0;
  let records = 0;
  let bytes = 0;
  let open: Buffer[] = [];
  let openBytes = 0;

  const take = (record: Buffer): void => {
    if (needles.every((texts) => texts.some((needle) => record.includes(needle)))) counted += 1;
    records += 1;
  };

  const { bytes: recordBytes } = spec;
  /** How many bytes of the chunk belong to the record that begins or goes on at `from`, and whether they end it. */
  const nextPart = (chunk: Buffer, from: number): { readonly to: number; readonly ends: boolean } => {
    if (recordBytes !== undefined) {
      const to = from + recordBytes - openBytes;
      return to <= chunk.length ? { to, ends: true } : { to: chunk.length, ends: false };
    }
    const lineEnd = chunk.indexOf(LINE_END, from);
    return lineEnd < 0 ? { to: chunk.length, ends: false } : { to: lineEnd + 1, ends: true };
  };

  return {
    feed: (fed) => {
      bytes += fed.length;
      const chunk = Buffer.from(fed.buffer, fed.byteOffset, fed.length);
      for (let from = 0; from < chunk.length;) {
        const { to, ends } = nextPart(chunk, from);
        const part = chunk.subarray(from, to);
        if (ends) {
          take(open.length === 0 ? part : Buffer.concat([...open, part]));
          open = [];
          openBytes = 0;
        } else {
          openBytes += part.length;
          // A copy: the memory is its owner's. A line that never ends needs no more of it.
          if (openBytes <= MAX_OPEN) open.push(Buffer.from(part));
        }
        from = to;
      }
    },
    end: () => {
      const own = Math.max(0, counted - spec.warmup);
      const delivered = Math.min(own, spec.operations);
      return {
        delivered,
        duplicates: own - delivered,
        foreign: counted - own,
        lines: records + (openBytes > 0 ? 1 : 0),
        bytes,
      };
    },
  };
};
