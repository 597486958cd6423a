/**
 * A file's lines, split at line feeds alone. Node's readline also splits at U+2028 and U+2029, which are plain characters inside a JSON
 * string: one in an agent's message would tear its line in two.
 */
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** What editors of one system put before a text. */
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** No line of a record is nearly as long: what is behind it is passed over, so that a file without line ends needs no memory. */
const MAX_LINE_BYTES = 1 << 26;

/** What a file's bytes are, and what is wrong behind them. */
export interface RecordBytes {
  readonly chunks: AsyncIterable<Buffer>;
  readonly fault?: string | undefined;
}

export interface Line {
  /** Without the line's end, also where an editor made it two characters, and without a mark before the first. */
  readonly text: string;
  /** With the line's end, and with what was passed over. */
  readonly bytes: number;
}

/** An empty file has no line; a last line without an end is one. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let begun: Buffer[] = [];
  let kept = 0;
  let bytes = 0;
  const keep = (part: Buffer): void => {
    bytes += part.length;
    if (kept + part.length > MAX_LINE_BYTES) return;
    begun.push(part);
    kept += part.length;
  };
  const whole = (): Line => {
    const line = { text: textOf(Buffer.concat(begun)), bytes };
    begun = [];
    kept = 0;
    bytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, from)) {
      keep(chunk.subarray(from, at + 1));
      yield whole();
      from = at + 1;
    }
    if (from < chunk.length) keep(chunk.subarray(from));
  }
  if (bytes > 0) yield whole();
}

const textOf = (line: Buffer): string => {
  const feed = line.at(-1) === LINE_FEED ? 1 : 0;
  const end = feed === 1 && line.at(-2) === CARRIAGE_RETURN ? 2 : feed;
  const start = line.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  return line.toString("utf8", start, line.length - end);
};
