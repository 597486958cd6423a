/** A bootable image: user space, kernel modules and the guest's own scripts in one file system, with the kernel beside it. */
import { copyFile, mkdir, readFile, rm, symlink, writeFile, chmod } from "node:fs/promises";
import { join } from "node:path";
import type { Architecture } from "./architectures.ts";
import type { Flavour } from "./base.ts";
import { baseRecipe } from "./base.ts";
import { cached, hashOf, isCached } from "./cache.ts";
import type { Entry, Recipe } from "./cache.ts";
import { EPOCH_SECONDS, scriptPath } from "./debian.ts";
import { ROOT_LABEL, clampTimes, makeFileSystem, makeInitrd, makeUefiDisk } from "./image-parts.ts";
import type { KernelSeries } from "./kernel.ts";
import { kernelRecipe } from "./kernel.ts";
import { need, run } from "./shell.ts";

export interface ImageWanted {
  readonly architecture: Architecture;
  readonly flavour: Flavour;
  readonly series: KernelSeries;
  readonly suite: string;
  /** Also a disk that UEFI boots. */
  readonly uefi: boolean;
}

/** What `image.sh` prints. Paths are below the cache: nobody may write to them. */
export interface Image {
  readonly arch: string;
  readonly flavour: Flavour;
  readonly suite: string;
  readonly kernelSeries: KernelSeries;
  readonly kernelRelease: string;
  /** An ext4 file system over the whole file, without partitions. */
  readonly root: string;
  readonly kernel: string;
  /** Null for `fast`, whose root is on NVMe, which every kernel has built in. */
  readonly initrd: string | null;
  readonly disk: string | null;
  /** For a root on virtio; the machine that tare starts itself uses NVMe. */
  readonly commandLine: string;
  readonly sha256: Readonly<Record<string, string>>;
}

const kernelPartsOf = (flavour: Flavour) => (flavour === "agents" ? "modules+headers" : "modules");

const commandLineOf = (architecture: Architecture): string =>
  ["rw", `console=${architecture.console}`, "net.ifnames=0", ...architecture.kernelOptions].join(" ");

const TOOLS = {
  mke2fs: "e2fsprogs",
  depmod: "kmod",
  modprobe: "kmod",
  cpio: "cpio",
  tar: "tar",
};
const UEFI_TOOLS = { sfdisk: "fdisk", mformat: "mtools", mcopy: "mtools" };

/** For a run's results, logs and packages. */
const FREE_MEGABYTES = 2048;

const GUEST_SCRIPTS = { "init.sh": "tare-init", "job.sh": "tare-job" } as const;

/** Unpacks everything into a folder, as it will be in the guest. */
const makeGuestTree = async (tree: string, base: Entry, kernel: Entry, flavour: Flavour): Promise<void> => {
  await mkdir(tree, { recursive: true });
  for (const archive of [join(base.folder, "root.tar"), join(kernel.folder, "modules.tar")]) {
    await run("tar", [
      "--extract",
      `--file=${archive}`,
      `--directory=${tree}`,
      "--numeric-owner",
      "--keep-directory-symlink",
    ]);
  }
  await mkdir(join(tree, "usr/local/sbin"), { recursive: true });
  for (const [script, name] of Object.entries(GUEST_SCRIPTS)) {
    await copyFile(scriptPath(script), join(tree, "usr/local/sbin", name));
    await chmod(join(tree, "usr/local/sbin", name), 0o755);
  }
  if (flavour === "fast") {
    await rm(join(tree, "sbin/init"), { force: true });
    await symlink("/usr/local/sbin/tare-init", join(tree, "usr/sbin/init"));
  }
  // The kernel mounts it over before anything runs, and a folder of devices cannot be copied everywhere.
  await rm(join(tree, "dev"), { recursive: true, force: true });
  await mkdir(join(tree, "dev"));
  await clampTimes(tree);
};

const imageRecipe = async (wanted: ImageWanted, base: Recipe, kernel: Recipe): Promise<Recipe> => {
  const { architecture, flavour, series, uefi } = wanted;
  const scripts = await Promise.all(
    Object.keys(GUEST_SCRIPTS).map(async (name) => await readFile(scriptPath(name), "utf8")),
  );
  const parts = await readFile(join(import.meta.dirname, "image-parts.ts"), "utf8");
  return {
    name: `image-${architecture.arch}-${flavour}-${series}${uefi ? "-uefi" : ""}`,
    inputs: {
      base: hashOf(base.inputs),
      kernel: hashOf(kernel.inputs),
      scripts,
      parts,
      uefi,
      epoch: EPOCH_SECONDS,
    },
    megabytes: flavour === "fast" ? 2000 : 6000,
    build: async (folder) => {
      const [baseEntry, kernelEntry] = [await cached(base), await cached(kernel)];
      const release = kernelEntry.facts["release"] ?? "";
      const tree = join(folder, "tree");
      const file = (name: string): string => join(folder, name);
      await makeGuestTree(tree, baseEntry, kernelEntry, flavour);
      await copyFile(join(kernelEntry.folder, "vmlinuz"), file("vmlinuz"));
      await makeFileSystem(file("root.ext4"), tree, { label: ROOT_LABEL, freeMegabytes: FREE_MEGABYTES });
      if (flavour !== "fast") await makeInitrd(file("initrd.img"), tree, release);
      if (uefi) {
        await makeUefiDisk(
          file("disk.raw"),
          { root: file("root.ext4"), kernel: file("vmlinuz"), initrd: file("initrd.img"), tree },
          architecture,
          commandLineOf(architecture),
        );
      }
      await writeFile(file("packages.txt"), await packagesIn(tree));
      await rm(tree, { recursive: true });
      return kernelEntry.facts;
    },
  };
};

/** Names and versions where the tree's own package list has them; a tree that was only unpacked has none. */
const packagesIn = async (tree: string): Promise<string> =>
  await run("dpkg-query", [`--admindir=${join(tree, "var/lib/dpkg")}`, "--show"]).catch(() => "");

const recipeOf = async (wanted: ImageWanted): Promise<Recipe> =>
  await imageRecipe(
    wanted,
    await baseRecipe(wanted.architecture, wanted.flavour, wanted.suite),
    kernelRecipe(wanted.architecture, wanted.series, kernelPartsOf(wanted.flavour)),
  );

/** Whether `makeImage` would find it. */
export const imageIsCached = async (wanted: ImageWanted): Promise<boolean> =>
  await isCached(await recipeOf(wanted));

/** The image from the cache, or made now. Throws `host-unfit` when a tool, room or the mirror is missing. */
export const makeImage = async (wanted: ImageWanted): Promise<Image> => {
  const { architecture, flavour, series, suite } = wanted;
  const uefi = wanted.uefi && flavour !== "fast";
  await need({ ...TOOLS, ...(uefi ? UEFI_TOOLS : {}) }, "making an image");
  const { folder, facts, sha256 } = await cached(await recipeOf({ ...wanted, uefi }));
  return {
    arch: architecture.arch,
    flavour,
    suite,
    kernelSeries: series,
    kernelRelease: facts["release"] ?? "unknown",
    root: join(folder, "root.ext4"),
    kernel: join(folder, "vmlinuz"),
    initrd: flavour === "fast" ? null : join(folder, "initrd.img"),
    disk: uefi ? join(folder, "disk.raw") : null,
    commandLine: `root=/dev/vda ${commandLineOf(architecture)}`,
    sha256,
  };
};
