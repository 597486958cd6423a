/** execsnoop: one line for each exec, with its arguments. Of libbpf-tools, compiled once, and of bcc, compiled at every start. */
import { type Coverage, defineVariants } from "../domain/agent.ts";
import { bccTool } from "./shared/bcc-tool.ts";
import { libbpfTool } from "./shared/libbpf-tool.ts";

/** Both hook execve alone. */
const gapFor: Coverage["gapFor"] = ({ emits }) =>
  emits.by?.call === "execveat"
    ? { extent: "all", why: "it does not see execs through execveat" }
    : undefined;

const TOOL = {
  name: "execsnoop",
  family: "exec",
  form: { kind: "text" },
  settings: { maxArguments: "20 (default)" },
} as const;

export default defineVariants({
  id: "execsnoop",
  variants: [
    libbpfTool({
      ...TOOL,
      coverage: {
        notes: [
          "execs through execveat (fexecve)",
          "arguments beyond the 20th and long ones beyond their buffer",
          "files and network, by design",
        ],
        gapFor,
      },
      hook: { tracepoint: "sys_enter_execve" },
    }),
    bccTool({
      ...TOOL,
      coverage: {
        notes: [
          "execs through execveat (fexecve)",
          "arguments beyond the 20th",
          "it sends a record for each argument, so a loss may take a part of an exec only",
          "files and network, by design",
        ],
        gapFor,
      },
      hook: "kprobe on the system call execve and its return",
      // Two arguments, and what execve returned.
      samples: 3,
    }),
  ],
});
