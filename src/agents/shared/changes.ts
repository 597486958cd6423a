/** Variants that watch what becomes of files, as file-integrity monitors do (docs/changes.md). */
import type { AgentOutput } from "../../domain/agent.ts";

export const CHANGES_ASKED = "it answers another question: what it costs to watch changes of files alone";

/** Of agents that name whole paths. */
export const CHANGE_FORMS = {
  write: { kind: "text" },
  rename: { kind: "text" },
  delete: { kind: "text" },
} as const satisfies AgentOutput["forms"];
