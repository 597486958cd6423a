/**
 * How Falco tells of events, and its own counters: a line of JSON a second, appended to a file (userspace/falco/stats_writer.cpp of https://github.com/falcosecurity/falco, which
 * puts `scap.` before the names in userspace/libpman/src/stats.c of https://github.com/falcosecurity/libs).
 */
import * as z from "zod";
import type { AgentOutput, GuestStart } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { CHANGE_FORMS } from "./changes.ts";
import { checkedJson, type From } from "../../domain/schema.ts";
import { type Family, missing, type Reading, value } from "../../domain/units.ts";

/** How the fields of its JSON lines show tokens, under any configuration. */
export const FALCO_FORMS = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "ipv4", before: '"fd.sip":"' },
  ...CHANGE_FORMS,
  "high-value": { kind: "text" },
} as const satisfies AgentOutput["forms"];

/** A line a second, and one that is late. */
const MAX_MS = 4000;

const QUEUE = "falco.outputs_queue_num_drops";
/** What the kernel could not hand over, of every kind: also the clones, closes and so on that Falco's picture of the processes needs. */
const ALL_KINDS = "scap.n_drops";
/** The same by kind (driver/modern_bpf/helpers/base/stats.h of libs). High-value events are of several kinds, some of them not told apart. */
const BY_KIND: Readonly<Partial<Record<Family, string>>> = {
  exec: "scap.n_drops_buffer_execve_exit",
  file: "scap.n_drops_buffer_open_exit",
  network: "scap.n_drops_buffer_connect_exit",
};
/** Events that were too large or could not be read, of whichever kind; the modern probe has the first of them only. */
const ANY_KIND = ["scap.n_drops_scratch_map", "scap.n_drops_page_faults"] as const;

const Snapshot = z.object({ output_fields: z.looseObject({ "evt.time": z.unknown() }) });
type Fields = From<typeof Snapshot>["output_fields"];

/** Of the last complete line; undefined when there is none, or when it is no snapshot. */
const lastFields = (text: string): Fields | undefined => {
  const read = checkedJson(Snapshot, text.split("\n").at(-2) ?? "", "the line");
  return read.kind === "fits" ? read.content.output_fields : undefined;
};

/**
 * Events of the families lost so far, or of every kind where this version does not count them apart. Waits for a snapshot that was taken after the
 * call: the one before it knows nothing of the last second. Looking at the file opens it, which is an event, so that a silent node makes a
 * snapshot too.
 */
export const falcoMetrics = async (
  host: Host,
  path: string,
  families: readonly Family[],
): Promise<Reading<number>> => {
  const asked = Date.parse(host.date());
  const waited = await host.until(
    async (): Promise<Reading<number> | undefined> => {
      const text = await host.readText(path);
      if (text.kind === "missing") return text;
      const fields = lastFields(text.value);
      // Nanoseconds beyond what a double holds exactly; milliseconds are enough.
      const isNew = Number(fields?.["evt.time"]) / 1e6 >= asked;
      return fields !== undefined && isNew ? lostIn(fields, families) : undefined;
    },
    { every: 100, atMost: MAX_MS },
  );
  return waited.kind === "met" ? waited.value : missing(`falco wrote no metrics within ${waited.seconds} s`);
};

/** For a guest's shell: two snapshots later, the last line of the file; and what it says. */
export const lostInGuest = (path: string, families: readonly Family[]): NonNullable<GuestStart["lost"]> => ({
  ask: `rest 2.2\ntail -n 1 ${path}`,
  read: (line) => {
    const fields = lastFields(`${line}\n`);
    return fields === undefined
      ? missing(`no snapshot of its metrics: ${line.slice(0, 100)}`)
      : lostIn(fields, families);
  },
});

const kernelCounters = (fields: Fields, families: readonly Family[]): readonly string[] => {
  const kinds = families.flatMap((family) => BY_KIND[family] ?? []);
  const apart = kinds.length === families.length && kinds.every((name) => name in fields);
  return apart ? [...kinds, ...ANY_KIND.filter((name) => name in fields)] : [ALL_KINDS];
};

const lostIn = (fields: Fields, families: readonly Family[]): Reading<number> => {
  let sum = 0;
  for (const name of [...kernelCounters(fields, families), QUEUE]) {
    const count = fields[name];
    if (typeof count !== "number") return missing(`falco's metrics have no ${name}`);
    sum += count;
  }
  return value(sum);
};
