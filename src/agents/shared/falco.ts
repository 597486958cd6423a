/**
 * How Falco tells of events, and its own counters: a page for Prometheus, of the moment (userspace/falco/falco_metrics.cpp of
 * https://github.com/falcosecurity/falco), or a line of JSON an interval, appended to a file (stats_writer.cpp there, which puts `scap.` before the
 * names that a driver's engine gives). tare asks for the page: the interval is a timer whose signal ends the loading of a BPF program, so that
 * Falco gives up on a node so busy that the five tries of libbpf take longer than an interval each.
 */
import * as z from "zod";
import type { AgentOutput, GuestStart } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { CHANGE_FORMS } from "./changes.ts";
import { checkedJson, type From } from "../../domain/schema.ts";
import { type Family, known, missing, type Reading, value } from "../../domain/units.ts";
import { pageFrom, pageInGuest, sumOfCounters } from "./prometheus.ts";

/** How the fields of its JSON lines show tokens, under any configuration. */
export const FALCO_FORMS = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "ipv4", before: '"fd.sip":"' },
  ...CHANGE_FORMS,
  "high-value": { kind: "text" },
} as const satisfies AgentOutput["forms"];

const QUEUE = "falco.outputs_queue_num_drops";
/** What the kernel could not hand over, of every kind: also the clones, closes and so on that Falco's picture of the processes needs. */
const ALL_KINDS = "scap.n_drops";
/**
 * The same by kind (driver/modern_bpf/helpers/base/stats.h of libs; the kernel module counts alike). Renames and deletions are of one kind with
 * what else changes folders, modes and owners. High-value events are of several kinds, some of them not told apart.
 */
const KINDS: Readonly<Partial<Record<Family, string>>> = {
  exec: "execve",
  file: "open",
  network: "connect",
  write: "open",
  rename: "dir_file",
  delete: "dir_file",
};
const ofKind = (kind: string): string => `scap.n_drops_buffer_${kind}_exit`;
const ANY_OF_KIND = /^scap\.n_drops_buffer_\w+_exit$/;
/**
 * Events of whichever kind: the modern probe counts those that were larger than it can hold, the kernel module those that it could not read. Not
 * among them: the module's `n_preemptions`, of page faults; and `n_drops_task...` of the probe's iterators, of processes that were there before it.
 */
const WHATEVER_KIND = ["scap.n_drops_scratch_map", "scap.n_drops_page_faults"];

const Snapshot = z.object({ output_fields: z.looseObject({ "evt.time": z.unknown() }) });
type Fields = From<typeof Snapshot>["output_fields"];

/** Of the last complete line; undefined when there is none, or when it is no snapshot. */
const lastFields = (text: string): Fields | undefined => {
  const read = checkedJson(Snapshot, text.split("\n").at(-2) ?? "", "the line");
  return read.kind === "fits" ? read.content.output_fields : undefined;
};

/**
 * Events of the families lost so far, or of every kind where this version does not count them apart. Waits for a snapshot that was taken after the
 * call: the one before it knows nothing of the last interval. Looking at the file opens it, which is an event, so that a silent node makes a
 * snapshot too.
 */
export const falcoMetrics = async (
  host: Host,
  path: string,
  families: readonly Family[],
  intervalMs: number,
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
    // The next one, and it may be late.
    { every: 100, atMost: 3000 + intervalMs },
  );
  return waited.kind === "met" ? waited.value : missing(`falco wrote no metrics within ${waited.seconds} s`);
};

const kindsOf = (families: readonly Family[]): readonly string[] | undefined => {
  const kinds = families.map((family) => KINDS[family]);
  return kinds.every((kind) => kind !== undefined) ? [...new Set(kinds)] : undefined;
};

/** Without `include_empty_values`, which is how it is shipped, a counter that is 0 is left out; the sum never is. */
const lostIn = (fields: Fields, families: readonly Family[]): Reading<number> => {
  const countOf = (name: string, absent?: number): number | undefined => {
    const count = fields[name] ?? absent;
    return typeof count === "number" ? count : undefined;
  };
  const queue = countOf(QUEUE);
  if (queue === undefined) return missing(`falco's metrics have no ${QUEUE}`);
  const all = countOf(ALL_KINDS);
  if (all === undefined)
    return missing(`falco's metrics have no ${ALL_KINDS}: metrics.kernel_event_counters_enabled brings it`);
  const kinds = kindsOf(families);
  const isApart = all === 0 || Object.keys(fields).some((name) => ANY_OF_KIND.test(name));
  if (kinds === undefined || !isApart) return value(all + queue);
  const parts = [...kinds.map(ofKind), ...WHATEVER_KIND].map((name) => countOf(name, 0) ?? 0);
  return value(parts.reduce((sum, count) => sum + count, queue));
};

const PAGE = "falcosecurity_scap_n_";
const PAGE_QUEUE = "falcosecurity_falco_outputs_queue_num_drops_total";
const PAGE_ALL = `${PAGE}drops_total`;

/** Where a label tells the kind and nothing is left out that is 0. */
const lostOn = (page: Reading<string>, families: readonly Family[]): Reading<number> => {
  const all = sumOfCounters(page, { always: [PAGE_QUEUE, PAGE_ALL], whenCounted: [] });
  const kinds = kindsOf(families);
  if (all.kind === "missing" || kinds === undefined) return all;
  const ofKinds = { name: `${PAGE}drops_buffer_total`, labels: ["drop"], among: kinds };
  const whatever = ["scratch_map", "page_faults"].map((name) => `${PAGE}drops_${name}_total`);
  return sumOfCounters(page, { always: [PAGE_QUEUE], whenCounted: [ofKinds, ...whatever] });
};

/** The same from the page of its web server. */
export const falcoPage = async (
  get: Host["httpGet"],
  server: string,
  families: readonly Family[],
): Promise<Reading<number>> => lostOn(await get(`http://${server}/metrics`), families);

/** Where src/agents/policies/falco/falco.yaml has its web server. */
export const FALCO_SERVER = "127.0.0.1:48765";

/** Its page has the driver's counters once that is open, and events as soon as it is attached. */
const WATCHES = `^${PAGE}evts_total [1-9]`;

export const falcoWatches = async (host: Host): Promise<boolean> =>
  new RegExp(WATCHES, "m").test(known(await host.httpGet(`http://${FALCO_SERVER}/metrics`)) ?? "");

/** For a guest's shell. */
export const WATCHES_IN_GUEST = `wget -q -O - http://${FALCO_SERVER}/metrics | grep -q '${WATCHES}'`;

export const lostInGuest = (families: readonly Family[]): NonNullable<GuestStart["lost"]> => ({
  ask: pageInGuest(FALCO_SERVER),
  read: (line) => lostOn(pageFrom(line), families),
});
