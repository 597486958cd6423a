/** What the counters of losses count that several agents have in common. None of them tells programs apart. */
import type { LossCounter } from "../../domain/agent.ts";

/** A sample of a perf buffer, or an entry of a BPF ring, for each event. */
export const EACH_EVENT: LossCounter = { unit: "events", scope: "node" };

/**
 * `auditctl -s` counts records that could not be queued. Where the first of an event cannot be, the kernel gives up the event and counts one; else it
 * goes on with the next. An exec has SYSCALL, BPRM_FCAPS, EXECVE, CWD, up to two PATHs, PROCTITLE and EOE, an open one PATH and no EXECVE, a
 * connect SOCKADDR instead, a rename up to five PATHs (two folders, two names, what was replaced) and a deletion two (kernel/auditsc.c,
 * audit_log_exit).
 */
export const AUDIT_RECORDS: LossCounter = {
  unit: "records",
  scope: "node",
  perEvent: {
    exec: [1, 8],
    file: [1, 5],
    network: [1, 4],
    write: [1, 5],
    rename: [1, 9],
    delete: [1, 6],
    "high-value": [1, 8],
  },
};
