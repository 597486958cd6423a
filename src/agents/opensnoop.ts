/** opensnoop: one line for each open, successful or not, with its path. Of libbpf-tools, compiled once, and of bcc, compiled at every start. */
import { defineVariants } from "../domain/agent.ts";
import { bccTool } from "./shared/bcc-tool.ts";
import { libbpfTool } from "./shared/libbpf-tool.ts";

/** NAME_MAX with the terminating NUL in it: the size of `fname` in either. */
const MAX_PATH = 254;

const TOOL = { name: "opensnoop", family: "file", form: { kind: "text" }, longestPath: MAX_PATH } as const;

export default defineVariants({
  id: "opensnoop",
  variants: [
    libbpfTool({
      ...TOOL,
      coverage: {
        notes: [
          "opens through openat2 and creat",
          "opens through io_uring",
          `paths beyond ${MAX_PATH} bytes are cut`,
          "execs and network, by design",
        ],
      },
      hook: { tracepoint: "sys_enter_openat" },
    }),
    bccTool({
      ...TOOL,
      coverage: {
        notes: [
          "opens through creat and io_uring",
          `paths beyond ${MAX_PATH} bytes are cut`,
          "execs and network, by design",
        ],
      },
      hook: "fentry on the system calls open, openat and openat2, or kprobes where there is none",
      buffer: { option: "--buffer-pages", usual: 64, smallest: 1 },
    }),
  ],
});
