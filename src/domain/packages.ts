/**
 * What this system calls the packages that tare knows by Debian's names, and what installs them: for hints, which are typed as they stand.
 * scripts/packages.sh decides in the same way, before there is a Node to run this.
 */
import type { Host } from "./host.ts";
import { known } from "./units.ts";

export type PackageManager = "apt-get" | "dnf" | "yum" | "microdnf" | "zypper" | "apk" | "pacman";

/** By what a system says it is or is like. It may have another's tools. */
const MANAGERS: readonly (readonly [like: readonly string[], managers: readonly PackageManager[]])[] = [
  [["debian", "ubuntu"], ["apt-get"]],
  [
    ["rhel", "fedora", "centos", "amzn"],
    ["dnf", "yum", "microdnf"],
  ],
  [["suse", "opensuse", "sles"], ["zypper"]],
  [["alpine"], ["apk"]],
  [["arch"], ["pacman"]],
];
const ANY: readonly PackageManager[] = ["apt-get", "dnf", "yum", "zypper", "apk", "pacman"];

const INSTALL: Readonly<Record<PackageManager, (names: string) => string>> = {
  "apt-get": (names) => `apt-get install --no-install-recommends ${names}`,
  dnf: (names) => `dnf install ${names}`,
  yum: (names) => `yum install ${names}`,
  microdnf: (names) => `microdnf install ${names}`,
  zypper: (names) => `zypper install --no-recommends ${names}`,
  apk: (names) => `apk add ${names}`,
  pacman: (names) => `pacman -S --needed ${names}`,
};

/** Of `packages.txt`, behind Debian's name. */
const COLUMNS = ["ubuntu", "dnf", "zypper", "apk", "pacman"] as const;
const COLUMN: Readonly<Record<PackageManager, (typeof COLUMNS)[number]>> = {
  "apt-get": "ubuntu",
  dnf: "dnf",
  yum: "dnf",
  microdnf: "dnf",
  zypper: "zypper",
  apk: "apk",
  pacman: "pacman",
};

type Asked = Pick<Host, "readText" | "which" | "root">;

interface System {
  readonly manager: PackageManager | undefined;
  readonly like: readonly string[];
}

const systemOf = async (host: Asked): Promise<System> => {
  const release = known(await host.readText("/etc/os-release")) ?? "";
  const like = [...release.matchAll(/^ID(?:_LIKE)?=["']?([^"'\n]*)/gm)].flatMap(([, ids = ""]) =>
    ids.split(" "),
  );
  const [, managers = ANY] = MANAGERS.find(([ids]) => ids.some((id) => like.includes(id))) ?? [];
  for (const manager of managers) if ((await host.which(manager)) !== undefined) return { manager, like };
  return { manager: undefined, like };
};

export const packageManager = async (host: Asked): Promise<PackageManager | undefined> =>
  (await systemOf(host)).manager;

const translated = async (
  host: Asked,
  manager: PackageManager,
  like: System["like"],
  name: string,
): Promise<readonly string[] | undefined> => {
  if (manager === "apt-get" && !like.includes("ubuntu")) return [name];
  const table = known(await host.readText(`${host.root}/scripts/packages.txt`)) ?? "";
  const row = table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find(([debian]) => debian === name);
  const here = row?.[1 + COLUMNS.indexOf(COLUMN[manager])];
  if (here === "=" || (here === undefined && manager === "apt-get")) return [name];
  return here?.split(",").filter((one) => one !== "-");
};

export const MOUNT_TRACEFS = "mount -t tracefs tracefs /sys/kernel/tracing";

/** A command that mounts something, after what brings mount to a system that has none. */
export const mountHint = async (host: Asked, command: string): Promise<string> =>
  (await host.which("mount")) === undefined
    ? `${await installHint(host, "mount")}, then ${command}`
    : command;

/** The command that installs them here, or what they are if there is none. */
export const installHint = async (host: Asked, ...debian: readonly string[]): Promise<string> => {
  const { manager, like } = await systemOf(host);
  if (manager === undefined) return `install ${debian.join(" ")} (Debian's name)`;
  const names = new Set<string>();
  const unknown: string[] = [];
  for (const name of debian) {
    const here = await translated(host, manager, like, name);
    if (here === undefined) unknown.push(name);
    else for (const one of here) names.add(one);
  }
  return [
    ...(names.size === 0 ? [] : [INSTALL[manager]([...names].join(" "))]),
    ...(unknown.length === 0 ? [] : [`install what Debian calls ${unknown.join(" ")}`]),
  ].join("; ");
};
