/** opensnoop: one line for each open, successful or not, with its path. Of libbpf-tools, compiled once, and of bcc, compiled at every start. */
import { defineVariants } from "../domain/agent.ts";
import type { Claim } from "../domain/claim.ts";
import { bccTool } from "./shared/bcc-tool.ts";
import { libbpfTool } from "./shared/libbpf-tool.ts";
import { UNRESOLVED_OPENS, URING_OPENS } from "./shared/techniques.ts";

/** NAME_MAX with the terminating NUL in it: the size of `fname` in either. */
const MAX_PATH = 254;

const CLAIMS: readonly Claim[] = [
  {
    of: [...URING_OPENS, "open-handle"],
    claimed: "nothing",
    why: "opens through io_uring, and opens by handle",
  },
  {
    of: ["open-32-bit-call"],
    claimed: "nothing",
    why: "opens by a 32-bit call: the tracepoints of system calls are not hit by them",
  },
  {
    of: UNRESOLVED_OPENS,
    claimed: "otherwise",
    why: "the whole path of a file: it shows the caller's words",
  },
];

const TOOL = {
  name: "opensnoop",
  family: "file",
  form: { kind: "text" },
  longestPath: MAX_PATH,
  telling: { deeds: { open: /./ }, pid: /^\s*(\d+)\s/ },
} as const;

export default defineVariants({
  id: "opensnoop",
  variants: [
    libbpfTool({
      ...TOOL,
      coverage: {
        claims: [
          {
            of: ["open-open", "open-openat2", "open-creat"],
            claimed: "nothing",
            why: "opens through open, openat2 and creat",
          },
          ...CLAIMS,
        ],
        notes: [`paths beyond ${MAX_PATH} bytes are cut`, "execs and network, by design"],
      },
      hook: { tracepoint: "sys_enter_openat" },
    }),
    bccTool({
      ...TOOL,
      coverage: {
        claims: [{ of: ["open-creat"], claimed: "nothing", why: "opens through creat" }, ...CLAIMS],
        notes: [`paths beyond ${MAX_PATH} bytes are cut`, "execs and network, by design"],
      },
      hook: "fentry on the system calls open, openat and openat2, or kprobes where there is none",
      buffer: { option: "--buffer-pages", usual: 64, smallest: 1 },
    }),
  ],
});
