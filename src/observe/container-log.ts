/**
 * Takes what a container printed out of the log that its runtime keeps of it, in the format of the Kubernetes container runtime interface:
 *
 *     2026-01-01T00:00:00.000000000+00:00 stdout P {"type":"op
 *     2026-01-01T00:00:00.000000000+00:00 stdout F en","pid":7}
 *
 * A line that ends in the middle is tagged P, partial, and goes on in the next one of its stream, so that a token may stand in two lines of the
 * log. (https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md)
 */
import { Buffer } from "node:buffer";

const LINE_END = 0x0a;
const SPACE = 0x20;
const PARTIAL = 0x50;

/** A runtime cuts lines at some 8 to 16 KiB, and a sensor's are hardly longer: what is, is handed over in pieces. */
const MAX_HELD = 1 << 20;

/**
 * Returns what takes the log in pieces cut anywhere, and hands to `take` what the container printed, in whole lines. A line of the log that is in no such format
 * is handed over as it is.
 */
export const createContainerLog = (take: (chunk: Uint8Array) => void): ((chunk: Uint8Array) => void) => {
  /** The beginning of a line of the log. */
  let cut: Buffer = Buffer.alloc(0);
  const begun = new Map<string, Buffer>();

  const takeLine = (line: Buffer): void => {
    const afterTime = line.indexOf(SPACE);
    const afterStream = line.indexOf(SPACE, afterTime + 1);
    const afterTag = line.indexOf(SPACE, afterStream + 1);
    const stream = line.toString("latin1", afterTime + 1, afterStream);
    if (afterTime < 0 || afterTag < 0 || (stream !== "stdout" && stream !== "stderr")) {
      take(line);
      return;
    }
    const held = begun.get(stream);
    const printed = line.subarray(afterTag + 1);
    if (line[afterStream + 1] === PARTIAL) {
      const piece = printed.subarray(0, -1);
      const joined = held === undefined ? Buffer.from(piece) : Buffer.concat([held, piece]);
      if (joined.length <= MAX_HELD) begun.set(stream, joined);
      else {
        take(joined);
        begun.delete(stream);
      }
      return;
    }
    if (held !== undefined) begun.delete(stream);
    take(held === undefined ? printed : Buffer.concat([held, printed]));
  };

  return (chunk) => {
    const bytes =
      cut.length === 0
        ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
        : Buffer.concat([cut, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END, from)) {
      takeLine(bytes.subarray(from, end + 1));
      from = end + 1;
    }
    // A copy: the memory is its owner's.
    cut = Buffer.from(bytes.subarray(from));
  };
};
