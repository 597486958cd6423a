/** What this node can do for a measurement, each in plain words with the way to get it. Probed, never assumed. */
import type { Host } from "../domain/host.ts";
import { confidentialKernel } from "../domain/lockdown.ts";
import { unescaped } from "../domain/mounts.ts";
import { whyNotRoot } from "../domain/node-root.ts";
import { installHint, MOUNT_TRACEFS, mountHint } from "../domain/packages.ts";
import { known } from "../domain/units.ts";

export interface Capability {
  readonly id: string;
  readonly title: string;
  readonly available: boolean;
  readonly detail: string;
  readonly without: string;
  readonly fix: string;
  /** Without a required one no sensor can be measured at all; without the others something is missing from the figures. */
  readonly required: boolean;
}

type Finding = Pick<Capability, "available" | "detail" | "fix">;

const found = (detail: string): Finding => ({ available: true, detail, fix: "" });
const lacking = (detail: string, fix: string): Finding => ({ available: false, detail, fix });

interface Check extends Omit<Capability, keyof Finding> {
  readonly look: (host: Host) => Promise<Finding>;
}

const tool = (id: string, title: string, packageName: string, without: string): Check => ({
  id,
  title,
  without,
  required: false,
  look: async (host) => {
    const path = await host.which(id);
    return path === undefined
      ? lacking(`${id} was not found`, await installHint(host, packageName))
      : found(path);
  },
});

const built = (path: string, title: string, part: string, without: string): Check => ({
  id: part,
  title,
  without,
  required: true,
  look: async (host) =>
    (await host.fileSize(`${host.root}/${path}`)).kind === "value"
      ? found(path)
      : lacking(`${path} is not built`, `make -C ${part}`),
});

const EVENT_SOURCES = "/sys/bus/event_source/devices";
/** What a CPU's counters offer whatever they are called: `cpu`, `cpu_core`, `armv8_pmuv3_0`. Others count cycles of something else. */
const countsCycles = async (host: Host, source: string): Promise<boolean> => {
  const events = await host.list(`${source}/events`);
  if (events.some((name) => /^cpu[-_]cycles$/i.test(name))) return true;
  // Apple's.
  return events.includes("cycles") && (await host.list(source)).includes("cpus");
};

/** Whatever the kernel (PROC_PID_INIT_INO). */
const INITIAL_PID_NAMESPACE = "4026531836";

/** Hierarchies that count CPU time, in the order in which a run uses them. */
const accountingCgroups = async (host: Host) => {
  const mounts = (known(await host.readText("/proc/self/mounts")) ?? "").split("\n");
  return mounts
    .flatMap((line) => {
      const [, point = "", type, options = ""] = line.split(" ");
      const set = options.split(",");
      const isFirst = type === "cgroup" && set.includes("cpuacct");
      if (!isFirst && type !== "cgroup2") return [];
      return [
        {
          point: unescaped(point),
          version: isFirst ? "version 1 (cpuacct)" : "version 2",
          isReadOnly: set.includes("ro"),
        },
      ];
    })
    .toSorted((a, b) => a.version.localeCompare(b.version));
};

const CHECKS: readonly Check[] = [
  {
    id: "root",
    title: "root",
    without: "nothing can be attached to the kernel, so only the baseline can be measured",
    required: true,
    look: async (host) => {
      const why = await whyNotRoot(host);
      return why === undefined ? found("running as root") : lacking(why.what, why.hint);
    },
  },
  {
    id: "btf",
    title: "kernel type information (BTF)",
    without: "no eBPF sensor can be fitted to this kernel",
    required: true,
    look: async (host) =>
      (known(await host.fileSize("/sys/kernel/btf/vmlinux")) ?? 0) > 0
        ? found("/sys/kernel/btf/vmlinux")
        : lacking(
            "/sys/kernel/btf/vmlinux is missing or empty",
            "boot a kernel with CONFIG_DEBUG_INFO_BTF=y (every Debian kernel since 11 has it)",
          ),
  },
  {
    id: "lockdown",
    title: "kernel memory that sensors may read",
    without: "no sensor can attach: BPF programs, kprobes and tracefs are refused",
    required: true,
    look: async (host) => {
      const evidence = await confidentialKernel(host);
      return evidence === undefined
        ? found("no lockdown that forbids it")
        : lacking(evidence, "boot without lockdown=confidentiality, or with lockdown=integrity");
    },
  },
  {
    id: "tracefs",
    title: "tracefs (tracepoints)",
    without: "agents that use tracepoints cannot attach; a run mounts it for its own time",
    required: false,
    look: async (host) =>
      (await host.list("/sys/kernel/tracing/events")).length > 0
        ? found("/sys/kernel/tracing")
        : host.uid === 0
          ? lacking("/sys/kernel/tracing is empty", await mountHint(host, MOUNT_TRACEFS))
          : lacking("cannot be looked at without root", "use sudo"),
  },
  {
    id: "kprobes",
    title: "kprobes",
    without: "agents that need kprobes (Tetragon, tcpconnect) are skipped",
    required: false,
    look: async (host) => {
      if ((await host.fileSize("/sys/kernel/tracing/kprobe_events")).kind === "value")
        return found("kprobe_events");
      return (await host.list("/sys/kernel/tracing/events")).length === 0
        ? lacking(
            "cannot be told without tracefs",
            `${await mountHint(host, MOUNT_TRACEFS)}, then look again`,
          )
        : lacking(
            "the kernel offers none",
            "boot a kernel with CONFIG_KPROBE_EVENTS=y (Debian's have it), for example in a VM",
          );
    },
  },
  {
    id: "pids",
    title: "process numbers as the kernel counts them",
    without: "tare's sensor does not start: it would not know its own processes, nor might other sensors",
    required: false,
    look: async (host) => {
      const asked = await host.run("stat", ["-Lc", "%i", "/proc/self/ns/pid"]);
      if (asked.exitCode !== 0) return lacking("cannot be told: stat failed", "is /proc mounted?");
      return asked.stdout.trim() === INITIAL_PID_NAMESPACE
        ? found("the node's own PID namespace")
        : lacking("this is a PID namespace of its own", "in a container: run it with --pid=host");
    },
  },
  {
    id: "cgroup",
    title: "a cgroup for each agent",
    without: "an agent's CPU time is the sum over its process tree, and its peak memory is unknown",
    required: false,
    look: async (host) => {
      const mounts = await accountingCgroups(host);
      const usable = mounts.find(({ isReadOnly }) => !isReadOnly);
      if (usable !== undefined) return found(usable.version);
      const [first] = mounts;
      return first === undefined
        ? lacking(
            "no hierarchy that counts CPU time is mounted",
            "mount -t cgroup2 none /sys/fs/cgroup, or boot with systemd",
          )
        : lacking(
            `${first.point} is mounted read-only`,
            `mount -o remount,bind,rw ${first.point}, or, in a container, run it with --privileged`,
          );
    },
  },
  {
    id: "pressure",
    title: "pressure stall information",
    without: "a run cannot tell how long tasks waited for a CPU, one sign of noise less",
    required: false,
    look: async (host) =>
      (await host.readText("/proc/pressure/cpu")).kind === "value"
        ? found("/proc/pressure/cpu")
        : lacking("/proc/pressure/cpu cannot be read", "boot with psi=1"),
  },
  {
    id: "counters",
    title: "hardware counters",
    without: "cycles and instructions are not in the figures; CPU time is",
    required: false,
    look: async (host) => {
      const devices = await host.list(EVENT_SOURCES);
      const looks = await Promise.all(devices.map((name) => countsCycles(host, `${EVENT_SOURCES}/${name}`)));
      return looks.includes(true)
        ? found("a CPU's counters are visible")
        : lacking(
            "no CPU event source (usual in a VM)",
            "measure on the hardware itself, or give the guest a virtual PMU",
          );
    },
  },
  {
    id: "audit",
    title: "Linux audit, free to use",
    without: "auditd, laurel and osquery are skipped",
    required: false,
    look: async (host) => {
      if ((await host.which("auditctl")) === undefined) {
        return lacking("auditctl was not found", "tare agents install auditd");
      }
      const status = await host.run("auditctl", ["-s"]);
      const owner = /^pid (\d+)$/m.exec(status.stdout)?.[1];
      if (status.exitCode !== 0) {
        return lacking(
          `auditctl -s: ${status.stderr.trim()}`,
          "run as root in the host's own namespaces, on a kernel with CONFIG_AUDITSYSCALL=y",
        );
      }
      if (owner === "0") return found("nobody uses it");
      const alive = owner === undefined || (await host.readText(`/proc/${owner}/comm`)).kind === "value";
      return !alive
        ? found(`its owner, pid ${owner}, is dead; a run frees it`)
        : lacking(`pid ${owner ?? "unknown"} uses it`, "stop that daemon if audit agents are to be measured");
    },
  },
  {
    id: "bpftool",
    title: "list of loaded BPF programs",
    without:
      "programs that an agent leaves behind, or that were there before, are not found, and the memory of its maps is unknown",
    required: false,
    look: async (host) => {
      const path = await host.which("bpftool");
      if (path === undefined) return lacking("bpftool was not found", await installHint(host, "bpftool"));
      // On some systems it is a wrapper that looks for the running kernel's own.
      const tried = await host.run("bpftool", host.uid === 0 ? ["-j", "prog", "show"] : ["version"]);
      if (tried.exitCode === 0) return found(path);
      const said = `${tried.stderr}${tried.stdout}`.trim();
      return lacking(
        `${path}: ${said === "" ? `exit status ${tried.exitCode ?? "unknown"}` : said}`,
        "install one that runs on this kernel: bpftool, or, on Ubuntu, linux-tools-$(uname -r)",
      );
    },
  },
  tool("taskset", "placement on CPUs", "util-linux", "workload and agent cannot be kept apart"),
  tool("setpriv", "agents that end with tare", "util-linux", "an agent can outlive a killed run"),
  built("build/scenarios/process-exec", "the workloads", "scenarios", "there is nothing to measure with"),
  built("build/bpf/tare-sensor", "the sensor", "bpf", "the floor to compare with is missing"),
];

export const probeCapabilities = async (host: Host): Promise<readonly Capability[]> =>
  await Promise.all(CHECKS.map(async ({ look, ...check }) => ({ ...check, ...(await look(host)) })));

export const notMeasurable = (capabilities: readonly Capability[]): readonly string[] =>
  capabilities
    .filter((capability) => !capability.available)
    .map((capability) => `${capability.title}: not available here (${capability.detail})`);
