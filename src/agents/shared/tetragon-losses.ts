/** What Tetragon says that it has lost, by its metrics: docs/content/en/docs/reference/metrics.md of https://github.com/cilium/tetragon. */
import type { Host } from "../../domain/host.ts";
import type { Reading } from "../../domain/units.ts";
import { pageFrom, sumOfCounters } from "./prometheus.ts";

/**
 * What the kernel could not write is counted by kind (bpf/lib/msg_types.h): 5 is an exec, 13 a kprobe. The others, such as 23 for a clone and 7 for
 * the end of a process, are not among what is counted here: with them, more would be declared than can have been lost, and hide what was lost
 * in silence. Versions after the pinned one name the label `opcode`.
 */
const MISSED = {
  name: "tetragon_bpf_missed_events_total",
  labels: ["msg_op", "opcode"],
  among: ["5", "13"],
} as const;

/** Of the policies' own hooks and of the one for execs; those of its picture of processes, for clones and exits, are none of the events counted. */
const MISSED_PROBES = ["tetragon_missed_link_probes_total", "tetragon_missed_prog_probes_total"].flatMap(
  (name) => [
    { name, labels: ["policy"], except: ["__base__"] },
    { name, labels: ["attach"], among: ["sched/sched_process_exec"] },
  ],
);

/**
 * Events are lost at five places in a row. On kernels with a BPF ring buffer, the one that is named after lost ring buffer events stays at 0
 * whatever happens: what the kernel could not write is in bpf_missed_events_total. The other places do not tell kinds apart.
 */
const LOST = {
  always: [
    "tetragon_observer_ringbuf_events_lost_total",
    "tetragon_observer_ringbuf_queue_events_lost_total",
    "tetragon_notify_overflowed_events_total",
    "tetragon_export_ratelimit_events_dropped_total",
  ],
  whenCounted: [MISSED, "tetragon_observer_ringbuf_errors_total", ...MISSED_PROBES],
} as const;

/** `server`: as its option `metrics-server` says it. */
export const tetragonLosses = async (get: Host["httpGet"], server: string): Promise<Reading<number>> =>
  sumOfCounters(await get(`http://${server.replace(/^(?=:)/, "127.0.0.1")}/metrics`), LOST);

/** The same of a page that a guest's shell has printed. */
export const tetragonLossesIn = (page: string): Reading<number> => sumOfCounters(pageFrom(page), LOST);
