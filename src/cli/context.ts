/** What every command works with. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Agent } from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import type { Scenario } from "../domain/scenario.ts";
import { createHost } from "../host/host.ts";
import { defaultJournalDirectory } from "../host/journal.ts";
import { loadFolder } from "../host/load-folder.ts";
import { suggest } from "../plan/suggest.ts";
import type { Screen } from "./screen.ts";

export interface CliContext {
  readonly screen: Screen;
  readonly host: Host;
  readonly root: string;
  readonly journalDirectory: string;
  /** The host's clock when the command began. */
  readonly startedMs: number;
  agents(): Promise<ReadonlyMap<string, Agent>>;
  scenarios(): Promise<ReadonlyMap<string, Scenario>>;
}

export const createContext = (screen: Screen): CliContext => {
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  const journalDirectory = process.env["TARE_JOURNAL"] ?? defaultJournalDirectory();
  const host = createHost({ root, journalDirectory });
  return {
    screen,
    host,
    root,
    journalDirectory,
    startedMs: host.now(),
    agents: () => loadFolder<Agent>(join(root, "src/agents")),
    scenarios: () => loadFolder<Scenario>(join(root, "scenarios")),
  };
};

/** The entries that a comma-separated option names; a usage error with a suggestion when one is unknown. */
export const choose = <T>(
  what: string,
  list: string | undefined,
  all: ReadonlyMap<string, T>,
): readonly T[] => {
  if (list === undefined) return [...all.values()];
  const ids = [...new Set(list.split(",").map((id) => id.trim()))].filter((id) => id !== "");
  if (ids.length === 0)
    throw new TareError("usage", `--${what}s names nothing`, `known: ${[...all.keys()].join(", ")}`);
  return ids.map((id) => {
    const found = all.get(id);
    if (found !== undefined) return found;
    const near = suggest(id, [...all.keys()]);
    throw new TareError(
      "usage",
      `unknown ${what} "${id}"`,
      near === undefined ? `known: ${[...all.keys()].join(", ")}` : `did you mean "${near}"?`,
    );
  });
};
