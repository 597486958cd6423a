/**
 * The run's folder and the files written into it. They are their owner's alone: a record tells of a node's sensors and of what they miss.
 */
import { randomBytes } from "node:crypto";
import { constants, rmSync } from "node:fs";
import { access, lstat, mkdir, open, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { TareError, codeOf, failedTo } from "../domain/errors.ts";
import { MIN_FREE_BYTES } from "../domain/bounds.ts";
import { isCompressed, readCompressed } from "./compressed.ts";
import { refusedHint, unreadHint } from "../domain/refused.ts";

const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

/** Beside the file that it becomes. No name that another user could have taken, and nothing that is there is written to. */
const beside = (path: string): string => `${path}.${randomBytes(4).toString("hex")}.partial`;

/** What was made in a folder is still there after a power cut once the folder has been written. Some file systems write none on demand. */
export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, "r");
  try {
    await handle.sync().catch(() => undefined);
  } finally {
    await handle.close();
  }
};

/** A folder that is there for good, with its parents. */
export const makeRunFolder = async (folder: string): Promise<void> => {
  const missing: string[] = [];
  let above = folder;
  for (; (await stat(above).catch(() => undefined)) === undefined; above = dirname(above))
    missing.push(above);
  // One by one: for all of them together Node says that a parent is missing, whatever the reason, and below /proc never ends.
  for (const one of missing.toReversed()) {
    await mkdir(one, { mode: FOLDER_MODE }).catch((error: unknown) => {
      if (codeOf(error) !== "EEXIST") throw error;
    });
    await syncFolder(dirname(one));
  }
};

/** `isNamed`: whether the user named it. */
export const prepareRunFolder = async (folder: string, isNamed = true): Promise<void> => {
  try {
    await makeRunFolder(folder);
    await refuseOthers(folder);
    const probe = beside(join(folder, "writable"));
    await (await open(probe, "wx", FILE_MODE)).close();
    await rm(probe);
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < MIN_FREE_BYTES) {
      throw new TareError(
        "host-unfit",
        `${folder} has ${Math.floor((bavail * bsize) / (1 << 20))} MiB free, a run needs ${MIN_FREE_BYTES >> 20}`,
        "free some space or choose another folder with --out",
      );
    }
  } catch (error) {
    if (error instanceof TareError) throw error;
    throw failedTo(
      isNamed ? "usage" : "host-unfit",
      `write to ${folder}`,
      error,
      "choose another folder with --out",
    );
  }
};

/** Asked before what takes hours: whether the page that the user named can be written in the end. */
export const refuseUnwritable = async (path: string, option: string): Promise<void> => {
  try {
    if ((await stat(path).catch(() => undefined))?.isDirectory() === true) throw new Error("it is a folder");
    let folder = dirname(path);
    while ((await stat(folder).catch(() => undefined)) === undefined) folder = dirname(folder);
    const probe = beside(join(folder, basename(path)));
    await (await open(probe, "wx", FILE_MODE)).close();
    await rm(probe);
  } catch (error) {
    throw failedTo("usage", `write the page ${path}`, error, `choose another file with ${option}`);
  }
};

/** Whoever owns a folder may put anything in the place of what is written there. */
const refuseOthers = async (folder: string): Promise<void> => {
  const { uid } = await lstat(folder);
  if (uid === process.geteuid?.() || uid === 0) return;
  throw new TareError(
    "usage",
    `${folder} belongs to another user (uid ${uid})`,
    "choose another folder with --out, or run as that user with sudo",
  );
};

/** The caller may not write there. Root may, if there is a root. */
export const isRefused = (error: unknown): boolean => {
  return ["EACCES", "EPERM"].includes(codeOf(error));
};

export const isWritable = async (folder: string): Promise<boolean> =>
  await access(folder, constants.W_OK).then(
    () => true,
    (error: unknown) => codeOf(error) === "ENOENT",
  );

export interface WriteOptions {
  readonly mode?: number;
  /** What else the user may do where it is refused; see `refusedHint`. */
  readonly elsewhere?: string;
}

/** Writes a whole file or nothing: a reader never sees half of it, and neither an interruption nor a power cut leaves one. */
export const writeWhole = async (
  path: string,
  text: string | Uint8Array,
  { mode = FILE_MODE, elsewhere = "name another file" }: WriteOptions = {},
): Promise<void> => {
  const partial = beside(path);
  const drop = (): void => {
    rmSync(partial, { force: true });
  };
  process.once("exit", drop);
  try {
    await makeRunFolder(dirname(path));
    const handle = await open(partial, "wx", mode);
    try {
      await handle.writeFile(text);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw failedTo("run-failed", `write ${path}`, error, refusedHint(error, elsewhere));
  } finally {
    process.off("exit", drop);
  }
};

/** A folder's record, or the one that somebody has compressed there. */
export const recordPath = async (folderOrFile: string): Promise<string> => {
  const found = await stat(folderOrFile).catch(() => undefined);
  if (found?.isDirectory() !== true) return folderOrFile;
  const plain = join(folderOrFile, "record.jsonl");
  const isThere = async (path: string): Promise<boolean> => await stat(path).then(Boolean, () => false);
  return !(await isThere(plain)) && (await isThere(`${plain}.gz`)) ? `${plain}.gz` : plain;
};

/** Unpacked, as far as it can be. */
export const readWhole = async (path: string): Promise<Buffer> => {
  try {
    if (!(await isCompressed(path))) return await readFile(path);
    return await buffer((await readCompressed(path)).chunks);
  } catch (error) {
    throw failedTo(
      "run-failed",
      `read ${path}`,
      error,
      unreadHint(error, "see whether its disk is still there"),
    );
  }
};
