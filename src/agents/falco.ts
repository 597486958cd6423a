/**
 * Falco with its modern eBPF probe, from the vendor's release, with tare's configuration and rules. Configuration:
 * https://falco.org/docs/reference/daemon/config-options/; rules: https://falco.org/docs/concepts/rules/; the metrics file:
 * userspace/falco/stats_writer.cpp of https://github.com/falcosecurity/falco.
 */
import { type AgentSheet, defineVariants, type GuestContext } from "../domain/agent.ts";
import type { Claim } from "../domain/claim.ts";
import type { Host } from "../domain/host.ts";
import { CHANGE_FAMILIES } from "../domain/units.ts";
import { falcoDaemon, falcoInGuest, type FalcoPolicy, ownRules, startFalco } from "./shared/falco-daemon.ts";
import { CHANGES_ASKED } from "./shared/changes.ts";
import { NO_CHANGES, NO_HIGH_VALUE } from "./shared/not-in-guest.ts";
import { UNCONNECTED, URING } from "./shared/techniques.ts";

const falco = (
  policy: FalcoPolicy,
  sheet: Pick<AgentSheet, "title" | "observes" | "coverage" | "optIn">,
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
  { of: ["open-symlink"], claimed: "otherwise", why: "the file behind a symbolic link: it tells the link" },
  {
    of: ["connect-unix"],
    claimed: "nothing",
    why: "connects other than over IP: the rule does not ask for them",
  },
  { of: UNCONNECTED, claimed: "nothing", why: "datagrams without a connect, and TCP fast open" },
];

/** Its rules name these calls. */
const HIGH_VALUE_CLAIMS: readonly Claim[] = [
  {
    of: ["privilege-setuid", "kernel-bpf", "namespace-setns"],
    claimed: "right",
    why: "its rules name the call",
  },
];

export default defineVariants({
  id: "falco",
  variants: [
    falco("everything", {
      title: "Falco",
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
  ],
});
