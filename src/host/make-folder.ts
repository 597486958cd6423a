/** A folder with its parents. Where that is refused, the error is the system's own word for why. */
import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { dirname } from "node:path";

export const makeFolder = async (path: string, mode: number): Promise<void> => {
  try {
    await mkdir(path, { recursive: true, mode });
  } catch (error) {
    throw (await refusalAbove(path)) ?? error;
  }
};

/** A folder that nobody has made before: one that is there, or a link in its place, may be another user's (EEXIST). */
export const makeNewFolder = async (path: string, mode: number): Promise<void> => {
  await makeFolder(dirname(path), 0o755);
  await mkdir(path, { mode });
};

/** Node says ENOENT where a parent cannot be made; that parent's own parent says why: read-only, not permitted. */
const refusalAbove = async (path: string): Promise<NodeJS.ErrnoException | undefined> => {
  const parent = dirname(path);
  if (parent === path) return undefined;
  try {
    await access(parent, constants.W_OK);
    return undefined;
  } catch (error) {
    const refusal = error as NodeJS.ErrnoException;
    return refusal.code === "ENOENT" ? await refusalAbove(parent) : refusal;
  }
};
