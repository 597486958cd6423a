/**
 * What may stand between an agent and this node, each asked without changing or starting anything. A probe lists its
 * checks; the first that fails is its answer.
 */
import type { Probe } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";

export type Obstacle = Extract<Probe, { readonly kind: "unavailable" }>;
export type Check = (host: Host) => Promise<Obstacle | undefined>;

const obstacle = (reason: string, hint: string): Obstacle => ({ kind: "unavailable", reason, hint });

/** Runs the checks in order and stops at the first that finds something. */
export const firstObstacle = async (host: Host, checks: readonly Check[]): Promise<Obstacle | undefined> => {
  for (const check of checks) {
    const found = await check(host);
    if (found !== undefined) return found;
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

/** The tracepoint folder, where tracefs is mounted of itself and where older systems have it. */
const SYSCALL_EVENTS = [
  "/sys/kernel/tracing/events/syscalls",
  "/sys/kernel/debug/tracing/events/syscalls",
] as const;

/** Names below `events/syscalls` (`sys_enter_openat` ...); none where tracefs is not mounted. */
export const syscallTracepoints = async (host: Host): Promise<readonly string[]> => {
  for (const folder of SYSCALL_EVENTS) {
    const names = await host.list(folder);
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
          `no system call tracepoints below ${SYSCALL_EVENTS.join(" or ")}`,
          "mount tracefs (mount -t tracefs tracefs /sys/kernel/tracing); if it is, the kernel lacks CONFIG_FTRACE_SYSCALLS",
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
