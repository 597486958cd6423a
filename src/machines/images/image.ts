/** A bootable image: user space, kernel modules and the guest's own scripts in one file system, with the kernel beside it. */
import { copyFile, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { guestScript } from "../clone.ts";
import { type Architecture, FACTS, type Kernel, type Release } from "../guests.ts";
import { baseRecipe, type Flavour } from "./base.ts";
import { cached, type Entry, hashOf, isCached, type Recipe } from "./cache.ts";
import { makeFileSystem } from "./file-system.ts";
import { kernelRecipe } from "./kernel.ts";
import { allOf, type BuildContext, need, run } from "./shell.ts";

export interface ImageWanted {
  readonly architecture: Architecture;
  readonly flavour: Flavour;
  readonly kernel: Kernel;
  readonly release: Release;
}

/** Paths are below the cache and not to be written to. */
export interface Image extends ImageWanted {
  readonly kernelRelease: string;
  /** An ext4 file system over the whole file, without partitions. */
  readonly root: string;
  readonly vmlinuz: string;
  /** For a root on virtio. One on NVMe needs none: every kernel has NVMe and ext4 built in. */
  readonly initrd: string;
}

export const commandLineOf = (architecture: Architecture): string =>
  [
    "rw",
    `console=${FACTS[architecture].console}`,
    "net.ifnames=0",
    ...FACTS[architecture].kernelOptions,
  ].join(" ");

/** For what a run writes. Free space takes no room in a sparse file, nor in a box. */
const FREE_MEGABYTES = 4096;

const GUEST_SCRIPTS = { "init.sh": "tare-init", "job.sh": "tare-job" } as const;

const makeGuestTree = async (tree: string, base: Entry, kernel: Entry, flavour: Flavour): Promise<void> => {
  await mkdir(tree, { recursive: true });
  for (const archive of [join(base.folder, "root.tar"), join(kernel.folder, "modules.tar")]) {
    const keep = ["--numeric-owner", "--keep-directory-symlink"];
    await run("tar", ["--extract", `--file=${archive}`, `--directory=${tree}`, ...keep]);
  }
  for (const [script, name] of Object.entries(GUEST_SCRIPTS))
    await run("install", ["-D", "-m", "755", guestScript(script), join(tree, "usr/local/sbin", name)]);
  if (flavour === "fast") {
    await rm(join(tree, "sbin/init"), { force: true });
    await symlink("/usr/local/sbin/tare-init", join(tree, "usr/sbin/init"));
  }
  // The kernel mounts over it before anything runs, and a folder of devices cannot be copied everywhere.
  await rm(join(tree, "dev"), { recursive: true, force: true });
  await mkdir(join(tree, "dev"));
};

export const imageRecipe = async (wanted: ImageWanted): Promise<Recipe> => {
  const { architecture, flavour, release } = wanted;
  const base = await baseRecipe(architecture, flavour, release);
  const kernel = await kernelRecipe(architecture, wanted.kernel, flavour === "agents");
  const scripts = await Promise.all(
    Object.keys(GUEST_SCRIPTS).map(async (name) => await readFile(guestScript(name), "utf8")),
  );
  return {
    name: `image-${architecture}-${flavour}-${wanted.kernel}`,
    inputs: { base: hashOf(base.inputs), kernel: hashOf(kernel.inputs), scripts, free: FREE_MEGABYTES },
    ...(flavour === "agents" ? { megabytes: 12000, seconds: 60 } : { megabytes: 2500, seconds: 15 }),
    build: async (folder, context) => {
      await need({ mke2fs: "e2fsprogs" }, "making an image");
      const [baseEntry, kernelEntry] = await allOf([cached(base, context), cached(kernel, context)]);
      const tree = join(folder, "tree");
      await makeGuestTree(tree, baseEntry, kernelEntry, flavour);
      for (const file of ["vmlinuz", "initrd.img"])
        await copyFile(join(kernelEntry.folder, file), join(folder, file));
      const room = { label: "tare-root", freeMegabytes: FREE_MEGABYTES };
      await makeFileSystem(join(folder, "root.ext4"), tree, room);
      await writeFile(join(folder, "packages.txt"), await packagesIn(tree));
      await rm(tree, { recursive: true });
      return kernelEntry.facts;
    },
  };
};

const packagesIn = async (tree: string): Promise<string> =>
  await run("dpkg-query", [`--admindir=${join(tree, "var/lib/dpkg")}`, "--show"]).catch(() => "");

export const hasImage = async (wanted: ImageWanted): Promise<boolean> =>
  await isCached(await imageRecipe(wanted));

export const makeImage = async (wanted: ImageWanted, context: BuildContext): Promise<Image> => {
  const { folder, facts } = await cached(await imageRecipe(wanted), context);
  return {
    ...wanted,
    kernelRelease: facts["release"] ?? "unknown",
    root: join(folder, "root.ext4"),
    vmlinuz: join(folder, "vmlinuz"),
    initrd: join(folder, "initrd.img"),
  };
};
