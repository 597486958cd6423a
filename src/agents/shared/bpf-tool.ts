/** What a tool of iovisor/bcc that prints a table of events is described by, whichever of its two builds it is. */
import type { AgentSheet, RunningAgent, TokenForm } from "../../domain/agent.ts";
import type { Family } from "../../domain/units.ts";

export interface BpfTool extends Pick<AgentSheet, "tried" | "coverage"> {
  readonly name: "execsnoop" | "opensnoop" | "tcpconnect";
  readonly family: Family;
  readonly form: TokenForm;
  /** Where it cuts paths: bytes that it shows of one. */
  readonly longestPath?: number;
  readonly settings?: RunningAgent["settings"];
}
