/**
 * What an agent could leave changed in the kernel beside its programs and audit: sysctls, ftrace, modules from outside the kernel's tree, and BPF
 * programs on the path of packets.
 */
import { messageOf } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import { pointOfType } from "../domain/mounts.ts";
import { known, missing, type Reading, value } from "../domain/units.ts";

export interface KernelState {
  /** By the names of sysctl(8): `kernel.kptr_restrict`. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** What ftrace has been set to do, as it goes on in a text: `the ftrace event sched:sched_switch`. */
  readonly ftrace: readonly string[];
  /** Built outside the kernel's tree, as sensors' modules are. The kernel loads its own by itself, whenever one is asked for. */
  readonly modules: readonly string[];
  readonly packets: Reading<PacketPrograms>;
}

export interface PacketPrograms {
  /** Network interfaces: a new one comes with programs of its own. */
  readonly interfaces: readonly string[];
  readonly attached: readonly AttachedProgram[];
}

export interface AttachedProgram {
  /** Absent: to the root of the control groups. */
  readonly interface?: string;
  /** `tc clsact/ingress of eth0, to_container`: with the interface's name where there is one. */
  readonly title: string;
}

const SYSCTLS = "/proc/sys";
const FOLDERS = ["debug", "fs", "kernel", "net/core", "vm"];

/** Counters, what the kernel sets by itself, and what acts when it is read or keeps what was last written. */
const MOVING = new Set([
  "fs.aio-nr",
  "fs.binfmt_misc",
  "fs.dentry-state",
  "fs.file-nr",
  "fs.inode-nr",
  "fs.inode-state",
  "fs.quota",
  "kernel.ns_last_pid",
  "kernel.hung_task_detect_count",
  "kernel.perf_event_max_sample_rate",
  "kernel.pty.nr",
  "kernel.random",
  // Up to Linux 5.12, with what a scheduling domain's last search for work took.
  "kernel.sched_domain",
  "kernel.tainted",
  "vm.drop_caches",
  "vm.stat_refresh",
]);

type Entry = readonly [name: string, text: string];

const readEntries = async (host: Host, path: string): Promise<readonly Entry[]> => {
  const name = path.slice(SYSCTLS.length + 1).replaceAll("/", ".");
  if (MOVING.has(name)) return [];
  const text = await host.readText(path);
  if (text.kind === "value") return [[name, text.value.trim().replaceAll(/\s+/g, " ")]];
  const below = await host.list(path);
  return (await Promise.all(below.map(async (one) => await readEntries(host, `${path}/${one}`)))).flat();
};

const readSysctls = async (host: Host): Promise<KernelState["sysctls"]> => {
  const entries: Entry[] = [];
  for (const folder of FOLDERS) entries.push(...(await readEntries(host, `${SYSCTLS}/${folder}`)));
  return Object.fromEntries(entries);
};

const linesOf = async (host: Host, path: string): Promise<readonly string[]> =>
  (known(await host.readText(path)) ?? "").split("\n").filter((line) => line.trim() !== "");

const NO_TRACER = "nop";
const TRACER = "the tracer ";
const EVENT = "the ftrace event ";
/** Hardware errors, which rasdaemon and its like follow on any node: nothing of a process's path. */
const RARE = ["ras", "mce", "extlog_mem"].map((system) => `${EVENT}${system}:`);

/** Nothing where tracefs is not mounted, which a run does first. What perf_event_open(2) traces is not in it, and ends with its process. */
const readFtrace = async (host: Host, mountinfo: string): Promise<readonly string[]> => {
  const top = pointOfType(mountinfo, "tracefs");
  if (top === undefined) return [];
  const [tracer = NO_TRACER] = await linesOf(host, `${top}/current_tracer`);
  const probes = [
    ...(await linesOf(host, `${top}/kprobe_events`)),
    ...(await linesOf(host, `${top}/uprobe_events`)),
  ];
  return [
    ...(tracer === NO_TRACER ? [] : [`${TRACER}${tracer}`]),
    ...(await linesOf(host, `${top}/set_event`)).map((event) => `${EVENT}${event}`),
    ...probes.map((probe) => `the probe "${probe}" of tracefs`),
    ...(await host.list(`${top}/instances`)).map((name) => `the instance ${name} of tracefs`),
  ];
};

/** What of it lies on the path of the node's own processes. */
export const tracedByFtrace = ({ ftrace }: KernelState): readonly string[] =>
  ftrace.filter(
    (set) =>
      set.startsWith(TRACER) || (set.startsWith(EVENT) && !RARE.some((system) => set.startsWith(system))),
  );

/** The taints that end a line of /proc/modules: "(OE)". */
const OUT_OF_TREE = /\([A-Z]*O[A-Z]*\)$/;

const readModules = async (host: Host): Promise<readonly string[]> =>
  (await linesOf(host, "/proc/modules"))
    .filter((line) => OUT_OF_TREE.test(line.trim()))
    .map((line) => line.split(" ")[0] ?? "");

interface ListedOnInterface {
  readonly devname?: string;
  readonly kind?: string;
  readonly mode?: string;
  readonly name?: string;
}

interface ListedOnGroup {
  readonly attach_type?: string;
  readonly name?: string;
}

const wordsOf = (...words: readonly (string | undefined)[]): string =>
  words.filter((word) => word !== undefined && word !== "").join(" ");

/** bpftool has no name of what lies on XDP. */
const titleOf = (where: string, name: string | undefined): string =>
  name === undefined ? where : `${where}, ${name}`;

const onInterface = (how: "tc" | "xdp", listed: ListedOnInterface): AttachedProgram => ({
  interface: listed.devname ?? "",
  title: titleOf(wordsOf(how, listed.kind ?? listed.mode, "of", listed.devname), listed.name),
});

/**
 * @param net what `bpftool -j net list` prints
 * @param group what `bpftool -j cgroup show` prints of the root of the control groups; empty: nothing is there
 * @throws SyntaxError for what is no JSON
 */
export const parseAttached = (net: string, group: string): readonly AttachedProgram[] => {
  const [devices = {}] = JSON.parse(net) as readonly {
    readonly tc?: readonly ListedOnInterface[];
    readonly xdp?: readonly ListedOnInterface[];
  }[];
  const onGroup = group.trim() === "" ? [] : (JSON.parse(group) as readonly ListedOnGroup[]);
  return [
    ...(devices.tc ?? []).map((listed) => onInterface("tc", listed)),
    ...(devices.xdp ?? []).map((listed) => onInterface("xdp", listed)),
    ...onGroup.map((listed) => ({
      title: titleOf(wordsOf(listed.attach_type, "of the root cgroup"), listed.name),
    })),
  ];
};

const readPackets = async (host: Host, mountinfo: string): Promise<KernelState["packets"]> => {
  if (host.uid !== 0) return missing("listing BPF programs needs root");
  if ((await host.which("bpftool")) === undefined) return missing("bpftool is not installed");
  const net = await host.run("bpftool", ["-j", "net", "list"]);
  if (net.exitCode !== 0) return missing(`bpftool net list: ${`${net.stderr}${net.stdout}`.trim()}`);
  const top = pointOfType(mountinfo, "cgroup2");
  // It prints nothing where nothing is attached, and fails where the kernel has no BPF for control groups: then nothing is either.
  const group = top === undefined ? undefined : await host.run("bpftool", ["-j", "cgroup", "show", top]);
  try {
    return value({
      interfaces: await host.list("/sys/class/net"),
      attached: parseAttached(net.stdout, group?.exitCode === 0 ? group.stdout : ""),
    });
  } catch (error) {
    return missing(`bpftool net list: ${messageOf(error)}`);
  }
};

/** `mountinfo`: the text of /proc/self/mountinfo. */
export const readKernelState = async (host: Host, mountinfo: string): Promise<KernelState> => ({
  sysctls: await readSysctls(host),
  ftrace: await readFtrace(host, mountinfo),
  modules: await readModules(host),
  packets: await readPackets(host, mountinfo),
});

interface KernelChange {
  readonly about: string;
  readonly text: string;
}

/** What `after` has otherwise than `before`. What could not be read at either time is not judged. */
export const kernelChanges = (before: KernelState, after: KernelState): readonly KernelChange[] => [
  ...Object.entries(after.sysctls).flatMap(([name, now]) => {
    const was = before.sysctls[name];
    return was === undefined || was === now
      ? []
      : [{ about: `sysctl ${name}`, text: `the sysctl ${name} is "${now}", was "${was}"` }];
  }),
  ...beyond(after.ftrace, before.ftrace).map((set) => ({ about: set, text: `${set} is there, and was not` })),
  ...beyond(before.ftrace, after.ftrace).map((set) => ({ about: set, text: `${set} is gone` })),
  ...beyond(after.modules, before.modules).map((name) => ({
    about: `module ${name}`,
    text: `the kernel module ${name}, which is not of the kernel's tree, is still loaded`,
  })),
  ...newOnPackets(known(before.packets), known(after.packets)).map((title) => ({
    about: `packets ${title}`,
    text: `a BPF program is still on the path of packets: ${title}`,
  })),
];

const beyond = (all: readonly string[], earlier: readonly string[]): readonly string[] =>
  all.filter((one) => !earlier.includes(one));

const newOnPackets = (
  before: PacketPrograms | undefined,
  after: PacketPrograms | undefined,
): readonly string[] => {
  if (before === undefined || after === undefined) return [];
  const had = before.attached.map(({ title }) => title);
  return after.attached
    .filter((one) => one.interface === undefined || before.interfaces.includes(one.interface))
    .map(({ title }) => title)
    .filter((title) => !had.includes(title));
};
