/** A row as a line of NDJSON: the same row is the same bytes, whenever it is made. */
import { oneLine } from "../../domain/one-line.ts";
import type { LakeCell, LakeRow } from "./table.ts";

/** Half of a character, which loaders refuse, becomes the sign for one; a NUL, which some cannot hold, becomes nothing. */
const loadable = (cell: LakeCell): LakeCell =>
  typeof cell === "string" ? cell.toWellFormed().replaceAll("\0", "") : cell;

/** Without a line's end. A missing figure is a key that is not there, which a warehouse reads as NULL. */
export const rowText = ({ cells }: LakeRow): string =>
  oneLine(
    JSON.stringify(
      Object.fromEntries(
        Object.entries(cells).flatMap(([name, cell]) => (cell === null ? [] : [[name, loadable(cell)]])),
      ),
    ),
  );
