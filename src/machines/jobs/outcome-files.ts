/** Outcomes of checked guests, one file each, kept until the tables are made of them. */
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CLONE } from "../clone.ts";

export const GUEST_OUTCOMES = join(CLONE, "build/vm/outcomes");
export const AGENTS_OUTCOMES = join(CLONE, "build/vm/agents");

export const today = (): string => new Date().toISOString().slice(0, 10);

export const readJson = async <T>(file: string): Promise<T> => JSON.parse(await readFile(file, "utf8")) as T;

export const keepOutcome = async (folder: string, name: string, outcome: object): Promise<void> => {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(outcome, undefined, 1)}\n`);
};

export const readOutcomes = async <T>(folder: string): Promise<readonly T[]> => {
  const names = (await readdir(folder).catch(() => [])).toSorted((one, other) => one.localeCompare(other));
  return await Promise.all(names.map(async (name) => await readJson<T>(join(folder, name))));
};
