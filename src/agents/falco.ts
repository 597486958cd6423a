/**
 * Falco with its modern eBPF probe, from the vendor's release, with tare's configuration and rules. Configuration:
 * https://falco.org/docs/reference/daemon/config-options/; rules: https://falco.org/docs/concepts/rules/; the metrics file:
 * userspace/falco/stats_writer.cpp of https://github.com/falcosecurity/falco.
 */
import { type AgentContext, type AgentSheet, defineVariants, type GuestContext } from "../domain/agent.ts";
import type { Claim } from "../domain/claim.ts";
import type { Host } from "../domain/host.ts";
import type { Sink } from "../domain/sink.ts";
import { CHANGE_FAMILIES } from "../domain/units.ts";
import {
  falcoDaemon,
  falcoInGuest,
  type FalcoPolicy,
  type FalcoRules,
  ownRules,
  startFalco,
} from "./shared/falco-daemon.ts";
import { shippedFalco } from "./shared/falco-shipped.ts";
import { CHANGES_ASKED } from "./shared/changes.ts";
import { NO_CHANGES, NO_HIGH_VALUE } from "./shared/not-in-guest.ts";
import { readPolicy } from "./shared/policy.ts";
import { RESOLVED_TEMPORARY_EXECS, UNCONNECTED, URING } from "./shared/techniques.ts";

const falco = (
  policy: FalcoPolicy,
  sheet: Pick<AgentSheet, "title" | "observes" | "coverage" | "optIn" | "sink">,
): AgentSheet => {
  const id = `falco@${policy}`;
  return {
    ...sheet,
    ...falcoDaemon(id),
    id,
    start: async (host, context) => startFalco(host, context, id, await ownRules(host, context, policy)),
    ...(policy === "everything"
      ? {
          inGuest: async (host: Host, context: GuestContext) =>
            await falcoInGuest(host, context, id, await ownRules(host, context, policy)),
        }
      : { notInGuest: policy === "changes" ? NO_CHANGES : NO_HIGH_VALUE }),
  };
};

const NOTES = [
  "operations that fail: the rules ask for those that succeed",
  "system calls of 32-bit programs on arm64",
];

const CLAIMS: readonly Claim[] = [
  { of: URING, claimed: "nothing", why: "operations through io_uring" },
  { of: ["open-handle"], claimed: "nothing", why: "opens by handle: the rule does not name them" },
  {
    of: ["open-chroot"],
    claimed: "nothing",
    why: "opens in another root: the rule asks for a folder, and there it has another name",
  },
  {
    of: ["exec-loader"],
    claimed: "otherwise",
    why: "the program that ld.so is started with: it is one of its arguments, as the caller has it",
  },
  { of: ["open-symlink"], claimed: "otherwise", why: "the file behind a symbolic link: it tells the link" },
  {
    of: ["connect-unix"],
    claimed: "nothing",
    why: "connects other than over IP: the rule does not ask for them",
  },
  { of: UNCONNECTED, claimed: "nothing", why: "datagrams without a connect, and TCP fast open" },
];

const HIGH_VALUE_CLAIMS: readonly Claim[] = [
  {
    of: ["exec-memfd", "exec-memfd-proc"],
    claimed: "right",
    why: "its rules ask for programs that are in memory alone (proc.is_exe_from_memfd)",
  },
  {
    of: ["exec-script", "exec-loader"],
    claimed: "nothing",
    why: "scripts and what ld.so is started with: to its rules the program is the interpreter or the loader, which lie elsewhere",
  },
  {
    of: RESOLVED_TEMPORARY_EXECS,
    claimed: "right",
    why: "its rules ask for programs in a directory for temporary files, which the watched one stands for, by the path that the kernel has (proc.exepath)",
  },
  {
    of: ["privilege-setuid", "kernel-bpf", "namespace-setns"],
    claimed: "right",
    why: "its rules name the call",
  },
];

/** Rungs below an event. It has no filter in the kernel but the number of a call, so that there is none for that. */
const silent = (
  sheet: Pick<AgentSheet, "id" | "title"> & { readonly sink: Sink },
  rulesFor: (host: Host, context: AgentContext) => Promise<FalcoRules>,
): AgentSheet => ({
  ...falcoDaemon(sheet.id),
  ...sheet,
  observes: ["exec", "file", "network"],
  coverage: { notes: NOTES, claims: CLAIMS },
  optIn: "it is there to be compared with `falco@everything`: what its export costs",
  uncounted: ["exec", "file", "network"],
  notInGuest: "it hands out nothing, so that no event of it is delivered: count falco@everything",
  start: async (host, context) =>
    startFalco(host, context, sheet.id, { ...(await rulesFor(host, context)), isSilent: true }),
});

const loaded = silent(
  { id: "falco@loaded", title: "Falco, a rule for a call that no workload makes", sink: "loaded" },
  async (host, context) => ({
    ...(await ownRules(host, context, "everything")),
    files: [await readPolicy(host, "falco/other-calls.yaml", {}, context.families)],
  }),
);

/** Without any output it refuses to start. */
const none = silent(
  { id: "falco@none", title: "Falco, its only output /dev/null", sink: "none" },
  async (host, context) => ({
    ...(await ownRules(host, context, "everything")),
    options: ["-o", "file_output.filename=/dev/null"],
  }),
);

/** Equal in what it reports, so that its events are counted as those of the default. */
const repair: AgentSheet = {
  ...falcoDaemon("falco@repair"),
  id: "falco@repair",
  title: "Falco, tracing no call that its rules do not need",
  observes: ["exec", "file", "network"],
  coverage: { notes: NOTES, claims: CLAIMS },
  optIn:
    "`base_syscalls.repair` is off as shipped; it is there to be compared with `falco@everything`: what tracing the calls costs that no rule names",
  notInGuest: "it differs from falco@everything by an option: count that",
  start: async (host, context) =>
    startFalco(host, context, "falco@repair", {
      ...(await ownRules(host, context, "everything")),
      repairs: true,
    }),
};

const shipped: AgentSheet = {
  ...shippedFalco("falco@shipped"),
  title: "Falco, as its vendor ships it: its own configuration and rules",
  observes: ["exec", "file", "network"],
  coverage: {
    notes: [
      "whatever the vendor's rules do not name: they alert, and none of them names what a workload does",
    ],
  },
  optIn: "its rules name none of the workloads' events, so that its cost is measured and nothing is counted",
  uncounted: ["exec", "file", "network"],
  notInGuest: "its rules name none of the workloads' events, so that none is delivered",
};

export default defineVariants({
  id: "falco",
  variants: [
    falco("everything", {
      title: "Falco",
      sink: "json-file",
      observes: ["exec", "file", "network"],
      coverage: { notes: NOTES, claims: CLAIMS },
    }),
    falco("high-value", {
      title: "Falco (high-value rules)",
      observes: ["high-value"],
      coverage: { notes: [...NOTES, "what its rules do not name"], claims: HIGH_VALUE_CLAIMS },
      optIn: "it watches what a detection team keeps, and next to nothing of the other workloads",
    }),
    falco("changes", {
      title: "Falco (changes of files)",
      observes: CHANGE_FAMILIES,
      coverage: {
        notes: [...NOTES, "changes through io_uring"],
        claims: [
          {
            of: ["change-write"],
            claimed: "otherwise",
            why: "writes as such: its rules ask for opens for writing, as Falco's own do, and tell the name that the file had then",
          },
        ],
      },
      optIn: CHANGES_ASKED,
    }),
    repair,
    shipped,
    loaded,
    none,
  ],
});
