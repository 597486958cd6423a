/** The image's Debian: unpacked and registered, of either architecture alike, so that no program of another one runs. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { CLONE } from "../clone.ts";
import type { Architecture, Release } from "../guests.ts";
import { makeTree } from "../images/debian.ts";
import { register } from "../images/foreign.ts";
import type { BuildContext } from "../images/shell.ts";

/** What tare calls and links with. Without maintainer scripts, what every Debian has must be named too. */
const NEEDED = [
  "?essential",
  "bpftool",
  "iproute2",
  "libelf1",
  "libstdc++6",
  "mawk",
  "mount",
  "procps",
  "util-linux",
  "zlib1g",
] as const;

/** Small agents that find what they need in a pod: those of a cluster are measured as they run there. */
export const USUAL_AGENTS = ["libbpf-tools"] as const;

const FINISH = join(CLONE, "scripts/image/finish.sh");
const ARCHIVES = "var/cache/apt/archives";

export const makeDebian = async (
  tree: string,
  architecture: Architecture,
  release: Release,
  packages: readonly string[],
  context: BuildContext,
): Promise<void> => {
  const wanted = {
    architecture,
    suites: [release],
    packages: [...new Set([...NEEDED, ...packages])].toSorted(),
    variant: "extract",
  } as const;
  await makeTree(tree, wanted, context, { hook: FINISH, keepArchives: true, keepCopyrights: true });
  await register(tree, join(tree, ARCHIVES), architecture);
  await rm(join(tree, "var/cache/apt"), { recursive: true });
};

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

/** Those that a tree's dpkg knows of, by name. */
export const debianPackages = async (tree: string): Promise<readonly DebianPackage[]> =>
  packagesIn(await readFile(join(tree, "var/lib/dpkg/status"), "utf8"));

/** `status`: the text of dpkg's database. */
export const packagesIn = (status: string): readonly DebianPackage[] =>
  status
    .split("\n\n")
    .filter((paragraph) => paragraph.trim() !== "")
    .map((paragraph) => {
      const field = (name: string): string =>
        new RegExp(String.raw`^${name}: (.+)$`, "m").exec(paragraph)?.[1] ?? "";
      return { name: field("Package"), version: field("Version"), architecture: field("Architecture") };
    })
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
