/** What a process may do on this node, and what the kernel offers it. */
import type { Host } from "../domain/host.ts";
import { parseCpuList } from "../domain/cpu-list.ts";
import { readSeccomp } from "../domain/seccomp.ts";
import { known, missing, type Reading, value } from "../domain/units.ts";
import { cgroupVersion } from "./fingerprint.ts";

/** By their bits: capabilities(7), include/uapi/linux/capability.h. */
const CAPABILITIES = [
  "CHOWN",
  "DAC_OVERRIDE",
  "DAC_READ_SEARCH",
  "FOWNER",
  "FSETID",
  "KILL",
  "SETGID",
  "SETUID",
  "SETPCAP",
  "LINUX_IMMUTABLE",
  "NET_BIND_SERVICE",
  "NET_BROADCAST",
  "NET_ADMIN",
  "NET_RAW",
  "IPC_LOCK",
  "IPC_OWNER",
  "SYS_MODULE",
  "SYS_RAWIO",
  "SYS_CHROOT",
  "SYS_PTRACE",
  "SYS_PACCT",
  "SYS_ADMIN",
  "SYS_BOOT",
  "SYS_NICE",
  "SYS_RESOURCE",
  "SYS_TIME",
  "SYS_TTY_CONFIG",
  "MKNOD",
  "LEASE",
  "AUDIT_WRITE",
  "AUDIT_CONTROL",
  "SETFCAP",
  "MAC_OVERRIDE",
  "MAC_ADMIN",
  "SYSLOG",
  "WAKE_ALARM",
  "BLOCK_SUSPEND",
  "AUDIT_READ",
  "PERFMON",
  "BPF",
  "CHECKPOINT_RESTORE",
] as const;

/** Of `/proc/PID/status`, by name. */
const effectiveCapabilities = (status: string): readonly string[] => {
  const bits = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return CAPABILITIES.filter((_, bit) => ((bits >> BigInt(bit)) & 1n) === 1n).map((name) => `CAP_${name}`);
};

export interface NodeFacts {
  readonly architecture: string;
  readonly kernel: string;
  readonly btf: boolean;
  readonly lockdown: Reading<string>;
  readonly cgroup: "v1" | "v2" | "none";
  readonly capabilities: readonly string[];
  readonly seccomp: Reading<string>;
  readonly cpus: readonly number[];
  readonly nodeCpus: Reading<number>;
  readonly freeBytes: Reading<number>;
}

const ONLINE = "/sys/devices/system/cpu/online";
const LOCKDOWN = "/sys/kernel/security/lockdown";

export const readNodeFacts = async (host: Host, folder: string): Promise<NodeFacts> => {
  const text = async (path: string): Promise<string> => known(await host.readText(path)) ?? "";
  const lockdown = await host.readText(LOCKDOWN);
  const online = parseCpuList(await text(ONLINE)).length;
  const state = lockdown.kind === "value" ? /\[(\w+)\]/.exec(lockdown.value)?.[1] : undefined;
  return {
    architecture: host.arch,
    kernel: (await text("/proc/sys/kernel/osrelease")).trim(),
    btf: (known(await host.fileSize("/sys/kernel/btf/vmlinux")) ?? 0) > 0,
    lockdown:
      lockdown.kind === "missing"
        ? lockdown
        : state === undefined
          ? missing(`${LOCKDOWN} names no state`)
          : value(state),
    cgroup: await cgroupVersion(host),
    capabilities: effectiveCapabilities(await text("/proc/self/status")),
    seccomp: await readSeccomp(host),
    cpus: host.cpus,
    nodeCpus: online > 0 ? value(online) : missing(`${ONLINE} names none`),
    freeBytes: await host.freeBytes(folder),
  };
};
