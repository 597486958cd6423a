/**
 * What the tools of bcc's libbpf-tools have in common (https://github.com/iovisor/bcc/tree/master/libbpf-tools): one process, a table
 * on standard output, losses on standard error, SIGINT to stop.
 */
import type {
  AgentContext,
  AgentSheet,
  GuestContext,
  GuestStart,
  Probe,
  RunningAgent,
  TokenForm,
} from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import type { Telling } from "../../domain/telling.ts";
import type { Family } from "../../domain/units.ts";
import { lostEventsIn } from "./guest-shell.ts";
import { startPrinting } from "./launch.ts";
import { type Check, needsBtf, needsCommand, needsKprobes, needsRoot, needsTracepoint } from "./obstacle.ts";
import { refuseCutPaths } from "./path-room.ts";
import { perfLoss } from "./perf-loss.ts";
import { packaged, probeBy } from "./probe.ts";
import { EACH_EVENT } from "./loss-counters.ts";

/** Of bcc too. */
export interface BpfTool extends Pick<AgentSheet, "coverage"> {
  readonly name: "execsnoop" | "opensnoop" | "tcpconnect";
  readonly family: Family;
  readonly form: TokenForm;
  readonly telling: Telling;
  /** Where it cuts paths: bytes that it shows of one. */
  readonly longestPath?: number;
  readonly settings?: RunningAgent["settings"];
}

const PACKAGE = "libbpf-tools";

interface Tool extends BpfTool {
  readonly hook: { readonly tracepoint: string } | { readonly kprobe: string };
}

export const libbpfTool = (tool: Tool): AgentSheet => ({
  id: `${tool.name}@libbpf`,
  title: `${tool.name} (libbpf-tools)`,
  homepage: "https://github.com/iovisor/bcc/tree/master/libbpf-tools",
  observes: [tool.family],
  coverage: tool.coverage,
  telling: tool.telling,
  overload: "drops",
  lossCounter: EACH_EVENT,
  packages: [PACKAGE],
  ...("kprobe" in tool.hook ? { unfit: needsKprobes } : {}),
  probe: (host) => probe(host, tool),
  start: (host, context) => start(host, context, tool),
  inGuest: (_host, context) => Promise.resolve(inGuest(tool, context)),
});

/** What stdbuf loads into the tool. */
const LINE_BUFFERS = "usr/libexec/coreutils/libstdbuf.so";

const inGuest = (tool: Tool, { release }: GuestContext): GuestStart => {
  const { name, family, form } = tool;
  const command = release === "bookworm" ? name : suffixed(name);
  return {
    programs: [command, "stdbuf", LINE_BUFFERS],
    files: {},
    version: `${command} --version`,
    exec: `exec /usr/bin/stdbuf -oL ${command}`,
    // It prints the heads of its columns once it is attached.
    ready: "grep -q PID stdout",
    outputs: [{ path: "stdout", forms: { [family]: form } }],
    lost: lostEventsIn("stderr"),
    settings: { command, output: OUTPUT, hook: hookOf(tool), ...tool.settings },
  };
};

const OUTPUT = "line-buffered (stdbuf -oL)";

const hookOf = ({ hook }: Tool): string =>
  "tracepoint" in hook
    ? `tracepoint syscalls/${hook.tracepoint} and its exit`
    : `kprobe ${hook.kprobe} and its return`;

/** Debian 13 and newer add a suffix, because other projects have the short names; with it there is no doubt about whose it is. */
const commandOf = async (host: Host, { name }: Tool): Promise<string> =>
  (await host.which(suffixed(name))) === undefined ? name : suffixed(name);

const suffixed = (name: string): string => `${name}-libbpf`;

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

const probe = async (host: Host, tool: Tool): Promise<Probe> => {
  const command = await commandOf(host, tool);
  const usual = probeBy(
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
  return await usual(host);
};

const start = async (host: Host, context: AgentContext, tool: Tool): Promise<RunningAgent> => {
  const { name, family, form, longestPath, settings } = tool;
  if (longestPath !== undefined) refuseCutPaths(context, longestPath, name);
  const command = await commandOf(host, tool);
  // Into a file it would hold back a block of lines until the block is full, and they would look late or lost.
  const spec = { command: "stdbuf", args: ["-oL", command] };
  const { running, process, stderr } = await startPrinting(context, name, spec, 5000, { [family]: form });
  return {
    ...running,
    settings: {
      command,
      output: OUTPUT,
      hook: hookOf(tool),
      filter: "none",
      ...settings,
    },
    lost: perfLoss(host, process, stderr),
  };
};
