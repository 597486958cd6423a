/**
 * Root only for what needs it. What a run leaves to its user is made as that user, so that no link or folder that is put in a path's
 * place leads root anywhere; and what reads a record becomes its owner first.
 */
import { lstat, mkdtemp, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { wholeNumber } from "../domain/number-in.ts";

export interface User {
  readonly uid: number;
  readonly gid: number;
}

const isRoot = (): boolean => process.geteuid?.() === 0;

/** Who became root by sudo; undefined where nobody did. */
const callerOf = (env: NodeJS.ProcessEnv): User | undefined => {
  const [uid, gid] = [wholeNumber(env["SUDO_UID"]), wholeNumber(env["SUDO_GID"])];
  return uid === undefined || gid === undefined || uid === 0 ? undefined : { uid, gid };
};

/** Does the work with the rights of that user alone, and takes root's back. Nothing else may go on meanwhile. */
const asUser = async <T>({ uid, gid }: User, work: () => Promise<T>): Promise<T> => {
  const groups = process.getgroups?.() ?? [];
  const own = process.getegid?.() ?? 0;
  process.setgroups?.([gid]);
  process.setegid?.(gid);
  process.seteuid?.(uid);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(own);
    process.setgroups?.(groups);
  }
};

/** The owner of a file or folder; undefined: root, or there is none. A link's is who made the link, wherever it leads. */
const ownerOf = async (path: string): Promise<User | undefined> => {
  const found = await lstat(path).catch(() => undefined);
  return found === undefined || found.uid === 0 ? undefined : { uid: found.uid, gid: found.gid };
};

const STICKY = 0o1000;

/**
 * The owner of the folder, or of the nearest one above it that is there; undefined: root. In /tmp and the like anybody may have made it, so
 * that its owner says nothing.
 */
const ownerOfPlace = async (path: string): Promise<User | undefined> => {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return path === dirname(path) ? undefined : await ownerOfPlace(dirname(path));
  const above = await lstat(dirname(path));
  return found.uid === 0 || (above.mode & STICKY) !== 0 ? undefined : { uid: found.uid, gid: found.gid };
};

/**
 * Does the work below that absolute path as who called sudo, or else as the folder's owner. What the caller of sudo may not do there is done as
 * root, and is root's: in a clone of root's, for instance.
 */
export const asUserOf = async <T>(
  path: string,
  work: () => Promise<T>,
  isRefused: (error: unknown) => boolean,
): Promise<T> => {
  if (!isRoot()) return await work();
  const caller = callerOf(process.env);
  const user = caller ?? (await ownerOfPlace(path));
  if (user === undefined) return await work();
  try {
    return await asUser(user, work);
  } catch (error) {
    if (caller === undefined || !isRefused(error)) throw error;
    return await work();
  }
};

/** Reads with the rights of the file's owner, in a command that needs root's afterwards. */
export const asOwnerOf = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  const owner = isRoot() ? await ownerOf(path) : undefined;
  return owner === undefined ? await work() : await asUser(owner, work);
};

/** Tried, because access(2) asks for the rights of who started the process, whoever it is for now. */
const cannotWriteTo = async (folder: string): Promise<boolean> => {
  try {
    await rmdir(await mkdtemp(join(folder, ".tare-")));
    return false;
  } catch {
    return true;
  }
};

/**
 * Gives root up for good where the files are those of one other user. With those of several users root is what can read them, and root stays
 * where `out`, the file that is to be written, lies in a folder that only root may write to.
 */
export const becomeOwnerOf = async (paths: readonly string[], out?: string): Promise<void> => {
  if (!isRoot()) return;
  const owners: (User | undefined)[] = [];
  for (const path of paths) owners.push(await ownerOf(path));
  const [first] = owners;
  if (first === undefined || owners.some((owner) => owner?.uid !== first.uid)) return;
  if (out !== undefined) {
    const folder = dirname(resolve(out));
    if (await asUser(first, () => cannotWriteTo(folder))) return;
  }
  process.setgroups?.([first.gid]);
  process.setgid?.(first.gid);
  process.setuid?.(first.uid);
};
