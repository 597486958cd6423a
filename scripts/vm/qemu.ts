/**
 * A QEMU that is new enough. Version 7.2, which Debian 12 has, lets 6.12 guests die of a double fault; 10.0 does not.
 * Where the machine's own is too old, Debian's backport is unpacked into the cache and started by its own loader with its
 * own libraries, so that nothing of the machine is replaced.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { TareError } from "../../src/domain/errors.ts";
import type { Architecture } from "./architectures.ts";
import { nativeArchitecture } from "./architectures.ts";
import { cached, isCached } from "./cache.ts";
import type { Recipe } from "./cache.ts";
import { makeTree } from "./debian.ts";
import { hostSuite } from "./mirror.ts";
import { has, run } from "./shell.ts";

export const OLDEST_QEMU = 10;

export interface Qemu {
  readonly version: string;
  /** A command and its first arguments; the guest's follow. */
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Prefix of /usr/share, where UEFI's firmware is. */
  readonly share: string;
}

const PACKAGES = ["qemu-system-x86", "qemu-system-arm", "qemu-efi-aarch64", "ovmf", "qemu-utils"];

/** The major version that `qemu-system-x --version` tells, or undefined. */
export const versionIn = (text: string): { readonly text: string; readonly major: number } | undefined => {
  const found = /version (\d+)(\.[\d.]+)/.exec(text);
  return found === null ? undefined : { text: `${found[1]}${found[2]}`, major: Number(found[1]) };
};

const recipe = async (host: Architecture): Promise<Recipe> => {
  const suite = await hostSuite();
  const backports = `${suite}-backports`;
  const tree = {
    arch: host.arch,
    suites: suite === "bookworm" ? [suite, backports] : [suite],
    packages: PACKAGES,
    variant: "extract",
    ...(suite === "bookworm" ? { preferred: backports } : {}),
  } as const;
  return {
    name: "qemu",
    inputs: tree,
    megabytes: 1200,
    build: async (folder) => {
      await makeTree(join(folder, "tree"), tree);
      return {};
    },
  };
};

/** Folders with the tree's shared libraries. */
const librariesOf = (tree: string, host: Architecture): readonly string[] =>
  [join(tree, "lib", host.multiarch), join(tree, "usr/lib", host.multiarch)].flatMap((folder) =>
    existsSync(folder)
      ? [
          folder,
          ...readdirSync(folder, { withFileTypes: true })
            .filter((entry) => entry.isDirectory())
            .map((entry) => join(folder, entry.name)),
        ]
      : [],
  );

const LOADERS = { amd64: "ld-linux-x86-64.so.2", arm64: "ld-linux-aarch64.so.1" } as const;

const fromTree = async (tree: string, host: Architecture, guest: Architecture): Promise<Qemu> => {
  const libraries = librariesOf(tree, host);
  const loader = libraries.map((folder) => join(folder, LOADERS[host.arch])).find((path) => existsSync(path));
  const program = join(tree, "usr/bin", guest.qemu);
  if (loader === undefined || !existsSync(program)) {
    throw new TareError("host-unfit", `${tree} holds no ${guest.qemu}`, `remove ${tree}; it is made again`);
  }
  const env = { QEMU_MODULE_DIR: join(tree, "usr/lib", host.multiarch, "qemu") };
  const command = [loader, "--library-path", libraries.join(":"), program] as const;
  const version = versionIn(await run(command[0], [...command.slice(1), "--version"], { env }));
  return {
    version: version?.text ?? "unknown",
    command: [...command, "-L", join(tree, "usr/share/qemu"), "-L", join(tree, "usr/share/seabios")],
    env,
    share: join(tree, "usr/share"),
  };
};

const ownQemu = async (guest: Architecture): Promise<Qemu | undefined> => {
  if (!(await has(guest.qemu))) return undefined;
  const version = versionIn(await run(guest.qemu, ["--version"]));
  if (version === undefined || version.major < OLDEST_QEMU) return undefined;
  return { version: version.text, command: [guest.qemu], env: {}, share: "/usr/share" };
};

/** Whether one can be had without fetching anything. */
export const hasQemu = async (guest: Architecture): Promise<boolean> => {
  const host = nativeArchitecture();
  if ((await ownQemu(guest)) !== undefined) return true;
  return host !== undefined && (await isCached(await recipe(host)));
};

/** The machine's own if it is new enough, else the one in the cache, which is fetched when it is not there. */
export const findQemu = async (guest: Architecture): Promise<Qemu> => {
  const own = await ownQemu(guest);
  if (own !== undefined) return own;
  const host = nativeArchitecture();
  if (host === undefined) {
    throw new TareError(
      "host-unfit",
      `there is no ${guest.qemu} of version ${OLDEST_QEMU} or newer, and none is fetched for ${process.arch}`,
      `install QEMU ${OLDEST_QEMU} or newer`,
    );
  }
  const { folder } = await cached(await recipe(host));
  return await fromTree(join(folder, "tree"), host, guest);
};
