/**
 * What the tools of bcc's libbpf-tools have in common (https://github.com/iovisor/bcc/tree/master/libbpf-tools): one process, a table
 * on standard output, losses on standard error, SIGINT to stop.
 */
import type { AgentContext, Probe, RunningAgent, TokenForm } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import type { Family } from "../../domain/units.ts";
import { type Check, needsBtf, needsCommand, needsKprobes, needsRoot, needsTracepoint } from "./obstacle.ts";
import { perfLoss } from "./perf-loss.ts";
import { startPrinting } from "./launch.ts";
import { packaged, probeBy } from "./probe.ts";

export const PACKAGE = "libbpf-tools";

interface Tool {
  readonly name: "execsnoop" | "opensnoop" | "tcpconnect";
  readonly hook: { readonly tracepoint: string } | { readonly kprobe: string };
  readonly family: Family;
  readonly form: TokenForm;
}

/** Debian 13 and newer add a suffix, because other projects have the short names. */
const commandsOf = ({ name }: Tool): readonly [string, string] => [name, `${name}-libbpf`];

/** The program as it is called here; the short name where there is neither. */
const commandOf = async (host: Host, tool: Tool): Promise<string> => {
  const [short, suffixed] = commandsOf(tool);
  // The suffix leaves no doubt about whose it is.
  return (await host.which(suffixed)) === undefined ? short : suffixed;
};

/** Three unrelated projects ship programs of these names; only this one names itself in its help. */
const needsThisProject =
  (command: string, { name }: Tool): Check =>
  async (host) => {
    const path = (await host.which(command)) ?? command;
    const help = await host.run(path, ["--help"]);
    return (help.stdout + help.stderr).includes(PACKAGE)
      ? undefined
      : {
          reason: `${path} is another project's ${name}, not that of ${PACKAGE}`,
          hint: `put the one of ${PACKAGE} before it on PATH; run: tare agents install ${name}`,
        };
  };

export const probeTool = async (host: Host, tool: Tool): Promise<Probe> => {
  const command = await commandOf(host, tool);
  const probe = probeBy(
    [
      needsCommand(command, tool.name),
      needsRoot,
      "tracepoint" in tool.hook ? needsTracepoint(tool.hook.tracepoint) : needsKprobes,
      needsBtf,
      needsCommand("stdbuf", tool.name),
      needsThisProject(command, tool),
    ],
    command,
    // Its own --version has said "0.1" for years.
    packaged(PACKAGE),
  );
  return await probe(host);
};

export const startTool = async (
  host: Host,
  context: AgentContext,
  tool: Tool,
  args: readonly string[],
  settings: RunningAgent["settings"],
): Promise<RunningAgent> => {
  const command = await commandOf(host, tool);
  // Into a file it would hold back a block of lines until the block is full, and they would look late or lost.
  const spec = { command: "stdbuf", args: ["-oL", command, ...args] };
  const forms = { [tool.family]: tool.form };
  const { running, process, stderr } = await startPrinting(context, tool.name, spec, 5000, forms);
  return {
    ...running,
    settings: {
      command: [command, ...args].join(" "),
      output: "line-buffered (stdbuf -oL)",
      hook:
        "tracepoint" in tool.hook
          ? `tracepoint syscalls/${tool.hook.tracepoint} and its exit`
          : `kprobe ${tool.hook.kprobe} and its return`,
      filter: "none",
      ...settings,
    },
    lost: perfLoss(host, process, stderr),
  };
};
