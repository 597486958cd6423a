/** What the pod on a benched node may do of all that root may, and what for. */

export const CAPABILITIES: Readonly<Record<string, string>> = {
  SYS_ADMIN:
    "lists the BPF programs that are loaded, which no kernel allows without: whether an agent is off is told by that",
  BPF: "loads the sensor's programs",
  PERFMON: "attaches them to tracepoints",
  SYS_PTRACE: "reads /proc of agents' processes",
  SYS_NICE: "keeps agents that are another user off the workload's CPU",
  SYS_RESOURCE: "locks the maps of older kernels in memory, and raises limits of the workload",
  DAC_READ_SEARCH: "reads agents' output, whoever owns it",
  KILL: "ends the workload, which is another user",
  SETUID: "makes the workload another user",
  SETGID: "makes the workload another group",
  SETPCAP: "takes the workload's capabilities away",
  CHOWN: "gives the workload its files",
  SYSLOG: "reads the kernel's symbols",
};

/** Before it there was no BPF and no PERFMON, and a runtime may not know the names. */
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
  return isOlder ? names.filter((name) => name !== "BPF" && name !== "PERFMON") : names;
};
