/**
 * What the tools of bcc written in Python have in common (https://github.com/iovisor/bcc/tree/master/tools): they compile their program with
 * the kernel's headers at every start, hook kernel functions, and read a perf buffer whose losses bcc itself tells on standard error.
 */
import type { Agent, AgentContext, RunningAgent, TokenForm } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { type Family, known } from "../../domain/units.ts";
import { type Check, firstObstacle, needsCommand, needsKprobes, needsRoot } from "./obstacle.ts";
import { perfLoss } from "./perf-loss.ts";
import { startPrinting } from "./launch.ts";
import { packaged, probeBy } from "./probe.ts";

export const BCC_PACKAGE = "bpfcc-tools";

interface BccTool {
  /** The file whose variant it is. */
  readonly agent: string;
  /** Debian's names end in -bpfcc, because other projects have the short ones. */
  readonly command: string;
  readonly family: Family;
  readonly form: TokenForm;
}

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

/** What a node must have before the tools are worth installing. */
export const bccUnfit: Check = (host) => firstObstacle(host, [needsKprobes, needsKernelHeaders]);

export const probeBcc = (tool: BccTool): Agent["probe"] =>
  probeBy(
    [needsCommand(tool.command, tool.agent), needsRoot, needsKprobes, needsKernelHeaders],
    tool.command,
    packaged(BCC_PACKAGE),
  );

/** src/cc/perf_reader.c */
const LOST_SAMPLES = /^Possibly lost (\d+) samples\n/gm;

export const startBcc = async (
  host: Host,
  context: AgentContext,
  tool: BccTool,
  args: readonly string[],
  settings: RunningAgent["settings"],
): Promise<RunningAgent> => {
  const { command } = tool;
  const { running, process, stderr } = await startPrinting(
    context,
    command,
    // Into a file Python would otherwise hold lines back until a block is full.
    { command, args, env: { PYTHONUNBUFFERED: "1" } },
    8000,
    { [tool.family]: tool.form },
  );
  return {
    ...running,
    settings: {
      command: [command, ...args].join(" "),
      output: "unbuffered (PYTHONUNBUFFERED=1)",
      filter: "none",
      ...settings,
    },
    lost: perfLoss(host, process, stderr, { pattern: LOST_SAMPLES }),
  };
};
