/** Falco's own counters: a line of JSON a second, appended to a file. */
import type { Host } from "../../domain/host.ts";
import type { Reading } from "../../domain/units.ts";
import { missing, value } from "../../domain/units.ts";

const POLL_MS = 100;
/** A line a second, and one that is late. */
const TRIES = 40;

/** What the kernel could not hand over, and what Falco itself could not pass on to its outputs. */
const LOST = ["scap.n_drops", "falco.outputs_queue_num_drops"] as const;

interface Snapshot {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

const isRecord = (thing: unknown): thing is Readonly<Record<string, unknown>> =>
  typeof thing === "object" && thing !== null;

/** The last complete line; undefined when there is none, or when it is no snapshot. */
const lastSnapshot = (text: string): Snapshot | undefined => {
  const line = text.slice(0, text.lastIndexOf("\n") + 1).trimEnd();
  try {
    const parsed: unknown = JSON.parse(line.slice(line.lastIndexOf("\n") + 1));
    const fields = isRecord(parsed) ? parsed["output_fields"] : undefined;
    // Nanoseconds beyond what a double holds exactly; milliseconds are enough.
    const at = isRecord(fields) ? Number(fields["evt.time"]) / 1e6 : Number.NaN;
    return isRecord(fields) && !Number.isNaN(at) ? { at, fields } : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Events lost so far. Waits for a snapshot that was taken after the call: the one before it knows nothing of the last second. Looking at
 * the file opens it, which is an event, so that a silent node makes a snapshot too.
 */
export const falcoMetrics = async (host: Host, path: string): Promise<Reading<number>> => {
  const asked = Date.parse(host.date());
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const text = await host.readText(path);
    if (text.kind === "missing") return text;
    const snapshot = lastSnapshot(text.value);
    if (snapshot !== undefined && snapshot.at >= asked) return lostIn(snapshot.fields);
    await host.sleep(POLL_MS);
  }
  return missing(`falco wrote no metrics within ${(POLL_MS * TRIES * host.patience) / 1000} s`);
};

const lostIn = (fields: Snapshot["fields"]): Reading<number> => {
  let sum = 0;
  for (const name of LOST) {
    const count = fields[name];
    if (typeof count !== "number") return missing(`falco's metrics have no ${name}`);
    sum += count;
  }
  return value(sum);
};
