/** ext4 file systems in files, made without a loop device or a mount. */
import { truncate, writeFile } from "node:fs/promises";
import { run } from "./shell.ts";

const MEGABYTE = 2 ** 20;
const GIBIBYTE = 2 ** 30;

/** Makes one of whole GiB with the contents of a folder. The file is sparse: only what is used takes room here. */
export const makeFileSystem = async (
  file: string,
  tree: string,
  options: { readonly label: string; readonly freeMegabytes: number },
): Promise<void> => {
  const used = Number((await run("du", ["--summarize", "--block-size=1M", tree])).split("\t")[0]);
  await writeFile(file, "");
  const needed = (used * 1.15 + options.freeMegabytes) * MEGABYTE;
  await truncate(file, Math.ceil(needed / GIBIBYTE) * GIBIBYTE);
  const lazily = "lazy_itable_init=1,lazy_journal_init=1";
  await run("mke2fs", ["-q", "-t", "ext4", "-L", options.label, "-E", lazily, "-d", tree, file]);
};
