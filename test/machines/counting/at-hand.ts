/** Whether a guest that counts can be made from what is on this machine already. */
import { type Architecture, NEWEST_KERNEL } from "../../../src/machines/guests.ts";
import { baseRecipe } from "../../../src/machines/images/base.ts";
import { isCached, type Recipe } from "../../../src/machines/images/cache.ts";
import { kernelRecipe } from "../../../src/machines/images/kernel.ts";
import { hostRelease } from "../../../src/machines/images/mirror.ts";
import { canBuildPrograms } from "../../../src/machines/images/programs.ts";
import { hasQemu } from "../../../src/machines/images/qemu.ts";
import { packagesRecipe } from "../../../src/machines/counting/initramfs.ts";

/** What would have to be fetched first; nothing: it needs no network. */
export const lackingFor = async (architecture: Architecture): Promise<readonly string[]> => {
  const recipes: readonly (readonly [what: string, recipe: Recipe])[] = [
    ["Debian's kernel", await kernelRecipe(architecture, NEWEST_KERNEL, false)],
    ["Debian's packages", await baseRecipe(architecture, "fast", await hostRelease())],
    ["zstd", await packagesRecipe(architecture, [])],
  ];
  const lacking: string[] = [];
  if (!(await hasQemu(architecture))) lacking.push("QEMU");
  if (!(await canBuildPrograms(architecture))) lacking.push(`compilers for ${architecture}`);
  for (const [what, recipe] of recipes) if (!(await isCached(recipe))) lacking.push(what);
  return lacking;
};
