/** Passes on the lines that begin with a text, cut anywhere: where several kinds of lines tell of one operation, one of them counts. */
import { Buffer } from "node:buffer";

const LINE_END = 0x0a;

export const createLineFilter = (
  feed: (chunk: Uint8Array) => void,
  beginning: string,
): ((chunk: Uint8Array) => void) => {
  const wanted = Buffer.from(beginning);
  /** Bytes of the line's beginning that were as wanted; undefined: the line is dropped. */
  let matched: number | undefined = 0;
  return (chunk) => {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    while (at < bytes.length) {
      while (matched !== undefined && matched < wanted.length && at < bytes.length) {
        const isWanted: boolean = bytes[at] === wanted[matched];
        // Its line end, if this byte is one, is looked for below.
        matched = isWanted ? matched + 1 : undefined;
        if (isWanted) at += 1;
        if (matched === wanted.length) feed(wanted);
      }
      const lineEnd = bytes.indexOf(LINE_END, at);
      const next = lineEnd < 0 ? bytes.length : lineEnd + 1;
      if (matched === wanted.length && next > at) feed(bytes.subarray(at, next));
      at = next;
      if (lineEnd >= 0) matched = 0;
    }
  };
};
