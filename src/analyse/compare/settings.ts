/** How an agent was set up, as it said itself when it was started. */
import type { Loaded } from "./loaded.ts";

/** The settings of the first turn that started, by name; empty where none did. */
export const settingsOf = ({ lines }: Loaded, agent: string): Readonly<Record<string, string>> => {
  for (const line of lines) {
    if (line.type === "turn" && line.agent === agent && line.outcome.kind === "started") {
      return line.outcome.settings;
    }
  }
  return {};
};
