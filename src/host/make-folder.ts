/** A folder with its parents. Where that is refused, the error is the system's own word for why: Node's own way says that a parent is missing. */
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "../domain/errors.ts";

export const makeFolder = async (path: string, mode: number): Promise<void> => {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const code = codeOf(error);
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolder(dirname(path), mode);
    // Once: /proc says of each new name that it is not there, however often it is asked.
    await mkdir(path, { mode }).catch((again: unknown) => {
      if (codeOf(again) !== "EEXIST") throw again;
    });
  }
};

/** A folder that nobody has made before: one that is there, or a link in its place, may be another user's (EEXIST). */
export const makeNewFolder = async (path: string, mode: number): Promise<void> => {
  await makeFolder(dirname(path), 0o755);
  await mkdir(path, { mode });
};
