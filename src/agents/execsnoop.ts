/** execsnoop: one line for each exec, with its arguments. Of libbpf-tools, compiled once, and of bcc, compiled at every start. */
import { type Coverage, defineVariants } from "../domain/agent.ts";
import { BCC_PACKAGE, bccUnfit, probeBcc, startBcc } from "./shared/bcc-tool.ts";
import { PACKAGE, probeTool, startTool } from "./shared/libbpf-tool.ts";

const FORM = { kind: "text" } as const;
const LIBBPF = {
  name: "execsnoop",
  hook: { tracepoint: "sys_enter_execve" },
  family: "exec",
  form: FORM,
} as const;
const BCC = { agent: "execsnoop", command: "execsnoop-bpfcc", family: "exec", form: FORM } as const;

/** Both hook execve alone. */
const gapFor: Coverage["gapFor"] = ({ emits }) =>
  emits.by?.call === "execveat"
    ? { extent: "all", why: "it does not see execs through execveat" }
    : undefined;

export default defineVariants({
  id: "execsnoop",
  variants: [
    {
      id: "execsnoop@libbpf",
      title: "execsnoop (libbpf-tools)",
      tried: "here, 0.26; in guests, 0.26 and 0.31",
      homepage: "https://github.com/iovisor/bcc/tree/master/libbpf-tools",
      observes: ["exec"],
      coverage: {
        notes: [
          "execs through execveat (fexecve)",
          "arguments beyond the 20th and long ones beyond their buffer",
          "files and network, by design",
        ],
        gapFor,
      },
      overload: "drops",
      packages: [PACKAGE],
      probe: (host) => probeTool(host, LIBBPF),
      start: (host, context) => startTool(host, context, LIBBPF, [], { maxArguments: "20 (default)" }),
    },
    {
      id: "execsnoop@bcc",
      title: "execsnoop (bcc)",
      tried: "in guests, 0.26 and 0.31",
      homepage: "https://github.com/iovisor/bcc/tree/master/tools",
      observes: ["exec"],
      coverage: {
        notes: [
          "execs through execveat (fexecve)",
          "arguments beyond the 20th",
          "it sends a record for each argument, so a loss may take a part of an exec only",
          "files and network, by design",
        ],
        gapFor,
      },
      overload: "drops",
      packages: [BCC_PACKAGE],
      unfit: bccUnfit,
      optIn: "its variant of libbpf-tools shows the same, and this one compiles for seconds at every start",
      probe: probeBcc(BCC),
      start: (host, context) =>
        startBcc(host, context, BCC, [], {
          hook: "kprobe on the system call execve and its return",
          perfBuffer: "8 pages a CPU, no option for another size",
          maxArguments: "20 (default)",
        }),
    },
  ],
});
