/**
 * Falco with its modern eBPF probe, from the vendor's release, with tare's configuration and rules. Configuration:
 * https://falco.org/docs/reference/daemon/config-options/; rules: https://falco.org/docs/concepts/rules/; the metrics file:
 * userspace/falco/stats_writer.cpp of https://github.com/falcosecurity/falco.
 */
import { type AgentSheet, defineVariants, type GuestContext } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import { falcoDaemon, falcoInGuest, ownRules, startFalco } from "./shared/falco-daemon.ts";
import { NO_HIGH_VALUE } from "./shared/not-in-guest.ts";

const falco = (
  policy: "everything" | "high-value",
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
      : { notInGuest: NO_HIGH_VALUE }),
  };
};

const NOTES = [
  "operations that fail: the rules ask for those that succeed",
  "system calls of 32-bit programs on arm64",
  "operations through io_uring",
];

export default defineVariants({
  id: "falco",
  variants: [
    falco("everything", {
      title: "Falco",
      observes: ["exec", "file", "network"],
      coverage: { notes: NOTES },
    }),
    falco("high-value", {
      title: "Falco (high-value rules)",
      observes: ["high-value"],
      coverage: { notes: [...NOTES, "what its rules do not name"] },
      optIn: "it watches what a detection team keeps, and next to nothing of the other workloads",
    }),
  ],
});
