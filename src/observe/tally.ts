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
  let open = Buffer.alloc(0);

  const endOf = (window: Buffer, from: number): number => {
    if (spec.bytes !== undefined) return from + spec.bytes <= window.length ? from + spec.bytes : -1;
    const lineEnd = window.indexOf(LINE_END, from);
    return lineEnd < 0 ? -1 : lineEnd + 1;
  };

  return {
    feed: (chunk) => {
      bytes += chunk.length;
      const window = Buffer.concat([open, chunk]);
      let from = 0;
      for (let end = endOf(window, from); end >= 0; end = endOf(window, from)) {
        const record = window.subarray(from, end);
        if (needles.every((texts) => texts.some((needle) => record.includes(needle)))) counted += 1;
        records += 1;
        from = end;
      }
      open = Buffer.from(window.subarray(from));
    },
    end: () => {
      const own = Math.max(0, counted - spec.warmup);
      const delivered = Math.min(own, spec.operations);
      return {
        delivered,
        duplicates: own - delivered,
        foreign: counted - own,
        lines: records + (open.length > 0 ? 1 : 0),
        bytes,
      };
    },
  };
};
