/** Trees of Debian packages of either architecture, fetched by apt and put together by mmdebstrap. Nothing is installed on this machine. */
import { existsSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { TareError } from "../../domain/errors.ts";
import { readMirror, sourcesFor } from "./mirror.ts";
import type { Architecture } from "../guests.ts";
import type { Recipe } from "./cache.ts";
import { type BuildContext, need, run } from "./shell.ts";

const OPTIONS_TO_KEEP = /^Acquire::(Check-Valid-Until|Retries|(http|https|ftp)::Proxy)\b/i;

/** What this machine's apt needs to reach the archive (a proxy, an archive frozen in the past) holds for the guests' too. */
const aptOptions = async (): Promise<readonly string[]> =>
  (await run("apt-config", ["dump", "Acquire"]))
    .split("\n")
    .filter((line) => OPTIONS_TO_KEEP.test(line))
    .map((line) => line.replace(/;$/, ""));

export interface Packages {
  readonly architecture: Architecture;
  /** The first one is where packages come from unless they say otherwise. */
  readonly suites: readonly string[];
  readonly packages: readonly string[];
  /** mmdebstrap's: `extract` only unpacks (no program of the other architecture runs), `minbase` installs. */
  readonly variant: "extract" | "minbase";
  /** The suite that wins where several have a package. */
  readonly preferred?: string;
}

export interface TreeOptions {
  /** A script that finishes the tree, and its environment. */
  readonly hook?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Leaves the packages' archives in var/cache/apt/archives. */
  readonly keepArchives?: boolean;
  /** What is handed on must carry them. */
  readonly keepCopyrights?: boolean;
}

/**
 * Namespaces in which whatever was started ends with this process, even when it is killed, and every mount with it: mmdebstrap mounts
 * this machine's /dev into what is removed later. The root of a chroot may be no mount, and then cannot be made private.
 */
const STARTER = "setpriv";
const ALONE = [
  ..."--pdeathsig KILL unshare --mount --propagation unchanged --pid --fork --kill-child sh -c".split(" "),
  'mount --make-rprivate / 2>/dev/null; exec "$@"',
  "sh",
];

export const makeTree = async (
  target: string,
  wanted: Packages,
  context: BuildContext,
  { hook, env = {}, keepArchives = false, keepCopyrights = false }: TreeOptions = {},
): Promise<void> => {
  if (process.getuid?.() !== 0)
    throw new TareError(
      "host-unfit",
      `putting Debian packages for ${wanted.architecture} together needs root`,
      "the same command with sudo, or as root",
    );
  await need({ mmdebstrap: "mmdebstrap", "apt-config": "apt" }, "getting Debian packages");
  const [suite = ""] = wanted.suites;
  const preferred = wanted.preferred === undefined ? [] : [`APT::Default-Release "${wanted.preferred}"`];
  const when = wanted.variant === "extract" ? "extract-hook" : "customize-hook";
  await run(
    STARTER,
    [
      ...ALONE,
      "mmdebstrap",
      "--mode=root",
      `--variant=${wanted.variant}`,
      `--architectures=${wanted.architecture}`,
      "--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr",
      ...[...(await aptOptions()), ...preferred].map((option) => `--aptopt=${option}`),
      "--dpkgopt=path-exclude=/usr/share/doc/*",
      ...(keepCopyrights ? ["--dpkgopt=path-include=/usr/share/doc/*/copyright"] : []),
      "--dpkgopt=path-exclude=/usr/share/man/*",
      "--dpkgopt=path-exclude=/usr/share/locale/*",
      // A pattern, such as ?essential, must stand alone.
      ...wanted.packages.map((name) => `--include=${name}`),
      ...(hook === undefined ? [] : [`--${when}=${hook}`]),
      ...(keepArchives ? ["--skip=essential/unlink,cleanup/apt/cache"] : []),
      suite,
      target,
      "-",
    ],
    {
      input: sourcesFor(await readMirror(), wanted.suites),
      signal: context.signal,
      // mmdebstrap ends its step first, which may be all of the work; whoever called this removes the folder.
      endsBy: "SIGKILL",
      // Its folder for what is on the way to an archive: in /tmp it would be left behind, or have too little room.
      env: { ...env, TMPDIR: dirname(target) },
      hint: "is the mirror reachable? It is taken from apt's sources; TARE_VM_MIRROR=URL names another one, and apt's own proxy settings are used",
    },
  );
};

/**
 * Since Debian 13 packages name usr/bin and usr/lib alone, and the links to them come with base-files, which a tree of a few packages lacks.
 * Before, mmdebstrap makes them.
 */
export const linkMergedUsr = async (tree: string): Promise<void> => {
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    if (existsSync(join(tree, "usr", name)) && !existsSync(join(tree, name))) {
      await symlink(`usr/${name}`, join(tree, name));
    }
  }
};

export const treeRecipe = (
  name: string,
  tree: Packages,
  cost: Pick<Recipe, "megabytes" | "seconds">,
): Recipe => ({
  name,
  inputs: { ...tree, linked: true },
  ...cost,
  build: async (folder, context) => {
    await makeTree(join(folder, "tree"), tree, context);
    await linkMergedUsr(join(folder, "tree"));
    return {};
  },
});
