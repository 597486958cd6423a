/** A boot's inputs decide what it says, to the byte: one that was done is not done again. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached, isCached, type Recipe } from "../images/cache.ts";
import type { BuildContext } from "../images/shell.ts";
import { bootCounted, type CountedBoot, kernelLine, machineLine } from "./boot.ts";

/** Whose boot it is, and what is in the files that it names by their paths. */
export interface BootInputs {
  readonly agent: string;
  readonly kernel: string;
  readonly initramfs: string;
}

const SERIAL = "serial";

const bootRecipe = (boot: CountedBoot, { agent, ...digests }: BootInputs): Recipe => {
  const { architecture, seed, layout, memoryMegabytes, qemu, turns } = boot;
  return {
    name: `counted-${architecture}-${agent}-${seed}`,
    inputs: {
      ...digests,
      qemu: qemu.version,
      machine: machineLine(architecture, memoryMegabytes),
      kernelLine: kernelLine(architecture, layout),
      seed,
      turns,
    },
    megabytes: 100,
    seconds: 60,
    build: async (folder, context) => {
      await writeFile(join(folder, SERIAL), await bootCounted(boot, context), "latin1");
      return {};
    },
  };
};

export interface KeptBoot {
  readonly serial: string;
  /** Whether it was done before. */
  readonly kept: boolean;
}

/** @throws TareError as a boot does; one that failed is not kept */
export const bootOrKept = async (
  boot: CountedBoot,
  inputs: BootInputs,
  context: BuildContext,
): Promise<KeptBoot> => {
  const recipe = bootRecipe(boot, inputs);
  const kept = await isCached(recipe);
  // Whoever asks for a boot says so itself.
  const { folder } = await cached(recipe, { ...context, info: () => undefined });
  return { serial: await readFile(join(folder, SERIAL), "latin1"), kept };
};
