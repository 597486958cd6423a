/** tcpconnect: one line for each TCP connect, with its addresses. Of libbpf-tools, compiled once, and of bcc, compiled at every start. */
import { defineVariants } from "../domain/agent.ts";
import { BCC_PACKAGE, bccUnfit, probeBcc, startBcc } from "./shared/bcc-tool.ts";
import { PACKAGE, probeTool, startTool } from "./shared/libbpf-tool.ts";
import { needsKprobes } from "./shared/obstacle.ts";

/**
 * Columns are set apart by spaces: PID COMM IP SADDR DADDR DPORT. The source address looks like a token as well, but 127.0.0.1 is one
 * that no trial has.
 */
const FORM = { kind: "ipv4", before: " " } as const;
const LIBBPF = {
  name: "tcpconnect",
  hook: { kprobe: "tcp_v4_connect, tcp_v6_connect" },
  family: "network",
  form: FORM,
} as const;
const BCC = { agent: "tcpconnect", command: "tcpconnect-bpfcc", family: "network", form: FORM } as const;

const COVERAGE = {
  notes: ["connects that fail", "connects other than TCP: UDP, Unix sockets", "execs and files, by design"],
} as const;

export default defineVariants({
  id: "tcpconnect",
  variants: [
    {
      id: "tcpconnect@libbpf",
      title: "tcpconnect (libbpf-tools)",
      tried: "in guests, 0.26 and 0.31",
      homepage: "https://github.com/iovisor/bcc/tree/master/libbpf-tools",
      observes: ["network"],
      coverage: COVERAGE,
      overload: "drops",
      packages: [PACKAGE],
      unfit: needsKprobes,
      probe: (host) => probeTool(host, LIBBPF),
      start: (host, context) =>
        startTool(host, context, LIBBPF, [], { perfBuffer: "128 pages a CPU, no option" }),
    },
    {
      id: "tcpconnect@bcc",
      title: "tcpconnect (bcc)",
      tried: "in guests, 0.26 and 0.31",
      homepage: "https://github.com/iovisor/bcc/tree/master/tools",
      observes: ["network"],
      coverage: COVERAGE,
      overload: "drops",
      packages: [BCC_PACKAGE],
      unfit: bccUnfit,
      optIn: "its variant of libbpf-tools shows the same, and this one compiles for seconds at every start",
      probe: probeBcc(BCC),
      start: (host, context) =>
        startBcc(host, context, BCC, [], {
          hook: "kprobe tcp_v4_connect, tcp_v6_connect and their returns",
          perfBuffer: "8 pages a CPU, no option for another size",
        }),
    },
  ],
});
