/**
 * Takes what a container printed out of the log that its runtime keeps of it. Kubernetes' container runtime interface and Docker's json-file:
 *
 *     2026-01-01T00:00:00.000000000+00:00 stdout P {"type":"op
 *     2026-01-01T00:00:00.000000000+00:00 stdout F en","pid":7}
 *
 *     {"log":"{\"type\":\"op","stream":"stdout","time":"2026-01-01T00:00:00.0Z"}
 *     {"log":"en\",\"pid\":7}\n","stream":"stdout","time":"2026-01-01T00:00:00.0Z"}
 *
 * A line that the runtime cuts goes on in the next entry of its stream, so that a token may stand in two lines of the log: the first is tagged
 * P, partial, or does not end its line. (https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md,
 * https://docs.docker.com/engine/logging/drivers/json-file/)
 */
import { Buffer } from "node:buffer";

const LINE_END = 0x0a;
const SPACE = 0x20;
const PARTIAL = 0x50;

/** A runtime cuts lines at some 8 to 16 KiB, and a sensor's are hardly longer: what is, is handed over in pieces. */
const MAX_HELD = 1 << 20;

/** What one entry of the log holds of a stream. */
interface Entry {
  readonly stream: string;
  /** With its line end, unless it is partial. */
  readonly printed: Uint8Array;
  readonly isPartial: boolean;
}

/** undefined for a line that is in no such format. */
type ReadEntry = (line: Buffer) => Entry | undefined;

const STREAMS = ["stdout", "stderr"];

const kubernetesEntry: ReadEntry = (line) => {
  const afterTime = line.indexOf(SPACE);
  const afterStream = line.indexOf(SPACE, afterTime + 1);
  const afterTag = line.indexOf(SPACE, afterStream + 1);
  const stream = line.toString("latin1", afterTime + 1, afterStream);
  if (afterTime < 0 || afterTag < 0 || !STREAMS.includes(stream)) return undefined;
  const isPartial = line[afterStream + 1] === PARTIAL;
  return { stream, isPartial, printed: line.subarray(afterTag + 1, isPartial ? -1 : undefined) };
};

const dockerEntry: ReadEntry = (line) => {
  let entry: unknown;
  try {
    entry = JSON.parse(line.toString());
  } catch {
    return undefined;
  }
  if (typeof entry !== "object" || entry === null) return undefined;
  const { log, stream } = entry as Readonly<Record<string, unknown>>;
  if (typeof log !== "string" || typeof stream !== "string" || !STREAMS.includes(stream)) return undefined;
  return { stream, isPartial: !log.endsWith("\n"), printed: Buffer.from(log) };
};

const ENTRIES = { kubernetes: kubernetesEntry, docker: dockerEntry } as const;

/**
 * Returns what takes the log in pieces cut anywhere, and hands to `take` what the container printed, in whole lines. A line of the log that is in no such format
 * is handed over as it is.
 */
export const createContainerLog = (
  take: (chunk: Uint8Array) => void,
  format: keyof typeof ENTRIES = "kubernetes",
): ((chunk: Uint8Array) => void) => {
  const entryIn = ENTRIES[format];
  /** The beginning of a line of the log. */
  let cut: Buffer = Buffer.alloc(0);
  const begun = new Map<string, Buffer>();

  const takeLine = (line: Buffer): void => {
    const entry = entryIn(line);
    if (entry === undefined) {
      take(line);
      return;
    }
    const { stream, printed, isPartial } = entry;
    const held = begun.get(stream);
    const joined = held === undefined ? printed : Buffer.concat([held, printed]);
    if (isPartial && joined.length <= MAX_HELD) begun.set(stream, Buffer.from(joined));
    else {
      begun.delete(stream);
      take(joined);
    }
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
