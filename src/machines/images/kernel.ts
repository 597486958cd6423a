/** Debian's cloud kernels: each from the release that ships it, unpacked and not installed, with an initrd for boxes. */
import { copyFile, mkdir, readFile, rename, rm } from "node:fs/promises";
import { existsSync, globSync } from "node:fs";
import { basename, join } from "node:path";
import { guestScript } from "../clone.ts";
import { type Architecture, type Kernel, KERNEL_FACTS } from "../guests.ts";
import type { Recipe } from "./cache.ts";
import { linkMergedUsr, makeTree } from "./debian.ts";
import { need, run } from "./shell.ts";

const INITRD_SCRIPT = guestScript("initrd.sh");
const HEADERS = "usr/{src/linux-headers,lib/linux-kbuild}-*";

/** `headers`: for agents that compile against the kernel. Makes `vmlinuz`, `initrd.img` and `modules.tar`; a fact is `release`. */
export const kernelRecipe = async (
  architecture: Architecture,
  series: Kernel,
  headers: boolean,
): Promise<Recipe> => {
  const tree = {
    architecture,
    suites: [KERNEL_FACTS[series].release],
    packages: [
      `linux-image-cloud-${architecture}`,
      "busybox-static",
      ...(headers ? [`linux-headers-cloud-${architecture}`] : []),
    ],
    variant: "extract",
  } as const;
  return {
    name: `kernel-${architecture}-${series}${headers ? "-headers" : ""}`,
    inputs: { ...tree, initrd: await readFile(INITRD_SCRIPT, "utf8") },
    megabytes: headers ? 1000 : 500,
    seconds: 20,
    build: async (folder, context) => {
      await need({ depmod: "kmod", modprobe: "kmod", cpio: "cpio" }, "making an image");
      const root = join(folder, "tree");
      await makeTree(root, tree, context);
      await linkMergedUsr(root);
      const [image = ""] = globSync("boot/vmlinuz-*", { cwd: root });
      const release = image.replace("boot/vmlinuz-", "");
      await rename(join(root, image), join(folder, "vmlinuz"));
      // usr/lib/modules where the release's packages say so; depmod and the kernel look below lib.
      const below = existsSync(join(root, "usr/lib/modules")) ? join(root, "usr") : root;
      await run("depmod", ["--all", "--basedir", below, release]);
      await run("tar", [
        "--create",
        `--file=${join(folder, "modules.tar")}`,
        "--owner=0",
        "--group=0",
        "--transform=s,^lib/,usr/lib/,",
        `--directory=${below}`,
        `lib/modules/${release}`,
        ...(headers ? [`--directory=${root}`, ...globSync(HEADERS, { cwd: root })] : []),
      ]);
      await makeInitrd(join(folder, "initrd.img"), root, below, release);
      await rm(root, { recursive: true, force: true });
      return { release };
    },
  };
};

/** What a box's disk, a virtio one with ext4, needs that the kernel may not have built in. */
const INITRD_MODULES = ["virtio_pci", "virtio_blk", "ext4"];

/**
 * A small initrd for a root on /dev/vda: Debian's own generators run programs of the guest's architecture, and need a
 * tree in which the kernel is installed.
 */
const makeInitrd = async (file: string, tree: string, below: string, release: string): Promise<void> => {
  const folder = `${file}.tree`;
  for (const part of ["bin", "dev", "modules", "root"]) await mkdir(join(folder, part), { recursive: true });
  // bin is a link to usr/bin where the tree is merged, and a folder where it is not.
  await copyFile(join(tree, "bin/busybox"), join(folder, "bin/busybox"));
  await run("install", ["-m", "755", INITRD_SCRIPT, join(folder, "init")]);
  const files = new Set<string>();
  for (const name of INITRD_MODULES) {
    const depends = ["--dirname", below, "--set-version", release, "--show-depends", name];
    for (const [, module = ""] of (await run("modprobe", depends)).matchAll(/^insmod (\S+)/gm))
      files.add(module);
  }
  for (const [at, module] of [...files].entries())
    await copyFile(module, join(folder, "modules", `${String(at).padStart(2, "0")}-${basename(module)}`));
  const pack = 'cd "$1" && find . | cpio --quiet -o -H newc -R 0:0 | gzip >"$2"';
  await run("sh", ["-c", pack, "sh", folder, file]);
  await rm(folder, { recursive: true });
};
