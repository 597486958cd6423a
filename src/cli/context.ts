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
import { suggest } from "../domain/suggest.ts";
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

/**
 * The entries that a comma-separated option names; an id before an @ names all of its variants. A usage error with a suggestion when one is
 * unknown.
 */
export const choose = <T>(
  what: string,
  list: string | undefined,
  all: ReadonlyMap<string, T>,
): readonly T[] => {
  if (list === undefined) return [...all.values()];
  const known = [...all.keys()];
  const names = [...new Set(list.split(",").map((name) => name.trim()))].filter((name) => name !== "");
  if (names.length === 0)
    throw new TareError("usage", `--${what}s names nothing`, `known: ${known.join(", ")}`);
  const ids = names.flatMap((name) => {
    const named = known.filter((id) => id === name || id.startsWith(`${name}@`));
    if (named.length > 0) return named;
    const bases = known.flatMap((id) => (id.includes("@") ? [id.slice(0, id.indexOf("@"))] : []));
    const near = suggest(name, [...new Set([...bases, ...known])]);
    throw new TareError(
      "usage",
      `unknown ${what} "${name}"`,
      near === undefined ? `known: ${known.join(", ")}` : `did you mean "${near}"?`,
    );
  });
  return [...new Set(ids)].flatMap((id) => all.get(id) ?? []);
};
