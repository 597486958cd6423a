/** execsnoop: one line for each exec, with its arguments. Of libbpf-tools, compiled once, and of bcc, compiled at every start. */
import { type Coverage, defineVariants } from "../domain/agent.ts";
import type { Claim } from "../domain/claim.ts";
import { bccTool } from "./shared/bcc-tool.ts";
import { libbpfTool } from "./shared/libbpf-tool.ts";
import { EXECVEAT, UNRESOLVED_EXECS } from "./shared/techniques.ts";

/** Both hook execve alone. */
const gapFor: Coverage["gapFor"] = ({ emits }) =>
  emits.by?.call === "execveat"
    ? { extent: "all", why: "it does not see execs through execveat" }
    : undefined;

const CLAIMS: readonly Claim[] = [
  { of: EXECVEAT, claimed: "nothing", why: "execs through execveat (fexecve)" },
  {
    of: ["exec-thread"],
    claimed: "nothing",
    why: "execs by a thread that is not the first: the call ends under another number than it began",
  },
  {
    of: ["exec-untouched-path"],
    claimed: "otherwise",
    why: "paths and arguments in memory that the process has not touched: it reads them before the kernel does",
  },
  {
    of: ["exec-32-bit-call", "exec-32-bit-program"],
    claimed: "nothing",
    why: "execs by a 32-bit call, and those of a 32-bit program: the tracepoint at the call's end is not hit by them",
  },
  {
    of: UNRESOLVED_EXECS,
    claimed: "otherwise",
    why: "the whole path of a program: it shows the caller's words",
  },
];

const TOOL = {
  name: "execsnoop",
  family: "exec",
  form: { kind: "text" },
  telling: { deeds: { exec: /./ }, pid: /^\S.*?\s(\d+)\s+\d+\s+-?\d+\s/ },
  settings: { maxArguments: "20 (default)" },
} as const;

export default defineVariants({
  id: "execsnoop",
  variants: [
    libbpfTool({
      ...TOOL,
      coverage: {
        claims: CLAIMS,
        notes: [
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
        claims: CLAIMS,
        notes: [
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
