/** How the fields of Falco's JSON lines show tokens, under any configuration. */
import type { AgentOutput } from "../../domain/agent.ts";

export const FALCO_FORMS = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "ipv4", before: '"fd.sip":"' },
  "high-value": { kind: "text" },
} as const satisfies AgentOutput["forms"];
