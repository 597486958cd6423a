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
const BRACE = 0x7b;

/** A runtime cuts lines at some 8 to 16 KiB, and a sensor's are hardly longer: what is, is handed over in pieces. */
const MAX_HELD = 1 << 20;

/** What one entry of the log holds of a stream. */
interface Entry {
  readonly stream: string;
  /** With its line end, unless it is partial. */
  readonly printed: Buffer;
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
  // To have JSON.parse refuse a line takes longer than all else here.
  if (line[0] !== BRACE) return undefined;
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
  const cut = createPieces();
  const begun = new Map<string, Pieces>();

  const takeLine = (line: Buffer): void => {
    const entry = entryIn(line);
    if (entry === undefined) {
      take(line);
      return;
    }
    const { stream, printed, isPartial } = entry;
    const held = begun.get(stream) ?? createPieces();
    begun.set(stream, held);
    if (isPartial) held.add(printed);
    if (!isPartial || held.bytes() > MAX_HELD) take(held.joined(isPartial ? NOTHING : printed));
  };

  return (chunk) => {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let from = 0;
    for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END, from)) {
      takeLine(cut.joined(bytes.subarray(from, end + 1)));
      from = end + 1;
    }
    cut.add(bytes.subarray(from));
    // No runtime writes such a line.
    if (cut.bytes() > MAX_HELD) take(cut.joined(NOTHING));
  };
};

const NOTHING = Buffer.alloc(0);

/** What is not whole yet. Joined once: to join with each piece that comes would copy all that came before. */
interface Pieces {
  readonly bytes: () => number;
  readonly add: (piece: Uint8Array) => void;
  /** All of them with the last one behind; then there are none. */
  readonly joined: (last: Buffer) => Buffer;
}

const createPieces = (): Pieces => {
  let held: Buffer[] = [];
  let bytes = 0;
  return {
    bytes: () => bytes,
    add: (piece) => {
      if (piece.length === 0) return;
      // A copy: the memory is its owner's.
      held.push(Buffer.from(piece));
      bytes += piece.length;
    },
    joined: (last) => {
      if (held.length === 0) return last;
      const whole = Buffer.concat([...held, last]);
      held = [];
      bytes = 0;
      return whole;
    },
  };
};
