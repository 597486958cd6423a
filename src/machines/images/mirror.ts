/** Debian's archive as this machine's apt reaches it. */
import { readFile } from "node:fs/promises";
import { TareError } from "../../domain/errors.ts";
import { type Release, RELEASE_NAMES } from "../guests.ts";
import { run } from "./shell.ts";

export interface Mirror {
  readonly main: string;
  readonly security: string;
}

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** The mirror of Debian among the sites that apt uses, one a line; `named` is that of the main archive and wins. */
export const mirrorIn = (sites: string, named?: string): Mirror => {
  const found = sites.split("\n").map((site) => site.trim().replace(/\/+$/, ""));
  const main = named?.replace(/\/+$/, "") ?? found.find((site) => /^https?:.*\/debian$/.test(site));
  if (main === undefined)
    throw new TareError(
      "host-unfit",
      "this machine's apt names no mirror of Debian",
      "set TARE_VM_MIRROR to the URL of one, which ends in /debian",
    );
  const security = found.find((site) => /^https?:.*\/debian-security$/.test(site));
  return { main, security: security ?? `${main}-security` };
};

/** A cloud image's apt names a file with a list of mirrors in place of a site. */
const LIST = "mirror+file:";

export const readMirror = async (): Promise<Mirror> => {
  const format = ["--format", "$(SITE)", "Created-By: Packages"];
  const sites = (await run("apt-get", ["indextargets", ...format]).catch(() => "")).split("\n");
  const lists = sites.filter((site) => site.startsWith(LIST)).map((site) => site.slice(LIST.length));
  const listed = await Promise.all(lists.map(async (file) => await readFile(file, "utf8").catch(() => "")));
  return mirrorIn([...sites, ...listed].join("\n"), process.env["TARE_VM_MIRROR"]);
};

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
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1];
  return RELEASE_NAMES.find((name) => name === codename) ?? "bookworm";
};
