/** The folder is the registry: each file's default export is an entry or several variants of one, and the file's name is its id. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { TareError } from "../domain/errors.ts";

/**
 * Loads every `*.ts` file right in the folder, sorted by file. Variants come under their own ids, `<file>@<variant>`, in the file's order;
 * the plain one of them may be named as the file. A file that is no entry is an error that names the file.
 */
export const loadFolder = async <T extends { readonly id: string }>(
  folder: string,
): Promise<ReadonlyMap<string, T>> => {
  const entries = new Map<string, T>();
  for (const name of (await readdir(folder)).filter((file) => file.endsWith(".ts")).sort()) {
    const path = join(folder, name);
    const module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
    const id = name.slice(0, -".ts".length);
    if (!isEntry(module.default)) {
      throw new TareError(
        "usage",
        `${path} has no default export with an id`,
        "export default define...({ id, ... })",
      );
    }
    if (module.default.id !== id) {
      throw new TareError(
        "usage",
        `${path} says its id is "${module.default.id}"`,
        `file name and id must be the same`,
      );
    }
    const found =
      "variants" in module.default ? variantsIn(path, id, module.default.variants) : [module.default];
    for (const entry of found) entries.set(entry.id, entry as T);
  }
  return entries;
};

interface Entry {
  readonly id: string;
}

const isEntry = (thing: unknown): thing is Entry =>
  typeof thing === "object" && thing !== null && "id" in thing && typeof thing.id === "string";

const variantsIn = (path: string, base: string, variants: unknown): readonly Entry[] => {
  const hint = `each variant is an entry with an id of its own, ${base}@<variant>, or ${base} for the plain one`;
  if (!Array.isArray(variants) || variants.length === 0) {
    throw new TareError("usage", `${path} has variants, but not a list of at least one`, hint);
  }
  const seen = new Set<string>();
  for (const variant of variants as readonly unknown[]) {
    if (!isEntry(variant) || !isOf(base, variant.id)) {
      const id = isEntry(variant) ? `"${variant.id}"` : "no id";
      throw new TareError("usage", `${path} has a variant with ${id}`, hint);
    }
    if (seen.has(variant.id)) throw new TareError("usage", `${path} has "${variant.id}" twice`, hint);
    seen.add(variant.id);
  }
  return variants as readonly Entry[];
};

const isOf = (base: string, id: string): boolean =>
  id === base || (id.startsWith(`${base}@`) && id !== `${base}@`);
