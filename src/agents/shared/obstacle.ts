/**
 * What may stand between an agent and this node, each asked without changing or starting anything. A probe lists its
 * checks; the first that fails is its answer.
 */
import type { Probe } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";

type Unavailable = Extract<Probe, { readonly kind: "unavailable" }>;
export type Obstacle = Pick<Unavailable, "reason" | "hint">;
export type Check = (host: Host) => Promise<Obstacle | undefined>;

export const obstacle = (reason: string, hint: string): Obstacle => ({ reason, hint });

export const firstObstacle = async (
  host: Host,
  checks: readonly Check[],
): Promise<Unavailable | undefined> => {
  for (const check of checks) {
    const found = await check(host);
    if (found !== undefined) return { kind: "unavailable", ...found };
  }
  return undefined;
};

export const needsCommand =
  (command: string, agentId: string): Check =>
  async (host) =>
    (await host.which(command)) === undefined
      ? obstacle(`${command} is not installed`, `run: tare agents install ${agentId}`)
      : undefined;

export const needsRoot: Check = (host) =>
  Promise.resolve(
    host.uid === 0
      ? undefined
      : obstacle(`it needs root, and this is uid ${host.uid}`, "run the same command as root"),
  );

/** Where the kernel mounts tracefs by default, and where older systems have it. */
const TRACEFS = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"] as const;

export const syscallTracepoints = async (host: Host): Promise<readonly string[]> => {
  for (const folder of TRACEFS) {
    const names = await host.list(`${folder}/events/syscalls`);
    if (names.length > 0) return names;
  }
  return [];
};

export const needsTracepoint =
  (name: string): Check =>
  async (host) => {
    const names = await syscallTracepoints(host);
    if (names.includes(name)) return undefined;
    return names.length === 0
      ? obstacle(
          `no system call tracepoints below ${TRACEFS.join(" or ")}`,
          "mount -t tracefs tracefs /sys/kernel/tracing; if it is mounted, the kernel lacks CONFIG_FTRACE_SYSCALLS",
        )
      : obstacle(
          `this kernel has no tracepoint syscalls/${name}`,
          "it needs another kernel; leave this agent out",
        );
  };

const BTF = "/sys/kernel/btf/vmlinux";

/** Programs that are compiled once and run everywhere learn the kernel's structures from BTF. */
export const needsBtf: Check = async (host) => {
  const size = await host.fileSize(BTF);
  return size.kind === "value"
    ? undefined
    : obstacle(`the kernel offers no BTF: ${size.reason}`, "use a kernel built with CONFIG_DEBUG_INFO_BTF=y");
};

/** Sensors that hook kernel functions need kprobes, which hardened and some cloud kernels leave out. */
export const needsKprobes: Check = async (host) => {
  const folders = await Promise.all(TRACEFS.map((folder) => host.list(folder)));
  if (folders.some((names) => names.includes("kprobe_events"))) return undefined;
  return folders.every((names) => names.length === 0)
    ? obstacle(
        `whether this kernel has kprobes cannot be seen: tracefs is not mounted on ${TRACEFS.join(" or ")}`,
        "mount -t tracefs tracefs /sys/kernel/tracing",
      )
    : obstacle(
        "it needs kprobes, and this kernel has none: there is no kprobe_events",
        "run it in a VM with a stock kernel, such as Debian's (CONFIG_KPROBE_EVENTS=y)",
      );
};

/** Sensors that pin BPF objects would mount this file system themselves, and leave it mounted. */
export const needsBpffs: Check = async (host) => {
  const mounts = await host.readText("/proc/self/mounts");
  return mounts.kind === "value" && / \/sys\/fs\/bpf bpf /.test(mounts.value)
    ? undefined
    : obstacle("no BPF file system is mounted on /sys/fs/bpf", "mount -t bpf bpf /sys/fs/bpf");
};

/** `why` completes "needs Linux 5.8, which ...". */
export const needsKernel =
  (major: number, minor: number, why: string): Check =>
  async (host) => {
    const release = await host.readText("/proc/sys/kernel/osrelease");
    const found = release.kind === "value" ? /^(\d+)\.(\d+)/.exec(release.value) : null;
    const [, is = "", sub = ""] = found ?? [];
    if (found !== null && (Number(is) > major || (Number(is) === major && Number(sub) >= minor)))
      return undefined;
    return obstacle(
      `it needs Linux ${major}.${minor}, ${why}; this is ${release.kind === "value" ? release.value.trim() : "an unknown kernel"}`,
      "use a newer kernel, or run it in a VM",
    );
  };
