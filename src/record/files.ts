/** The run's folder and the files written into it. */
import { mkdir, readFile, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { TareError, failedTo } from "../domain/errors.ts";

/** Room for a record and for what the agents write in one turn. */
const NEEDED_BYTES = 1 << 30;

type MakeFolder = (path: string) => Promise<void>;

const makeFolder: MakeFolder = async (path) => {
  await mkdir(path, { recursive: true });
};

/** `isNamed`: whether the user named it. `make`: one that says the system's own reason where it cannot. */
export const prepareRunFolder = async (
  folder: string,
  isNamed = true,
  make: MakeFolder = makeFolder,
): Promise<void> => {
  try {
    await make(folder);
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
    throw failedTo(
      isNamed ? "usage" : "host-unfit",
      `write to ${folder}`,
      error,
      "choose another folder with --out",
    );
  }
};

/** Writes a whole file or nothing: a reader never sees half of it. */
export const writeWhole = async (path: string, text: string): Promise<void> => {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.partial`, text);
    await rename(`${path}.partial`, path);
  } catch (error) {
    throw failedTo("run-failed", `write ${path}`, error, "is the folder writable and the disk not full?");
  }
};

export const recordPath = async (folderOrFile: string): Promise<string> => {
  const found = await stat(folderOrFile).catch(() => undefined);
  return found?.isDirectory() === true ? join(folderOrFile, "record.jsonl") : folderOrFile;
};

export const readWhole = (path: string): Promise<Buffer> => readFile(path);
