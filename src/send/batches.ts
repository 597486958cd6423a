/** Rows in the order in which they are sent, as many at once as every server and broker takes. */
import type { Batch, SentRow } from "./sender.ts";

export const MAX_BATCH_ROWS = 500;
/** Below what a Kafka broker takes of one topic at once unless it is told otherwise, 1 MiB, with room for headers. */
export const MAX_BATCH_BYTES = 512 * 1024;

export const batchesOf = (rows: readonly SentRow[], placeOf: (row: SentRow) => string): readonly Batch[] => {
  const batches: { readonly place: string; readonly rows: SentRow[]; bytes: number }[] = [];
  for (const row of rows) {
    const place = placeOf(row);
    const bytes = Buffer.byteLength(row.text) + 1;
    const last = batches.at(-1);
    const fits =
      last?.place === place && last.rows.length < MAX_BATCH_ROWS && last.bytes + bytes <= MAX_BATCH_BYTES;
    if (fits) {
      last.rows.push(row);
      last.bytes += bytes;
    } else batches.push({ place, rows: [row], bytes });
  }
  return batches.map(({ place, rows: together }) => ({ place, rows: together }));
};
