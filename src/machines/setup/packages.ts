/** Debian packages that this machine needs to make parts of a guest; scripts/setup.sh installs them, as it does its own. */
import { join } from "node:path";
import { execa } from "execa";
import { CLONE } from "../clone.ts";
import { type Architecture, FACTS, NATIVE } from "../guests.ts";
import { type BuildContext, has, run } from "../images/shell.ts";

const SCRIPT = join(CLONE, "scripts/setup.sh");

/** What unpacks Debian's archive. */
export const FOR_LAB = ["mmdebstrap"] as const;
/** What makes images and boxes, of either architecture. */
export const FOR_IMAGES = ["mmdebstrap", "kmod", "cpio", "e2fsprogs", "qemu-utils"] as const;

export const payloadPackages = async (architecture: Architecture): Promise<readonly string[]> => {
  const compilers = (await run("sh", [SCRIPT, "compilers"])).trim().split(/\s+/);
  if (architecture === NATIVE) return compilers;
  return [...compilers, "mmdebstrap", `gcc-${FACTS[architecture].multiarch.replace("_", "-")}`];
};

const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== "");

export const missingPackages = async (names: readonly string[]): Promise<readonly string[]> =>
  names.length === 0 ? [] : words(await run("sh", [SCRIPT, "missing", ...new Set(names)]));

/** Whether packages can be installed here at all. */
export const hasApt = async (): Promise<boolean> => await has("apt-get");

export const installCommand = (names: readonly string[]): string =>
  `apt-get update && apt-get install --no-install-recommends ${names.join(" ")}`;

/**
 * Installs those that are missing; the script says so on standard error. Results in those that could not be installed.
 * An interruption waits for apt, which would otherwise leave packages half installed.
 */
export const installPackages = async (
  names: readonly string[],
  { signal }: BuildContext,
): Promise<readonly string[]> => {
  if ((await missingPackages(names)).length === 0) return [];
  const installing = await execa("sh", [SCRIPT, "packages", ...new Set(names)], {
    reject: false,
    detached: true,
    stdin: "ignore",
    stderr: "inherit",
  });
  signal?.throwIfAborted();
  return words(installing.stdout);
};
