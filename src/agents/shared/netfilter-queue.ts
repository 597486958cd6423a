/** What the kernel counts of queues that hand packets to programs (net/netfilter/nfnetlink_queue.c, seq_show). */
import type { Host } from "../../domain/host.ts";
import type { Reading } from "../../domain/units.ts";
import { missing, value } from "../../domain/units.ts";

/** Columns: queue, port, waiting, copy mode, copy range, dropped because it was full, dropped because the program took none, id, 1. */
const COLUMNS = 9;
const DROPPED_FULL = 5;
const DROPPED_UNREAD = 6;

/** Packets dropped by all queues together; undefined for text of another form. */
export const parseQueueDrops = (text: string): number | undefined => {
  const rows = text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => line.trim().split(/\s+/).map(Number));
  if (rows.length === 0 || rows.some((row) => row.length !== COLUMNS || row.some(Number.isNaN)))
    return undefined;
  return rows.reduce((sum, row) => sum + (row[DROPPED_FULL] ?? 0) + (row[DROPPED_UNREAD] ?? 0), 0);
};

/** For the network namespace in which the process lives. A namespace without a queue has no counts, so that is no 0. */
export const readQueueDrops = async (host: Host, pid: number): Promise<Reading<number>> => {
  const path = `/proc/${pid}/net/netfilter/nfnetlink_queue`;
  const text = await host.readText(path);
  if (text.kind === "missing") return text;
  const drops = parseQueueDrops(text.value);
  return drops === undefined
    ? missing(`${path} shows no queue: ${text.value.trim().slice(0, 80)}`)
    : value(drops);
};
