/**
 * Counts the records of an output that hold some texts, for agents that tell of an operation without saying which. A record is a line, or
 * a number of bytes in a binary file. Records of the warm-up look the same and come first, so as many are left out as the warm-up has operations.
 */
import { Buffer } from "node:buffer";
import type { TokenForm } from "../domain/agent.ts";
import type { Tally } from "./tally.ts";

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
