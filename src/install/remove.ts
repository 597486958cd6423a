/** Removes a vendor's release that `tare agents install` unpacked. */
import { readdir, readlink, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { TareError } from "../domain/errors.ts";
import { INSTALLED_AGENTS } from "../domain/installed.ts";
import { refusedBySystem } from "./refused.ts";
import { ownFolders, removeIfEmpty } from "./vendor.ts";

/** False when there is nothing to remove. @throws TareError while a process runs from it. */
export const removeRelease = async (id: string, place: string = INSTALLED_AGENTS): Promise<boolean> => {
  const folder = join(place, id);
  if ((await stat(folder).catch(() => undefined)) === undefined) return false;
  const users = await processesFrom(folder);
  if (users.length > 0) {
    throw new TareError(
      "host-unfit",
      `${id} is in use by pid ${users.join(", ")}, which runs from ${folder}`,
      "stop it first; `tare clean` stops what a killed run left",
    );
  }
  // Moved away in one step, so that half of it is never seen.
  const aside = join(place, `.removed-${process.pid}`);
  try {
    await rename(folder, aside);
  } catch (error) {
    throw refusedBySystem(`${folder} cannot be removed`, error);
  }
  await rm(aside, { recursive: true, force: true });
  await removeIfEmpty(ownFolders(place));
  return true;
};

const processesFrom = async (folder: string): Promise<readonly string[]> => {
  const users: string[] = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const program = await readlink(`/proc/${pid}/exe`).catch(() => "");
    if (program.startsWith(`${folder}/`)) users.push(pid);
  }
  return users;
};
