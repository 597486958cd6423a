/** Placeholders in a custom agent's file: `{{directory}}` and the like, filled in when it is started. */
import type { AgentContext } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import type { Values } from "./spec.ts";

/** Known in every file; those of its `buffers` come on top. */
export const PLACEHOLDERS = ["directory", "watchedDirectory", "families", "cpus", "arch", "here"] as const;

/** As much of a name as placeholders have, so that braces of other languages are left alone. */
const PLACEHOLDER = /\{\{\s*([A-Za-z][A-Za-z0-9]*)\s*\}\}/g;

export const namesIn = (text: string): readonly string[] =>
  Array.from(text.matchAll(PLACEHOLDER), ([, name = ""]) => name);

/** @throws RangeError for a name without a value: the file's check lets none through. */
export const fill = (text: string, values: Values): string =>
  text.replaceAll(PLACEHOLDER, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new RangeError(`no value for the placeholder {{${name}}}`);
    return value;
  });

/** `here`: the folder of the agent's file. */
export const valuesFor = (host: Host, context: AgentContext, here: string, buffers: Values): Values => ({
  directory: context.directory,
  watchedDirectory: context.watchedDirectory,
  families: context.families.join(","),
  cpus: String(host.cpus),
  arch: host.arch,
  here,
  ...buffers,
});
