/** The command line as a tree of words, which each shell's script is written from. */
import type { Command } from "commander";

export interface Word {
  readonly word: string;
  readonly description: string;
}

export interface Flag extends Word {
  readonly takesValue: boolean;
  /** What the value can be, or the members of its comma-separated list; empty when anything goes, a path most often. */
  readonly values: readonly string[];
  readonly isList: boolean;
}

export interface CommandTree extends Word {
  readonly flags: readonly Flag[];
  readonly children: readonly CommandTree[];
  /** What its arguments can be; empty: paths. */
  readonly values: readonly string[];
}

/** Values that the command line itself does not know: ids by flag (`--agents`), and by command for its arguments (`agents install`). */
export interface KnownValues {
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly commands: ReadonlyMap<string, readonly string[]>;
}

export const commandTree = (command: Command, known: KnownValues, path = ""): CommandTree => ({
  word: command.name(),
  description: command.description(),
  flags: [
    ...command.options.map(({ long, description, argChoices, required, optional }) => ({
      word: long ?? "",
      description,
      takesValue: required || optional,
      values: argChoices ?? known.flags.get(long ?? "") ?? [],
      isList: known.flags.has(long ?? ""),
    })),
    { word: "--help", description: "display help for command", takesValue: false, values: [], isList: false },
  ],
  children: command.commands.map((child) => commandTree(child, known, `${path} ${child.name()}`.trim())),
  values: known.commands.get(path) ?? [],
});

/** Every command with the words that lead to it, the root first: `[]`, `["agents"]`, `["agents", "install"]`. */
export const everyCommand = (
  tree: CommandTree,
  path: readonly string[] = [],
): readonly (readonly [path: readonly string[], command: CommandTree])[] => [
  [path, tree],
  ...tree.children.flatMap((child) => everyCommand(child, [...path, child.word])),
];
