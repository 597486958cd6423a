/** opensnoop: one line for each open, successful or not, with its path. Of libbpf-tools, compiled once, and of bcc, compiled at every start. */
import { defineVariants } from "../domain/agent.ts";
import { BCC_PACKAGE, bccUnfit, probeBcc, startBcc } from "./shared/bcc-tool.ts";
import { PACKAGE, probeTool, startTool } from "./shared/libbpf-tool.ts";
import { refuseCutPaths } from "./shared/path-room.ts";

const FORM = { kind: "text" } as const;
const LIBBPF = {
  name: "opensnoop",
  hook: { tracepoint: "sys_enter_openat" },
  family: "file",
  form: FORM,
} as const;
const BCC = { agent: "opensnoop", command: "opensnoop-bpfcc", family: "file", form: FORM } as const;

/** NAME_MAX with the terminating NUL in it: the size of `fname` in either. */
const MAX_PATH = 254;

export default defineVariants({
  id: "opensnoop",
  variants: [
    {
      id: "opensnoop@libbpf",
      title: "opensnoop (libbpf-tools)",
      tried: "here, 0.26; in guests, 0.26 and 0.31",
      homepage: "https://github.com/iovisor/bcc/tree/master/libbpf-tools",
      observes: ["file"],
      coverage: {
        notes: [
          "opens through openat2 and creat",
          "opens through io_uring",
          `paths beyond ${MAX_PATH} bytes are cut`,
          "execs and network, by design",
        ],
      },
      overload: "drops",
      packages: [PACKAGE],
      probe: (host) => probeTool(host, LIBBPF),
      start: async (host, context) => {
        refuseCutPaths(context, MAX_PATH, "opensnoop");
        return await startTool(host, context, LIBBPF, [], {});
      },
    },
    {
      id: "opensnoop@bcc",
      title: "opensnoop (bcc)",
      tried: "in guests, 0.26 and 0.31",
      homepage: "https://github.com/iovisor/bcc/tree/master/tools",
      observes: ["file"],
      coverage: {
        notes: [
          "opens through creat and io_uring",
          `paths beyond ${MAX_PATH} bytes are cut`,
          "execs and network, by design",
        ],
      },
      overload: "drops",
      packages: [BCC_PACKAGE],
      unfit: bccUnfit,
      optIn: "its variant of libbpf-tools shows the same, and this one compiles for seconds at every start",
      probe: probeBcc(BCC),
      start: async (host, context) => {
        refuseCutPaths(context, MAX_PATH, "opensnoop-bpfcc");
        const smallest = context.buffers === "smallest";
        return await startBcc(host, context, BCC, smallest ? ["--buffer-pages", "1"] : [], {
          hook: "fentry on the system calls open, openat and openat2, or kprobes where there is none",
          perfBuffer: `${smallest ? "1 page" : "64 pages (default)"} a CPU`,
        });
      },
    },
  ],
});
