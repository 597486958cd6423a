/** A box for libvirt, which Vagrant makes a guest from where there is no box hub. */
import { copyFile, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hostRelease } from "./mirror.ts";
import { type Architecture, type Kernel, NATIVE, NEWEST_KERNEL } from "../guests.ts";
import { cached, folderOf, hashOf, isCached, type Recipe } from "./cache.ts";
import { commandLineOf, imageRecipe, makeImage } from "./image.ts";
import { qemuImg } from "./qemu.ts";
import { type BuildContext, run } from "./shell.ts";

const vagrantfileOf = (architecture: Architecture): string => `Vagrant.configure("2") do |config|
  config.vm.provider :libvirt do |libvirt|
    libvirt.kernel = File.join(File.dirname(__FILE__), "vmlinuz")
    libvirt.initrd = File.join(File.dirname(__FILE__), "initrd")
    libvirt.cmd_line = "root=/dev/vda ${commandLineOf(architecture)}"
  end
end
`;

/** Vagrant knows a box by its name alone, so a changed box must have another. */
const fileOf = (architecture: Architecture, kernel: Kernel, inputs: unknown): string =>
  `debian-${architecture}-${kernel}-${hashOf(inputs)}.box`;

const boxRecipe = async (architecture: Architecture, kernel: Kernel): Promise<Recipe> => {
  const wanted = { architecture, flavour: "systemd", kernel, release: await hostRelease() } as const;
  const inputs = {
    image: hashOf((await imageRecipe(wanted)).inputs),
    own: hashOf(await readFile(import.meta.filename, "utf8")),
  };
  return {
    name: `box-${architecture}-${kernel}`,
    inputs,
    megabytes: architecture === NATIVE ? 2500 : 3000,
    seconds: 15,
    build: async (folder, context) => {
      const image = await makeImage(wanted, context);
      const file = (name: string): string => join(folder, name);
      await qemuImg(["convert", "-f", "raw", "-O", "qcow2", image.root, file("box.img")], context);
      await copyFile(image.vmlinuz, file("vmlinuz"));
      await copyFile(image.initrd, file("initrd"));
      const gibibytes = (await stat(image.root)).size / 2 ** 30;
      const metadata = { provider: "libvirt", format: "qcow2", virtual_size: gibibytes, architecture };
      await writeFile(file("metadata.json"), `${JSON.stringify(metadata)}\n`);
      await writeFile(file("Vagrantfile"), vagrantfileOf(architecture));
      const parts = ["metadata.json", "Vagrantfile", "vmlinuz", "initrd", "box.img"];
      const box = fileOf(architecture, kernel, inputs);
      await run("tar", ["-C", folder, "-cf", file(box), ...parts]);
      for (const part of parts) await rm(file(part));
      await writeFile(file(`${box}.sha256`), await run("sha256sum", [file(box)]));
      return { box };
    },
  };
};

export const hasBox = async (architecture: Architecture, kernel: Kernel | undefined): Promise<boolean> =>
  await isCached(await boxRecipe(architecture, kernel ?? NEWEST_KERNEL));

/** The path of a box; its SHA-256 lies beside it. Throws `host-unfit` when it cannot be made here. */
export const makeBox = async (
  architecture: Architecture,
  kernel: Kernel | undefined,
  context: BuildContext,
): Promise<string> => {
  const { folder, facts } = await cached(await boxRecipe(architecture, kernel ?? NEWEST_KERNEL), context);
  return join(folder, facts["box"] ?? "");
};

/** Where a box lies, or will lie once it is made. */
export const placeOfBox = async (
  architecture: Architecture,
  kernel: Kernel = NEWEST_KERNEL,
): Promise<{ readonly path: string; readonly isThere: boolean }> => {
  const recipe = await boxRecipe(architecture, kernel);
  const path = join(folderOf(recipe), fileOf(architecture, kernel, recipe.inputs));
  return { path, isThere: await isCached(recipe) };
};
