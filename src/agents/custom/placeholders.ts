/** Placeholders in a custom agent's file: `{{directory}}` and the like, filled in when it is started. */
import type { Values } from "./spec.ts";

/** Known in every file; those of its `buffers` come on top. `here`: the folder of the agent's file. */
export const PLACEHOLDERS = ["directory", "watchedDirectory", "families", "cpus", "arch", "here"] as const;

/** As much of a name as placeholders have, so that braces of other languages are left alone. */
const PLACEHOLDER = /\{\{\s*([A-Za-z][A-Za-z0-9]*)\s*\}\}/g;

export const namesIn = (text: string): readonly string[] =>
  Array.from(text.matchAll(PLACEHOLDER), ([, name = ""]) => name);

/** A name without a value stays. */
export const fill = (text: string, values: Values): string =>
  text.replaceAll(PLACEHOLDER, (whole, name: string) => values[name] ?? whole);
