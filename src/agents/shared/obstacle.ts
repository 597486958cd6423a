/**
 * What may stand between an agent and this node, each asked without changing or starting anything. A probe lists its
 * checks; the first that fails is its answer.
 */
import type { Probe } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { confidentialKernel } from "../../domain/lockdown.ts";
import { whyNotRoot } from "../../domain/node-root.ts";
import { installHint, MOUNT_TRACEFS, mountHint } from "../../domain/packages.ts";

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

/** What a probe found, where a tool is there as well that is in any distribution and no part of the agent. */
export const withTool = async (host: Host, command: string, found: Probe): Promise<Probe> =>
  found.kind === "unavailable" || (await host.which(command)) !== undefined
    ? found
    : {
        kind: "unavailable",
        ...obstacle(`${command} is not installed`, `run: ${await installHint(host, command)}`),
      };

export const needsRoot: Check = async (host) => {
  const lacking = await whyNotRoot(host);
  return lacking === undefined ? undefined : obstacle(`it needs root, and ${lacking.what}`, lacking.hint);
};

/** Whatever attaches to the kernel reads its memory, which a kernel locked down to that degree gives to nobody. */
const needsReadableKernel: Check = async (host) => {
  const evidence = await confidentialKernel(host);
  return evidence === undefined
    ? undefined
    : obstacle(
        `the kernel is locked down (${evidence}): it gives no program its memory`,
        "boot without lockdown=confidentiality, or with lockdown=integrity",
      );
};

const CAP_SYS_RESOURCE = 24n;

/** Programs that raise the limit of locked memory first, whatever the kernel charges to it, end where they may not. */
export const needsUnlimitedMemlock: Check = async (host) => {
  const [status, limits] = [
    await host.readText("/proc/self/status"),
    await host.readText("/proc/self/limits"),
  ];
  if (status.kind === "missing" || limits.kind === "missing") return undefined;
  const held = /^CapEff:\s+([0-9a-f]+)$/m.exec(status.value)?.[1];
  const hard = /^Max locked memory\s+\S+\s+(\S+)/m.exec(limits.value)?.[1];
  if (held === undefined || hard === undefined || hard === "unlimited") return undefined;
  if (((BigInt(`0x${held}`) >> CAP_SYS_RESOURCE) & 1n) === 1n) return undefined;
  return obstacle(
    `it raises its limit of locked memory, which is ${hard} bytes here, and CAP_SYS_RESOURCE is missing`,
    "in a container: --cap-add SYS_RESOURCE or --ulimit memlock=-1; elsewhere: ulimit -l unlimited as root before tare",
  );
};

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
    const locked = await needsReadableKernel(host);
    if (locked !== undefined) return locked;
    const names = await syscallTracepoints(host);
    if (names.includes(name)) return undefined;
    return names.length === 0
      ? obstacle(
          `no system call tracepoints below ${TRACEFS.join(" or ")}`,
          `${await mountHint(host, MOUNT_TRACEFS)}; if it is mounted, the kernel lacks CONFIG_FTRACE_SYSCALLS`,
        )
      : obstacle(
          `this kernel has no tracepoint syscalls/${name}`,
          "it needs another kernel; leave this agent out",
        );
  };

const BTF = "/sys/kernel/btf/vmlinux";

/** Programs that are compiled once and run everywhere learn the kernel's structures from BTF. */
export const needsBtf: Check = async (host) => {
  const locked = await needsReadableKernel(host);
  if (locked !== undefined) return locked;
  const size = await host.fileSize(BTF);
  if (size.kind === "value" && size.value > 0) return undefined;
  const why = size.kind === "missing" ? size.reason : `${BTF} is empty`;
  return obstacle(`the kernel offers no BTF: ${why}`, "use a kernel built with CONFIG_DEBUG_INFO_BTF=y");
};

/** Sensors that hook kernel functions need kprobes, which hardened and some cloud kernels leave out. */
export const needsKprobes: Check = async (host) => {
  const locked = await needsReadableKernel(host);
  if (locked !== undefined) return locked;
  const folders = await Promise.all(TRACEFS.map((folder) => host.list(folder)));
  if (folders.some((names) => names.includes("kprobe_events"))) return undefined;
  return folders.every((names) => names.length === 0)
    ? obstacle(
        `whether this kernel has kprobes cannot be seen: tracefs is not mounted on ${TRACEFS.join(" or ")}`,
        await mountHint(host, MOUNT_TRACEFS),
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

/**
 * Red Hat keeps the kernel's number through a major release and backports BPF: from RHEL 8.6 (4.18.0-372) on with ring buffer and BTF.
 * The rebuilds have its numbers.
 */
const RHEL8 = { release: /^4\.18\.0-(\d+)\b.*\.el8/, from: 372, major: 5, minor: 8 } as const;

interface Version {
  readonly major: number;
  readonly minor: number;
}

const isAtLeast = (is: Version, needed: Version): boolean =>
  is.major > needed.major || (is.major === needed.major && is.minor >= needed.minor);

const offers = (release: string, needed: Version): boolean => {
  const [, major = "0", minor = "0"] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  if (isAtLeast({ major: Number(major), minor: Number(minor) }, needed)) return true;
  const build = RHEL8.release.exec(release)?.[1];
  return build !== undefined && Number(build) >= RHEL8.from && isAtLeast(RHEL8, needed);
};

/** Other makers backport as well. Asked only of a kernel that is too old by its number, since bpftool tries maps and programs for it. */
const hasMapType = async (host: Host, mapType: string | undefined): Promise<boolean> => {
  if (mapType === undefined || (await host.which("bpftool")) === undefined) return false;
  const { stdout } = await host.run("bpftool", ["-j", "feature", "probe", "kernel"]);
  return new RegExp(`"have_${mapType}_map_type":\\s*true`).test(stdout);
};

/**
 * `why` completes "needs Linux 5.8, which ...". `mapType`: where what it needs is a kind of BPF map, what bpftool calls that, so that a
 * kernel with an older number can be asked.
 */
export const needsKernel =
  (major: number, minor: number, why: string, mapType?: string): Check =>
  async (host) => {
    const release = await host.readText("/proc/sys/kernel/osrelease");
    if (release.kind === "value" && offers(release.value.trim(), { major, minor })) return undefined;
    if (await hasMapType(host, mapType)) return undefined;
    return obstacle(
      `it needs Linux ${major}.${minor}, ${why}; this is ${release.kind === "value" ? release.value.trim() : "an unknown kernel"}`,
      "use a newer kernel (of Red Hat's, that of RHEL 8.6 or later), or run it in a VM",
    );
  };

const SECURITY_MODULES = "/sys/kernel/security/lsm";

/** To refuse what a program does, and not only kill it, takes BPF programs at the kernel's security hooks. */
/** Those that the kernel runs, by name. */
export const readSecurityModules = async (host: Host): Promise<Obstacle | readonly string[]> => {
  const modules = await host.readText(SECURITY_MODULES);
  return modules.kind === "missing"
    ? obstacle(
        `which security modules this kernel runs cannot be seen: ${modules.reason}`,
        "mount -t securityfs securityfs /sys/kernel/security",
      )
    : modules.value.trim().split(",");
};

export const needsBpfLsm: Check = async (host) => {
  const modules = await readSecurityModules(host);
  if ("reason" in modules) return modules;
  return modules.includes("bpf")
    ? undefined
    : obstacle(
        `the kernel runs no BPF security module (it runs ${modules.join(", ")})`,
        `boot with lsm=${[...modules, "bpf"].join(",")}`,
      );
};
