/** What this node can do for a measurement, each in plain words with the way to get it. Probed, never assumed. */
import type { Host } from "../domain/host.ts";
import { known } from "../domain/units.ts";

export interface Capability {
  readonly id: string;
  readonly title: string;
  readonly available: boolean;
  readonly detail: string;
  /** What to do about it; empty when there is nothing to do. */
  readonly fix: string;
  /** Without a required one no sensor can be measured at all; without the others something is missing from the figures. */
  readonly required: boolean;
}

type Finding = Pick<Capability, "available" | "detail"> & { readonly fix?: string };

interface Check {
  readonly id: string;
  readonly title: string;
  readonly required: boolean;
  readonly look: (host: Host) => Promise<Finding>;
}

const tool = (name: string, purpose: string, packageName: string): Check => ({
  id: name,
  title: purpose,
  required: false,
  look: async (host) => {
    const path = await host.which(name);
    return path === undefined
      ? { available: false, detail: `${name} was not found`, fix: `apt-get install ${packageName}` }
      : { available: true, detail: path };
  },
});

const built = (path: string, purpose: string, part: string): Check => ({
  id: part,
  title: purpose,
  required: true,
  look: async (host) =>
    (await host.fileSize(`${host.root}/${path}`)).kind === "value"
      ? { available: true, detail: path }
      : { available: false, detail: `${path} is not built`, fix: `make -C ${part}` },
});

const CHECKS: readonly Check[] = [
  {
    id: "root",
    title: "root",
    required: true,
    look: async (host) =>
      host.uid === 0
        ? { available: true, detail: "running as root" }
        : {
            available: false,
            detail: `running as uid ${host.uid}`,
            fix: "use sudo: sensors attach to the kernel",
          },
  },
  {
    id: "btf",
    title: "kernel type information (BTF)",
    required: true,
    look: async (host) =>
      (await host.fileSize("/sys/kernel/btf/vmlinux")).kind === "value"
        ? { available: true, detail: "/sys/kernel/btf/vmlinux" }
        : {
            available: false,
            detail: "/sys/kernel/btf/vmlinux is missing",
            fix: "boot a kernel with CONFIG_DEBUG_INFO_BTF=y (every Debian kernel since 11 has it)",
          },
  },
  {
    id: "tracefs",
    title: "tracefs (tracepoints of bpftrace and others)",
    required: false,
    look: async (host) =>
      (await host.list("/sys/kernel/tracing/events")).length > 0
        ? { available: true, detail: "/sys/kernel/tracing" }
        : {
            available: false,
            detail: "/sys/kernel/tracing is empty",
            fix: "mount -t tracefs tracefs /sys/kernel/tracing",
          },
  },
  {
    id: "kprobes",
    title: "kprobes",
    required: false,
    look: async (host) =>
      (await host.fileSize("/sys/kernel/tracing/kprobe_events")).kind === "value"
        ? { available: true, detail: "kprobe_events" }
        : { available: false, detail: "the kernel offers no kprobes: agents that need them are skipped" },
  },
  {
    id: "cgroup",
    title: "a cgroup for each agent",
    required: false,
    look: async (host) => {
      const mounts = known(await host.readText("/proc/self/mounts")) ?? "";
      if (/ cgroup [^ ]*\bcpuacct\b/m.test(mounts)) return { available: true, detail: "version 1 (cpuacct)" };
      if (/ cgroup2 /m.test(mounts)) return { available: true, detail: "version 2" };
      return { available: false, detail: "none mounted: the agent's process tree is summed up instead" };
    },
  },
  {
    id: "pressure",
    title: "pressure stall information",
    required: false,
    look: async (host) =>
      (await host.readText("/proc/pressure/cpu")).kind === "value"
        ? { available: true, detail: "/proc/pressure/cpu" }
        : { available: false, detail: "/proc/pressure/cpu cannot be read", fix: "boot with psi=1" },
  },
  {
    id: "counters",
    title: "hardware counters",
    required: false,
    look: async (host) => {
      const devices = await host.list("/sys/bus/event_source/devices");
      return devices.some((name) => /^(cpu|armv8)/.test(name))
        ? { available: true, detail: "a CPU's counters are visible" }
        : {
            available: false,
            detail: "no CPU event source: cycles and instructions cannot be read (usual in a VM)",
          };
    },
  },
  {
    id: "audit",
    title: "Linux audit, free for a measurement",
    required: false,
    look: async (host) => {
      if ((await host.which("auditctl")) === undefined) {
        return { available: false, detail: "auditctl was not found", fix: "tare agents install auditd" };
      }
      const status = await host.run("auditctl", ["-s"]);
      const owner = /^pid (\d+)$/m.exec(status.stdout)?.[1];
      if (status.exitCode !== 0) return { available: false, detail: `auditctl -s: ${status.stderr.trim()}` };
      return owner === "0"
        ? { available: true, detail: "nobody uses it" }
        : {
            available: false,
            detail: `pid ${owner ?? "unknown"} uses it`,
            fix: "stop that daemon if audit agents are to be measured",
          };
    },
  },
  tool("bpftool", "list of loaded BPF programs (leftover check)", "bpftool"),
  tool("taskset", "placement on CPUs", "util-linux"),
  tool("setpriv", "agents that end when tare is killed", "util-linux"),
  built("build/scenarios/process-exec", "the workloads", "scenarios"),
  built("build/bpf/tare-sensor", "the sensor", "bpf"),
];

export const probeCapabilities = async (host: Host): Promise<readonly Capability[]> =>
  await Promise.all(
    CHECKS.map(async ({ id, title, required, look }) => {
      const finding = await look(host);
      return { id, title, required, fix: "", ...finding };
    }),
  );

/** What the record says of a node's limits. */
export const notMeasurable = (capabilities: readonly Capability[]): readonly string[] =>
  capabilities
    .filter((capability) => !capability.available)
    .map((capability) => `${capability.title}: not available here (${capability.detail})`);
