/** tcpconnect: one line for each TCP connect, with its addresses. Of libbpf-tools, compiled once, and of bcc, compiled at every start. */
import { defineVariants } from "../domain/agent.ts";
import { bccTool } from "./shared/bcc-tool.ts";
import { libbpfTool } from "./shared/libbpf-tool.ts";

const TOOL = {
  name: "tcpconnect",
  family: "network",
  // Columns are set apart by spaces: PID COMM IP SADDR DADDR DPORT. The source address looks like a token as well, but 127.0.0.1 is one
  // that no trial has.
  form: { kind: "ipv4", before: " " },
  telling: { deeds: { connect: /./ }, pid: /^\s*(\d+)\s/ },
  coverage: {
    claims: [
      {
        of: ["connect-udp", "connect-sendto", "connect-unix"],
        claimed: "nothing",
        why: "connects other than TCP: UDP, Unix sockets",
      },
    ],
    notes: ["connects that fail", "execs and files, by design"],
  },
} as const;

export default defineVariants({
  id: "tcpconnect",
  variants: [
    libbpfTool({
      ...TOOL,
      hook: { kprobe: "tcp_v4_connect, tcp_v6_connect" },
      settings: { perfBuffer: "128 pages a CPU, no option" },
    }),
    bccTool({ ...TOOL, hook: "kprobe tcp_v4_connect, tcp_v6_connect and their returns" }),
  ],
});
