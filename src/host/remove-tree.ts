/**
 * Removing a folder with all that is in it, and nothing of what is mounted there: a program may mount a live control group tree, or the
 * node's own root, below a folder of tare's. It is unmounted first; where that fails, everything stays.
 */
import { lstat, readFile, realpath, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { isBelow, mountPoints, mountsBeyond } from "../domain/mounts.ts";
import { runCommand } from "./command.ts";
import { codeOf } from "../domain/errors.ts";

/** As the kernel knows it: mount points have no symbolic links, such as that of /var/run, in them. */
const kernelsPath = async (path: string): Promise<string> => {
  const full = resolve(path);
  const parent = await realpath(dirname(full)).catch(() => dirname(full));
  return join(parent, basename(full));
};

/** At the path and below it. */
const mountsBelow = async (path: string): Promise<readonly string[]> => {
  const top = await kernelsPath(path);
  return mountPoints(await readFile("/proc/self/mountinfo", "utf8")).filter((point) => isBelow(point, top));
};

/** The last first. What is still there in the end, worded for people; `kept`: mounts that are somebody else's. */
export const unmountBelow = async (
  path: string,
  kept: readonly string[] = [],
): Promise<string | undefined> => {
  const ours = mountsBeyond(await mountsBelow(path), kept).toReversed();
  let said = "";
  for (const point of ours) {
    const done = await runCommand("umount", [point]);
    if (done.exitCode === 0) continue;
    // What still uses it keeps it; in the tree it is gone all the same.
    const detached = await runCommand("umount", ["--lazy", point]);
    if (detached.exitCode !== 0) said = (detached.stderr + detached.stdout).trim();
  }
  const left = mountsBeyond(await mountsBelow(path), kept);
  return left.length === 0 ? undefined : `${left.join(", ")} is still mounted: ${said}`;
};

/** Also where it cannot be looked at. */
export const exists = async (path: string): Promise<boolean> =>
  await lstat(path).then(
    () => true,
    (error: unknown) => !["ENOENT", "ENOTDIR"].includes(codeOf(error)),
  );

/** What is still there, worded for people, or undefined. */
export const removeTree = async (path: string): Promise<string | undefined> => {
  if (!(await exists(path))) return undefined;
  const mounted = await unmountBelow(path);
  if (mounted !== undefined) return `${path} is not removed, since ${mounted}`;
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
  return undefined;
};
