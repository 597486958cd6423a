/** Results of long work, kept between runs: a folder for each, named by a hash of all inputs, and either whole or absent. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join, relative } from "node:path";
import { TareError } from "../../domain/errors.ts";
import type { BuildContext } from "./shell.ts";

export const cacheRoot = (): string =>
  process.env["TARE_VM_CACHE"] ??
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tare", "vm");

export const hashOf = (inputs: unknown): string =>
  createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 16);

export interface Entry {
  readonly folder: string;
  /** What the builder found, such as a kernel's exact release. */
  readonly facts: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly inputs: unknown;
  readonly facts: Readonly<Record<string, string>>;
  /** `changed`: in milliseconds of the epoch. */
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly changed: number }>>;
}

const MANIFEST = "manifest.json";

/** Every file below a folder, by its path: its size and the time of its last change show whether it is whole. */
const describeFiles = async (folder: string): Promise<Manifest["files"]> => {
  const files: Record<string, Manifest["files"][string]> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || file === join(folder, MANIFEST)) continue;
    const { size, mtimeMs } = await stat(file);
    files[relative(folder, file)] = { bytes: size, changed: mtimeMs };
  }
  return files;
};

interface Broken {
  /** Which file, and what is wrong with it. */
  readonly broken: string;
}

/** Undefined: there is none. */
const read = async (folder: string): Promise<Entry | Broken | undefined> => {
  if (!existsSync(folder)) return undefined;
  const text = await readFile(join(folder, MANIFEST), "utf8").catch(() => "");
  const manifest = parseManifest(text);
  if (manifest === undefined) return { broken: `${join(folder, MANIFEST)} is gone or cut off` };
  const found = await describeFiles(folder);
  for (const [name, { bytes, changed }] of Object.entries(manifest.files)) {
    const facts = found[name];
    if (facts === undefined) return { broken: `${join(folder, name)} is gone` };
    if (facts.bytes !== bytes)
      return { broken: `${join(folder, name)} has ${facts.bytes} bytes of ${bytes}` };
    if (facts.changed !== changed) return { broken: `${join(folder, name)} was changed after it was stored` };
  }
  return { folder, facts: manifest.facts };
};

const parseManifest = (text: string): Manifest | undefined => {
  try {
    return JSON.parse(text) as Manifest;
  } catch {
    return undefined;
  }
};

/** Throws `host-unfit` when the file system of the cache has less room than the work needs. */
export const needRoom = async (megabytes: number, purpose: string): Promise<void> => {
  const root = cacheRoot();
  await mkdir(root, { recursive: true });
  const { bavail, bsize } = await statfs(root);
  const free = Math.floor((bavail * bsize) / (1 << 20));
  if (free >= megabytes) return;
  throw new TareError(
    "host-unfit",
    `${purpose} needs ${megabytes} MB, and ${root} has ${free} MB left`,
    "make room, remove old entries of that folder, or set TARE_VM_CACHE to one with more room",
  );
};

export interface Recipe {
  readonly name: string;
  readonly inputs: unknown;
  /** Room that making it takes at most, with all that it is made of. */
  readonly megabytes: number;
  /** How long that alone takes, as seen on two idle cores. */
  readonly seconds: number;
  readonly build: (folder: string, context: BuildContext) => Promise<Readonly<Record<string, string>>>;
}

export const folderOf = ({ name, inputs }: Recipe): string => join(cacheRoot(), `${name}-${hashOf(inputs)}`);

/** Where this process works on something that is of no use to others yet. */
export const unfinished = (name: string): string => join(cacheRoot(), `${name}.${process.pid}.part`);

/** Removes what killed processes left unfinished; a living one's is left alone. */
export const removeLeftovers = async (): Promise<void> => {
  for (const name of await readdir(cacheRoot()).catch(() => [])) {
    const pid = /\.(\d+)\.part$/.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    await rm(join(cacheRoot(), name), { recursive: true, force: true });
  }
};

/** Results of one name that are kept, newest first: enough for branches that differ. */
const MAX_KEPT = 4;

const removeOldest = async (name: string): Promise<void> => {
  const ofName = (await readdir(cacheRoot())).filter(
    (entry) => entry.startsWith(`${name}-`) && /^[0-9a-f]{16}$/.test(entry.slice(name.length + 1)),
  );
  const dated = await Promise.all(
    ofName.map(async (entry) => ({ entry, changed: (await stat(join(cacheRoot(), entry))).mtimeMs })),
  );
  const old = dated.toSorted((one, other) => other.changed - one.changed).slice(MAX_KEPT);
  for (const { entry } of old) await rm(join(cacheRoot(), entry), { recursive: true, force: true });
};

/** Whether the result of a recipe is there and whole, so that nothing would be made. */
export const isCached = async (recipe: Recipe): Promise<boolean> => {
  const stored = await read(folderOf(recipe));
  return stored !== undefined && "folder" in stored;
};

/** What this process is making: who wants the same meanwhile waits for it. */
const making = new Map<string, Promise<Entry>>();

/**
 * The result of a recipe: from the cache, or made now, also when what is stored is no longer as it was made. Throws `host-unfit` without
 * room.
 */
export const cached = async (recipe: Recipe, context: BuildContext): Promise<Entry> => {
  const folder = folderOf(recipe);
  const begun = making.get(folder);
  if (begun !== undefined) return await begun;
  const result = readOrMake(recipe, folder, context);
  making.set(folder, result);
  try {
    return await result;
  } finally {
    making.delete(folder);
  }
};

const readOrMake = async (recipe: Recipe, folder: string, context: BuildContext): Promise<Entry> => {
  const stored = await read(folder);
  if (stored !== undefined && "folder" in stored) return stored;
  await needRoom(recipe.megabytes, recipe.name);
  await removeLeftovers();
  if (stored !== undefined) {
    context.info(`${stored.broken}: it is made again`);
    await rm(folder, { recursive: true, force: true });
  }
  const started = performance.now();
  context.info(`making ${basename(folder)} (some ${recipe.seconds} s)`);
  const beside = unfinished(basename(folder));
  await mkdir(beside, { recursive: true });
  try {
    const facts = await recipe.build(beside, context);
    const manifest: Manifest = { inputs: recipe.inputs, facts, files: await describeFiles(beside) };
    await writeFile(join(beside, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);
    // Another process may have made the same meanwhile: its result is as good.
    if (!existsSync(folder)) await rename(beside, folder);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  await removeOldest(recipe.name);
  context.info(`made ${basename(folder)} in ${Math.round((performance.now() - started) / 1000)} s`);
  const made = await read(folder);
  if (made !== undefined && "folder" in made) return made;
  throw new TareError(
    "host-unfit",
    made?.broken ?? `${folder} is gone`,
    "does another process write to the cache? try again",
  );
};
