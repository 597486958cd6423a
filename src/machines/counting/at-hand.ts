/** Whether a guest that counts can be made from what is on this machine already. */
import { type Architecture, NEWEST_KERNEL } from "../guests.ts";
import { baseRecipe } from "../images/base.ts";
import { isCached, type Recipe } from "../images/cache.ts";
import { kernelRecipe } from "../images/kernel.ts";
import { hostRelease } from "../images/mirror.ts";
import { canBuildPrograms } from "../images/programs.ts";
import { hasQemu } from "../images/qemu.ts";
import { packagesRecipe } from "./initramfs.ts";

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
