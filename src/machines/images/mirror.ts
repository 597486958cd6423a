/** Debian's archive as this machine's own apt reaches it: nothing here names a mirror of its own unless apt does not. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { RELEASE_NAMES } from "../guests.ts";
import type { Release } from "../guests.ts";

export interface Mirror {
  /** The main archive; backports are in it. */
  readonly main: string;
  readonly security: string;
}

const DEFAULTS: Mirror = {
  main: "http://deb.debian.org/debian",
  security: "http://deb.debian.org/debian-security",
};

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Every archive that a text of apt sources names, of the one-line kind and of deb822's stanzas. */
export const archivesIn = (text: string): readonly string[] => {
  const oneLine = [...text.matchAll(/^deb(?:-src)?\s+(?:\[[^\]]*\]\s+)?(\S+)\s/gm)].map(
    (found) => found[1] ?? "",
  );
  const stanzas = [...text.matchAll(/^URIs:\s*(.+)$/gim)].flatMap((found) => (found[1] ?? "").split(/\s+/));
  return [...stanzas, ...oneLine].filter((uri) => uri !== "").map((uri) => uri.replace(/\/+$/, ""));
};

/** The mirror of Debian that these sources use. */
export const mirrorIn = (text: string): Mirror => {
  const archives = archivesIn(text);
  const main = archives.find((uri) => uri.endsWith("/debian")) ?? DEFAULTS.main;
  const beside = archives.find((uri) => /\/debian-security$|security\.debian\.org/.test(uri));
  return { main, security: beside ?? DEFAULTS.security };
};

const textOf = async (path: string): Promise<string> => await readFile(path, "utf8").catch(() => "");

/** `TARE_VM_MIRROR` (of the main archive), else what apt is set up with. */
export const readMirror = async (): Promise<Mirror> => {
  const files = await readdir("/etc/apt/sources.list.d").catch(() => []);
  const texts = [await textOf("/etc/apt/sources.list")];
  for (const file of files) texts.push(await textOf(join("/etc/apt/sources.list.d", file)));
  const found = mirrorIn(texts.join("\n"));
  const chosen = process.env["TARE_VM_MIRROR"];
  return chosen === undefined ? found : { ...found, main: chosen.replace(/\/+$/, "") };
};

/** Lines of a sources.list for suites such as bookworm or bookworm-backports. */
export const sourcesFor = (mirror: Mirror, suites: readonly string[]): string =>
  suites
    .flatMap((suite) => [
      `deb [signed-by=${KEYRING}] ${mirror.main} ${suite} main`,
      ...(RELEASE_NAMES.some((release) => release === suite)
        ? [`deb [signed-by=${KEYRING}] ${mirror.security} ${suite}-security main`]
        : []),
    ])
    .join("\n")
    .concat("\n");

/** The Debian release that this machine runs, if guests can have its user space, so that programs built here run there. */
export const hostRelease = async (): Promise<Release> => {
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(await textOf("/etc/os-release"))?.[1];
  return RELEASE_NAMES.find((release) => release === codename) ?? "bookworm";
};
