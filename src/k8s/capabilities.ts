/** What the pod on a benched node may do of all that root may, and what for. */

export const CAPABILITIES: Readonly<Record<string, string>> = {
  BPF: "loads the sensor's programs, and lists those of agents",
  PERFMON: "attaches them to tracepoints",
  SYS_PTRACE: "reads /proc of agents' processes",
  SYS_RESOURCE: "locks the maps of older kernels in memory, and raises limits of the workload",
  DAC_READ_SEARCH: "reads agents' output, whoever owns it",
  KILL: "ends the workload, which is another user",
  SETUID: "makes the workload another user",
  SETGID: "makes the workload another group",
  SETPCAP: "takes the workload's capabilities away",
  CHOWN: "gives the workload its files",
  SYSLOG: "reads the kernel's symbols",
};

/** Before it, BPF and PERFMON were part of SYS_ADMIN. */
const FIRST_WITH_BPF = [5, 8] as const;

const KERNEL = /^(\d+)\.(\d+)/;

/** `kernel`: as the node tells it; of one that tells none, a present one is meant. */
export const kernelCapabilities = (kernel: string): readonly string[] => {
  const [, major, minor] = KERNEL.exec(kernel) ?? [];
  const [withMajor, withMinor] = FIRST_WITH_BPF;
  const isOlder =
    major !== undefined &&
    (Number(major) < withMajor || (Number(major) === withMajor && Number(minor) < withMinor));
  const names = Object.keys(CAPABILITIES);
  return isOlder ? ["SYS_ADMIN", ...names.filter((name) => name !== "BPF" && name !== "PERFMON")] : names;
};
