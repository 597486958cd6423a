/** Every warning in words. */
import { expect, test } from "vitest";
import type { Incident, Warning } from "../../../src/domain/warning.ts";
import { warningText } from "../../../src/report/words/warnings.ts";
import { AA_FAILURE } from "../../support/check-failure.ts";

const incident = (of: Incident, times = 1): Warning => ({ kind: "incident", ...of, times });
const TRIALS = { agent: "falco", scenario: "process-exec" } as const;

test.each<[Warning, string]>([
  [{ kind: "record-problem", line: 7, why: "cut off" }, "record line 7: cut off"],
  [
    {
      kind: "check-failed",
      failure: AA_FAILURE,
    },
    "A/A: the second baseline differs from the baseline on process-exec / exec (closed), Workload CPU time: by +900 ns/op [+700 ns/op, +1.1 us/op], and at most 500 ns/op would be nothing",
  ],
  [
    incident({ what: "interrupted", blocks: 0, planned: 3 }),
    "run: interrupted: 0 of 3 planned blocks are complete",
  ],
  [
    incident({ what: "time-budget", blocks: 10, planned: 12 }),
    "run: the time budget was used up: 10 of 12 planned blocks are complete",
  ],
  [incident({ what: "resumed", block: 5, rebooted: false }), "run: resumed at block 5"],
  [
    incident({ what: "resumed", block: 5, rebooted: true }),
    "run: resumed at block 5, on another boot of the machine",
  ],
  [
    incident({ what: "emulated", evidence: ["the CPU names its hypervisor TCG"] }),
    "run: emulated: functional, no performance verdict (the CPU names its hypervisor TCG)",
  ],
  [incident({ what: "emulated", evidence: null }), "run: emulated: functional, no performance verdict"],
  [
    incident({ what: "emulation-unknown", evidence: ["no CPUID"] }),
    "run: it could not be told whether the CPU is emulated (no CPUID)",
  ],
  [
    incident(
      {
        what: "turn-failed",
        agent: "falco",
        stage: "ready",
        message: "no sentinel in 30 s",
        lastLines: [
          "Starting health webserver",
          "Opening 'syscall' source with modern BPF probe.",
          "libpman: unable to bump RLIMIT_MEMLOCK to RLIM_INFINITY (errno: 1 | message: Operation not permitted)",
          "Error: Initialization issues during scap_init",
        ],
      },
      2,
    ),
    `falco: failed at ready: no sentinel in 30 s; it said last: "Opening 'syscall' source with modern BPF probe.", "libpman: unable to bump RLIMIT_MEMLOCK to RLIM_INFINITY (errno: 1 | message: Operation not permitted)", "Error: Initialization issues during scap_init" (2 times)`,
  ],
  [
    incident({ what: "left-behind", agent: "falco", text: "BPF program 12 is still loaded" }, 2),
    "falco: left behind on the node: BPF program 12 is still loaded (2 times)",
  ],
  [
    incident({ what: "trial-failed", ...TRIALS, stage: "window", message: "falco ended", lastLines: [] }),
    "falco, process-exec: trial failed at window: falco ended",
  ],
  [
    incident({ what: "trial-skipped", ...TRIALS, reason: "no space for its files" }),
    "falco, process-exec: trial skipped: no space for its files",
  ],
  [
    incident({ what: "undrained", ...TRIALS }),
    "falco, process-exec: its output still grew when the harness stopped waiting: late events count as lost",
  ],
  [
    incident({ what: "defect", ...TRIALS, text: "3 of 300 exec operations failed" }),
    "falco, process-exec: 3 of 300 exec operations failed",
  ],
  [
    { kind: "older-method", method: "tare-2026.1", current: "tare-2026.2" },
    "made by an older method (tare-2026.1, now tare-2026.2) and judged by its rules: the node's CPU time in ticks of 10 ms, one workload process a trial, the warm-up in volume and agent CPU, default budgets on the workload's CPU time alone",
  ],
  [
    { kind: "older-method", method: "x", current: "tare-2026.2" },
    "made by another method (x, now tare-2026.2): its figures are not those of this one",
  ],
  [
    { kind: "crashed", agent: "falco", turns: 1, ofTurns: 12 },
    "falco crashed in 1 of 12 turns: nothing of it is within budget",
  ],
  [
    {
      kind: "impossible",
      ...TRIALS,
      operation: "exec",
      load: "closed",
      placement: "pinned",
      metric: "workload-cpu",
      difference: { value: -300, low: -310, high: -290 },
    },
    "falco, process-exec / exec (closed), Workload CPU time: -300 ns/op [-310 ns/op, -290 ns/op] is less than nothing: what was compared was not the same",
  ],
  [
    {
      kind: "known-loss",
      ...TRIALS,
      agent: "calibration-loss@silent-10",
      load: "closed",
      operations: 9000,
      discarded: 903,
      missing: 905,
      declared: { low: 0, high: 0 },
      exact: false,
    },
    "calibration-loss@silent-10, process-exec (closed): 905 events of 9,000 missing, which is not what it discards: it lost others too, or the ledger miscounts",
  ],
  [
    {
      kind: "sometimes-not-read",
      agent: "falco",
      metric: "agent-memory",
      missing: 2,
      readings: 12,
      reasons: ["gone"],
    },
    "Agent memory (PSS) of falco could not be read in 2 of 12 readings: gone",
  ],
  [
    { kind: "noise", sign: "steal", shown: 3, trials: 36 },
    "noise: in 3 of 36 trials, the hypervisor took more than 5 % of the CPU time (steal)",
  ],
  [
    { kind: "noise", sign: "cpu-pressure", shown: 2, trials: 24 },
    "noise: in 2 of 24 baseline trials, tasks waited for a CPU for more than 20 % of the time though no agent ran (pressure)",
  ],
  [
    { kind: "noise", sign: "wall-over-cpu", shown: 3, trials: 36 },
    "noise: in 3 of 36 closed trials, a closed loop took more than 3 times its CPU time (it was kept waiting)",
  ],
  [
    { kind: "noise", sign: "control-loop", shown: 3, trials: 36 },
    "noise: in 3 of 36 trials, the control loop changed by more than 15 % across the window (the CPU's speed changed)",
  ],
  [
    { kind: "noise-not-read", sign: "steal", unread: 36, trials: 36, reasons: ["no /proc/stat"] },
    "noise: steal could not be read in 36 of 36 trials, so whether they were disturbed is not known: no /proc/stat",
  ],
  [
    { kind: "noise-not-read", sign: "cpu-pressure", unread: 24, trials: 24, reasons: ["no pressure file"] },
    "noise: CPU pressure could not be read in 24 of 24 baseline trials, so whether they were disturbed is not known: no pressure file",
  ],
  [
    { kind: "contended" },
    "wall-clock time, latency and response time are not valid under contention: the node's CPUs were busy with other things while no agent ran, and waiting for them counts as wall-clock time",
  ],
  [
    { kind: "intervals-disagree", estimates: 2, of: 34 },
    "the bootstrap and the t interval differ by more than 15 % for 2 of 34 estimates: their blocks are skewed or few",
  ],
  [
    {
      kind: "backpressure",
      agent: "sensor",
      scenario: "process-exec",
      contradiction: { promised: "drops", behaviour: "blocks" },
    },
    "sensor, process-exec, forced overflow: its data sheet says that it drops events and makes nothing wait, but the workload stood still",
  ],
])("%j", (warning, text) => {
  expect(warningText(warning)).toBe(text);
});
