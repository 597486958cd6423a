/** The folder is the registry: each file's default export is an entry, and the file's name is its id. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { TareError } from "../domain/errors.ts";

/** Loads every `*.ts` file right in the folder, sorted by id. A file that is no entry is an error that names the file. */
export const loadFolder = async <T extends { readonly id: string }>(
  folder: string,
): Promise<ReadonlyMap<string, T>> => {
  const entries = new Map<string, T>();
  for (const name of (await readdir(folder)).filter((file) => file.endsWith(".ts")).sort()) {
    const module = (await import(pathToFileURL(join(folder, name)).href)) as { readonly default?: unknown };
    const id = name.slice(0, -".ts".length);
    if (!isEntry(module.default)) {
      throw new TareError(
        "usage",
        `${join(folder, name)} has no default export with an id`,
        "export default define...({ id, ... })",
      );
    }
    if (module.default.id !== id) {
      throw new TareError(
        "usage",
        `${join(folder, name)} says its id is "${module.default.id}"`,
        `file name and id must be the same`,
      );
    }
    entries.set(id, module.default as T);
  }
  return entries;
};

const isEntry = (thing: unknown): thing is { readonly id: string } =>
  typeof thing === "object" && thing !== null && "id" in thing && typeof thing.id === "string";
