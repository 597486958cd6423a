/** All that guests know of single agents and scenarios. */
import type { Release } from "./guests.ts";

/** Packages of agents that need no service manager; every guest has them. */
export const SIMPLE_AGENTS = ["auditd", "bpftrace", "libbpf-tools", "strace"];

/** Packages of agents that want kprobes, systemd, cgroup v2 or headers to build against, and what those agents need. */
export const AGENTS = [
  "acct",
  "bpfcc-tools",
  "conmon",
  "crun",
  "fapolicyd",
  "fatrace",
  "forkstat",
  "gcc",
  "iptables",
  "laurel",
  "libc6-dev",
  "linux-perf",
  "nftables",
  "opensnitch",
  "podman",
  "snoopy",
];

/** Packages that only one release has. */
export const AGENTS_OF: Readonly<Record<Release, readonly string[]>> = {
  // The source of sysdig's kernel module; it is compiled in the guest.
  bookworm: ["falcosecurity-scap-dkms", "sysdig"],
  trixie: ["opensnitch-ebpf-modules"],
};

/** Services that these packages enable, and a guest starts without. */
export const SERVICES = ["auditd", "laurel", "opensnitch", "fapolicyd", "acct", "fatrace", "sysstat"];

/** Workloads whose operations a smoke run must count. */
export const COUNTED_SCENARIOS = ["process-exec", "file-open", "network-connect"];
