/**
 * What the tools of bcc written in Python have in common (https://github.com/iovisor/bcc/tree/master/tools): they compile their program with
 * the kernel's headers at every start, hook kernel functions, and read a perf buffer whose losses bcc itself tells on standard error.
 */
import type { AgentContext, AgentSheet, RunningAgent } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { known } from "../../domain/units.ts";
import type { BpfTool } from "./libbpf-tool.ts";
import { startPrinting } from "./launch.ts";
import { type Check, firstObstacle, needsCommand, needsKprobes, needsRoot } from "./obstacle.ts";
import { refuseCutPaths } from "./path-room.ts";
import { perfLoss } from "./perf-loss.ts";
import { packaged, probeBy } from "./probe.ts";
import { EACH_EVENT } from "./loss-counters.ts";

const PACKAGE = "bpfcc-tools";

interface Tool extends BpfTool {
  readonly hook: string;
  /** The most that one of the workload's events sends, where that is more than one. */
  readonly samples?: number;
  /** The option that sets its perf buffer, and pages for each CPU; absent: there is none. */
  readonly buffer?: { readonly option: string } & Readonly<Record<AgentContext["buffers"], number>>;
}

const bufferOf = ({ buffer }: Tool, { buffers, bufferFactor = 1 }: AgentContext) => {
  if (buffer === undefined) return { args: [], perfBuffer: "8 pages a CPU, no option for another size" };
  const pages = buffer[buffers] * bufferFactor;
  const size = `${pages} ${pages === 1 ? "page" : "pages"}`;
  return pages === buffer.usual
    ? { args: [], perfBuffer: `${size} (default) a CPU`, knob: `${size} a CPU` }
    : { args: [buffer.option, String(pages)], perfBuffer: `${size} a CPU`, knob: `${size} a CPU` };
};

/** bcc compiles against headers, not BTF: the package of the running kernel, or what CONFIG_IKHEADERS offers. */
const needsKernelHeaders: Check = async (host) => {
  const release = known(await host.readText("/proc/sys/kernel/osrelease"))?.trim() ?? "unknown";
  if ((await host.list(`/lib/modules/${release}/build`)).length > 0) return undefined;
  if ((await host.fileSize("/sys/kernel/kheaders.tar.xz")).kind === "value") return undefined;
  return {
    reason: `it compiles its program at every start, and the headers of this kernel (${release}) are not there`,
    hint: `install linux-headers-${release}; for a kernel without such a package run it in a VM`,
  };
};

/** Debian's names end in -bpfcc, because other projects have the short ones. */
const commandOf = ({ name }: Tool): string => `${name}-bpfcc`;

export const bccTool = (tool: Tool): AgentSheet => ({
  id: `${tool.name}@bcc`,
  title: `${tool.name} (bcc)`,
  homepage: "https://github.com/iovisor/bcc/tree/master/tools",
  observes: [tool.family],
  coverage: tool.coverage,
  telling: tool.telling,
  overload: "drops",
  lossCounter: {
    ...EACH_EVENT,
    ...(tool.samples === undefined ? {} : { perEvent: { [tool.family]: [1, tool.samples] } }),
  },
  ...(tool.buffer === undefined ? {} : { knob: tool.buffer.option }),
  packages: [PACKAGE],
  unfit: (host) => firstObstacle(host, [needsKprobes, needsKernelHeaders]),
  optIn: "its variant of libbpf-tools shows the same, and this one compiles for seconds at every start",
  probe: probeBy(
    [needsCommand(commandOf(tool), tool.name), needsRoot, needsKprobes, needsKernelHeaders],
    commandOf(tool),
    packaged(PACKAGE),
  ),
  notInGuest:
    "it is written in Python and compiles its program at each start: a guest that counts has neither Python nor a compiler. Count its variant of libbpf-tools",
  start: (host, context) => start(host, context, tool),
});

/** src/cc/perf_reader.c */
const LOST_SAMPLES = /^Possibly lost (\d+) samples$/;

const start = async (host: Host, context: AgentContext, tool: Tool): Promise<RunningAgent> => {
  const { hook, family, form, longestPath, settings } = tool;
  const command = commandOf(tool);
  if (longestPath !== undefined) refuseCutPaths(context, longestPath, command);
  const { args, perfBuffer, knob } = bufferOf(tool, context);
  // Into a file Python would otherwise hold lines back until a block is full.
  const spec = { command, args, env: { PYTHONUNBUFFERED: "1" } };
  const { running, process, stderr } = await startPrinting(context, command, spec, 8000, { [family]: form });
  return {
    ...running,
    settings: {
      command: [command, ...args].join(" "),
      output: "unbuffered (PYTHONUNBUFFERED=1)",
      filter: "none",
      hook,
      perfBuffer,
      ...settings,
    },
    ...(knob === undefined ? {} : { knob }),
    lost: perfLoss(host, process, stderr, { pattern: LOST_SAMPLES }),
  };
};
