/**
 * Whether the kernel is locked down so far that no program may read its memory: kernel_lockdown(7), "confidentiality". BPF programs,
 * kprobes and tracefs are refused then; "integrity" refuses none of them.
 */
import type { Host } from "./host.ts";

const STATE = "/sys/kernel/security/lockdown";
const COMMAND_LINE = "/proc/cmdline";

/** What shows it; undefined where it is not so. */
export const confidentialKernel = async (host: Host): Promise<string | undefined> => {
  const state = await host.readText(STATE);
  if (state.kind === "value") {
    return state.value.includes("[confidentiality]") ? `${STATE} says confidentiality` : undefined;
  }
  // Securityfs is not mounted in every container.
  const started = await host.readText(COMMAND_LINE);
  return started.kind === "value" && /(?:^|\s)lockdown=confidentiality(?:\s|$)/.test(started.value)
    ? "booted with lockdown=confidentiality"
    : undefined;
};
