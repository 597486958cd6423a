/** What every command works with: a session, and the screen that shows it. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Agent } from "../domain/agent.ts";
import type { Scenario } from "../domain/scenario.ts";
import { createHost } from "../host/host.ts";
import { defaultJournalDirectory } from "../host/journal.ts";
import { loadFolder } from "../host/load-folder.ts";
import type { Session } from "../session/session.ts";
import type { Screen } from "./screen.ts";
import { createTeller } from "./teller.ts";

export interface CliContext extends Session {
  readonly screen: Screen;
}

export const createContext = (screen: Screen): CliContext => {
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  const journalDirectory = process.env["TARE_JOURNAL"] ?? defaultJournalDirectory();
  const host = createHost({ root, journalDirectory });
  return {
    screen,
    host,
    journalDirectory,
    startedMs: host.now(),
    agents: () => loadFolder<Agent>(join(root, "src/agents")),
    scenarios: () => loadFolder<Scenario>(join(root, "scenarios")),
    tell: createTeller(screen, host),
  };
};
