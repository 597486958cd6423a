/** execsnoop of libbpf-tools: one line for each successful exec, with its arguments. */
import { defineAgent } from "../domain/agent.ts";
import { PACKAGE, probeTool, startTool, toolLoss } from "./shared/libbpf-tool.ts";

const TOOL = { name: "execsnoop", tracepoint: "sys_enter_execve", family: "exec" } as const;

export default defineAgent({
  id: "execsnoop",
  title: "execsnoop (libbpf-tools)",
  homepage: "https://github.com/iovisor/bcc/tree/master/libbpf-tools",
  observes: ["exec"],
  blindSpots: [
    "execs through execveat (fexecve)",
    "arguments beyond the 20th and long ones beyond their buffer",
    "files and network, by design",
  ],
  overload: "drops",
  residue: "none",
  packages: [PACKAGE],
  probe: (host) => probeTool(host, TOOL),
  start: (_host, context) => startTool(context, TOOL, [], { maxArguments: "20 (default)" }),
  declaredLoss: toolLoss(TOOL),
});
