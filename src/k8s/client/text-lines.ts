/** Lines of an answer that comes in pieces. */

/** No line of a record, and no object, is nearly as long. */
const MAX_LINE_BYTES = 1 << 26;
const LINE_FEED = 0x0a;

/** What stands behind the last line feed is a line only where `isTailLine`: else it may be half of one. */
export async function* textLines(
  chunks: AsyncIterable<Uint8Array>,
  isTailLine: boolean,
): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  let bytes = 0;
  const keep = (part: Buffer): void => {
    bytes += part.length;
    if (bytes <= MAX_LINE_BYTES) begun.push(part);
  };
  const whole = (): string => {
    const line = Buffer.concat(begun).toString("utf8");
    begun = [];
    bytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let from = 0;
    for (let at = buffer.indexOf(LINE_FEED); at >= 0; at = buffer.indexOf(LINE_FEED, from)) {
      keep(buffer.subarray(from, at));
      yield whole();
      from = at + 1;
    }
    if (from < buffer.length) keep(buffer.subarray(from));
  }
  if (bytes > 0 && isTailLine) yield whole();
}
