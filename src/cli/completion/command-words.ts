/** The words of the command line, which each shell's script is written from. */
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

export interface CommandWords {
  /** What leads to it: `[]`, `["agents"]`, `["agents", "install"]`. */
  readonly path: readonly string[];
  readonly children: readonly Word[];
  readonly flags: readonly Flag[];
  /** What its arguments can be; empty: paths. */
  readonly values: readonly string[];
}

/** Values that the command line itself does not know: ids by flag (`--agents`), and by command for its arguments (`agents install`). */
export interface KnownValues {
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly commands: ReadonlyMap<string, readonly string[]>;
}

/** The command and all below it. */
export const commandWords = (
  { options, commands }: Command,
  known: KnownValues,
  path: readonly string[] = [],
): readonly CommandWords[] => [
  {
    path,
    children: commands.map((child) => ({ word: child.name(), description: child.description() })),
    flags: [
      ...options.map(({ long, description, argChoices, required, optional }) => ({
        word: long ?? "",
        description,
        takesValue: required || optional,
        values: argChoices ?? known.flags.get(long ?? "") ?? [],
        isList: known.flags.has(long ?? ""),
      })),
      {
        word: "--help",
        description: "display help for command",
        takesValue: false,
        values: [],
        isList: false,
      },
    ],
    values: known.commands.get(path.join(" ")) ?? [],
  },
  ...commands.flatMap((child) => commandWords(child, known, [...path, child.name()])),
];
