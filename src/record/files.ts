/** The run's folder and the files written into it. */
import { rmSync } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { TareError, failedTo } from "../domain/errors.ts";

/** Room for a record and for what the agents write in one turn. */
const NEEDED_BYTES = 1 << 30;

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
  // One by one: for all of them together Node says that a parent is missing, whatever the reason.
  for (const one of missing.toReversed()) {
    await mkdir(one);
    await syncFolder(dirname(one));
  }
};

export const prepareRunFolder = async (folder: string): Promise<void> => {
  try {
    await makeRunFolder(folder);
    const probe = join(folder, ".writable");
    await writeFile(probe, "");
    await rm(probe);
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < NEEDED_BYTES) {
      throw new TareError(
        "host-unfit",
        `${folder} has ${Math.floor((bavail * bsize) / (1 << 20))} MiB free, a run needs ${NEEDED_BYTES >> 20}`,
        "free some space or choose another folder with --out",
      );
    }
  } catch (error) {
    if (error instanceof TareError) throw error;
    throw failedTo("usage", `write to ${folder}`, error, "choose another folder with --out");
  }
};

/** Writes a whole file or nothing: a reader never sees half of it, and neither an interruption nor a power cut leaves one. */
export const writeWhole = async (path: string, text: string): Promise<void> => {
  const partial = `${path}.partial`;
  const drop = (): void => {
    rmSync(partial, { force: true });
  };
  process.once("exit", drop);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(partial, text, { flush: true });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw failedTo("run-failed", `write ${path}`, error, "is the folder writable and the disk not full?");
  } finally {
    process.off("exit", drop);
  }
};

export const recordPath = async (folderOrFile: string): Promise<string> => {
  const found = await stat(folderOrFile).catch(() => undefined);
  return found?.isDirectory() === true ? join(folderOrFile, "record.jsonl") : folderOrFile;
};

export const readWhole = async (path: string): Promise<Buffer> => {
  try {
    return await readFile(path);
  } catch (error) {
    throw failedTo("run-failed", `read ${path}`, error, "was it removed, or its disk?");
  }
};
