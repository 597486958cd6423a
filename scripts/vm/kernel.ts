/** Debian's cloud kernels: each from the release that ships it, unpacked and not installed. */
import { readFile, readdir, rename, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { TareError } from "../../src/domain/errors.ts";
import type { Architecture } from "./architectures.ts";
import type { Recipe } from "./cache.ts";
import { EPOCH_SECONDS, makeTree } from "./debian.ts";
import { run } from "./shell.ts";

/** Kernel series by the Debian release that has it as its own. */
const SUITE_OF = { "5.10": "bullseye", "6.1": "bookworm", "6.12": "trixie" } as const;
export type KernelSeries = keyof typeof SUITE_OF;

export const KERNELS = Object.keys(SUITE_OF) as readonly KernelSeries[];

export const kernelOf = (name: string): KernelSeries => {
  const found = KERNELS.find((series) => series === name);
  if (found !== undefined) return found;
  throw new TareError("usage", `--kernel is "${name}"`, `it can be ${KERNELS.join(", ")}`);
};

/** What a kernel tree holds besides the kernel. Headers are for sensors that compile against the kernel. */
export type KernelParts = "modules" | "modules+headers";

/**
 * `vmlinuz`, and `modules.tar` with paths from the root. Facts: `release` (what `uname -r` says), `version` (Debian's, if the
 * package tells it).
 */
export const kernelRecipe = (
  architecture: Architecture,
  series: KernelSeries,
  parts: KernelParts,
): Recipe => {
  const { arch } = architecture;
  const tree = {
    arch,
    suites: [SUITE_OF[series]],
    packages: [
      `linux-image-cloud-${arch}`,
      ...(parts === "modules+headers" ? [`linux-headers-cloud-${arch}`] : []),
    ],
    variant: "extract",
  } as const;
  return {
    name: `kernel-${arch}-${series}${parts === "modules" ? "" : "-headers"}`,
    inputs: { ...tree, epoch: EPOCH_SECONDS },
    megabytes: 2000,
    build: async (folder) => {
      const root = join(folder, "tree");
      await makeTree(root, tree);
      const image = (await readdir(join(root, "boot"))).find((name) => name.startsWith("vmlinuz-"));
      if (image === undefined) {
        throw new TareError(
          "host-unfit",
          `${tree.packages.join(" ")} holds no kernel`,
          "look into the package",
        );
      }
      const release = image.replace("vmlinuz-", "");
      await rename(join(root, "boot", image), join(folder, "vmlinuz"));
      await rename(join(root, "boot", `config-${release}`), join(folder, "config"));
      // usr/lib/modules where the release's packages say so; depmod and the kernel look below lib.
      const below = existsSync(join(root, "usr/lib/modules")) ? join(root, "usr") : root;
      await run("depmod", ["--all", "--basedir", below, release]);
      const headers = parts === "modules" ? [] : await headerPaths(root);
      await run("tar", [
        "--create",
        `--file=${join(folder, "modules.tar")}`,
        "--sort=name",
        `--mtime=@${EPOCH_SECONDS}`,
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--transform=s,^lib/,usr/lib/,",
        `--directory=${below}`,
        `lib/modules/${release}`,
        ...headers,
      ]);
      const version = await debianVersion(root, release);
      await rm(root, { recursive: true, force: true });
      return { release, version };
    },
  };
};

const headerPaths = async (root: string): Promise<readonly string[]> => {
  const sources = (await readdir(join(root, "usr/src"))).filter((name) => name.startsWith("linux-headers-"));
  const tools = (await readdir(join(root, "usr/lib"))).filter((name) => name.startsWith("linux-kbuild-"));
  return [
    `--directory=${root}`,
    ...sources.map((name) => `usr/src/${name}`),
    ...tools.map((name) => `usr/lib/${name}`),
  ];
};

/** From the kernel's own banner in its configuration's first lines, or "unknown". */
const debianVersion = async (root: string, release: string): Promise<string> => {
  const changelog = join(root, `usr/share/doc/linux-image-${release}/buildinfo`);
  if (!existsSync(changelog)) return "unknown";
  return /^Version: (\S+)$/m.exec(await readFile(changelog, "utf8"))?.[1] ?? "unknown";
};
