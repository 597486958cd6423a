/** Whether figures of two sessions may be pooled as one run. */
import type { HostFingerprint } from "../domain/record.ts";

const MUST_MATCH = ["hostname", "arch", "kernel", "cpuModel", "cpus", "memoryBytes", "cgroup"] as const;

/** The first key that differs, worded for people; undefined when it is the same machine. */
export const sameMachine = (a: HostFingerprint, b: HostFingerprint): string | undefined => {
  for (const key of MUST_MATCH) {
    if (a[key] !== b[key]) return `${key} is "${b[key]}" and was "${a[key]}"`;
  }
  return undefined;
};
