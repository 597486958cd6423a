/** opensnoop of libbpf-tools: one line for each open, successful or not, with its path. */
import { defineAgent } from "../domain/agent.ts";
import { PACKAGE, probeTool, startTool, toolLoss } from "./shared/libbpf-tool.ts";
import { refuseCutPaths } from "./shared/path-room.ts";

const TOOL = { name: "opensnoop", tracepoint: "sys_enter_openat", family: "file" } as const;

/** NAME_MAX with the terminating NUL in it: the size of `fname` in opensnoop.h. */
const LONGEST_PATH = 254;

export default defineAgent({
  id: "opensnoop",
  title: "opensnoop (libbpf-tools)",
  homepage: "https://github.com/iovisor/bcc/tree/master/libbpf-tools",
  observes: ["file"],
  blindSpots: [
    "opens through openat2 and creat",
    "opens through io_uring",
    `paths beyond ${LONGEST_PATH} bytes are cut`,
    "execs and network, by design",
  ],
  overload: "drops",
  residue: "none",
  packages: [PACKAGE],
  probe: (host) => probeTool(host, TOOL),
  start: async (_host, context) => {
    refuseCutPaths(context, LONGEST_PATH, "opensnoop");
    return await startTool(context, TOOL, [], {});
  },
  declaredLoss: toolLoss(TOOL),
});
