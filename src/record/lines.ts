/**
 * A file's lines, split at line feeds alone. Node's readline also splits at U+2028 and U+2029, which are plain characters inside a JSON
 * string: one in an agent's message would tear its line in two.
 */
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export interface Line {
  /** Without the line's end, also where an editor made it two characters. */
  readonly text: string;
  /** With the line's end. */
  readonly bytes: number;
}

/** An empty file has no line; a last line without an end is one. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let begun: Buffer[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, from)) {
      yield lineOf([...begun, chunk.subarray(from, at + 1)]);
      begun = [];
      from = at + 1;
    }
    if (from < chunk.length) begun.push(chunk.subarray(from));
  }
  if (begun.length > 0) yield lineOf(begun);
}

const lineOf = (parts: readonly Buffer[]): Line => {
  const whole = Buffer.concat(parts);
  const feed = whole.at(-1) === LINE_FEED ? 1 : 0;
  const end = feed === 1 && whole.at(-2) === CARRIAGE_RETURN ? 2 : feed;
  return { text: whole.toString("utf8", 0, whole.length - end), bytes: whole.length };
};
