/**
 * Tracee, from the vendor's release, with tare's policies: https://aquasecurity.github.io/tracee/latest/docs/. Its flags change between
 * versions (`--output json:FILE` and `--perf-buffer-size` up to 0.24, `--output destinations...` and `--buffers` after it), so its own help is asked.
 * Counters: pkg/metrics/stats.go of https://github.com/aquasecurity/tracee.
 */
import { defineVariants } from "../domain/agent.ts";
import type { Claim } from "../domain/claim.ts";
import { CHANGE_FAMILIES } from "../domain/units.ts";
import { CHANGES_ASKED } from "./shared/changes.ts";
import { NO_CHANGES, NO_HIGH_VALUE } from "./shared/not-in-guest.ts";
import { RESOLVED_TEMPORARY_EXECS, UNCONNECTED } from "./shared/techniques.ts";
import { startAsShipped, startOwn, TRACEE, TRACEE_SHEET, traceeOwnInGuest } from "./shared/tracee.ts";

const CLAIMS: readonly Claim[] = [
  {
    of: ["open-o-path"],
    claimed: "nothing",
    why: "opens of the path alone (O_PATH): no check is made of them",
  },
  { of: UNCONNECTED, claimed: "nothing", why: "datagrams without a connect, and TCP fast open" },
  {
    of: ["exec-loader"],
    claimed: "otherwise",
    why: "the program that ld.so is started with: it is one of its arguments, as the caller has it",
  },
];

const HIGH_VALUE_CLAIMS: readonly Claim[] = [
  {
    of: ["exec-memfd", "exec-memfd-proc"],
    claimed: "right",
    why: "its policy asks for programs that are in memory alone (memfd:*)",
  },
  {
    of: RESOLVED_TEMPORARY_EXECS,
    claimed: "right",
    why: "its policy asks for programs in a directory for temporary files, which the watched one stands for, by the path that the kernel has",
  },
  {
    of: ["privilege-setuid", "kernel-bpf", "namespace-setns"],
    claimed: "right",
    why: "its policy names the call",
  },
  {
    of: ["exec-script", "exec-loader"],
    claimed: "nothing",
    why: "scripts and what ld.so is started with: to its policy the program is the interpreter or the loader, which lie elsewhere",
  },
];

const NOTES = [
  "execs that fail",
  "what is refused by a check that comes before its own hook",
  "operations through io_uring's own opcodes, but for those that meet the same hooks",
];

export default defineVariants({
  id: TRACEE,
  variants: [
    {
      ...TRACEE_SHEET,
      id: "tracee@everything",
      title: "Tracee",
      observes: ["exec", "file", "network"],
      coverage: { notes: NOTES, claims: CLAIMS },
      start: (host, context) => startOwn(host, context, "everything"),
      inGuest: traceeOwnInGuest,
    },
    {
      ...TRACEE_SHEET,
      id: "tracee@high-value",
      title: "Tracee (high-value policy)",
      observes: ["high-value"],
      coverage: {
        notes: [...NOTES, "what its policy does not name"],
        claims: HIGH_VALUE_CLAIMS,
        gapFor: ({ family }) =>
          family === "high-value"
            ? {
                extent: "some",
                why: "its events of setuid, bpf and setns do not show the process's arguments, so that it is unknown whose they are",
              }
            : undefined,
      },
      optIn: "it watches what a detection team keeps, and next to nothing of the other workloads",
      notInGuest: NO_HIGH_VALUE,
      start: (host, context) => startOwn(host, context, "high-value"),
    },
    {
      ...TRACEE_SHEET,
      id: "tracee@changes",
      title: "Tracee (changes of files)",
      observes: CHANGE_FAMILIES,
      coverage: {
        notes: [
          "what is refused by a check that comes before its own hook",
          "writes of several parts at once (writev), and through a mapping: its policy does not name them",
          "paths before the mount point, of what is renamed or deleted",
        ],
      },
      optIn: CHANGES_ASKED,
      notInGuest: NO_CHANGES,
      start: (host, context) => startOwn(host, context, "changes"),
    },
    {
      ...TRACEE_SHEET,
      id: "tracee@shipped",
      title: "Tracee, as it starts without a policy: its default events",
      observes: [],
      coverage: {
        notes: [
          "which of its default events a workload causes is not counted: it is there for what it takes",
        ],
      },
      optIn: "it answers another question: what it takes before anybody gives it a policy",
      notInGuest: "none of its default events is counted",
      start: startAsShipped,
    },
  ],
});
