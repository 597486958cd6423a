/** Names with what they mean beside them, in the 80 columns of a help text. */
import { wrap } from "../report/width.ts";

const COLUMNS = 80;
const GAP = "  ";

export const listing = (entries: readonly (readonly [name: string, meaning: string])[]): string => {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries
    .flatMap(([name, meaning]) =>
      wrap(meaning, COLUMNS - width - 2 * GAP.length).map(
        (line, index) => GAP + (index === 0 ? name : "").padEnd(width) + GAP + line,
      ),
    )
    .join("\n");
};
