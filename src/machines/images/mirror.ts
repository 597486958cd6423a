/** Debian's archive as this machine's apt reaches it. A mirror is named here only for where apt names none. */
import { readFile } from "node:fs/promises";
import { type Release, RELEASE_NAMES } from "../guests.ts";
import { run } from "./shell.ts";

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

/** The mirror of Debian among the sites that apt uses, one a line. */
export const mirrorIn = (sites: string): Mirror => {
  const found = sites
    .split("\n")
    .map((site) => site.trim().replace(/\/+$/, ""))
    .filter((site) => /^https?:/.test(site));
  return {
    main: found.find((site) => site.endsWith("/debian")) ?? DEFAULTS.main,
    security:
      found.find((site) => /\/debian-security$|security\.debian\.org/.test(site)) ?? DEFAULTS.security,
  };
};

/** `TARE_VM_MIRROR` (of the main archive), else what apt is set up with. */
export const readMirror = async (): Promise<Mirror> => {
  const found = mirrorIn(
    await run("apt-get", ["indextargets", "--format", "$(SITE)", "Created-By: Packages"]).catch(() => ""),
  );
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
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1];
  return RELEASE_NAMES.find((name) => name === codename) ?? "bookworm";
};
