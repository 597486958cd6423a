/** Debian packages that making something takes are installed first, unless it is there already. */
import { TareError } from "../../domain/errors.ts";
import type { Architecture, Kernel } from "../guests.ts";
import { hasBox } from "../images/box.ts";
import { hasImage, type ImageWanted } from "../images/image.ts";
import { hasPayload } from "../images/payload.ts";
import type { BuildContext } from "../images/shell.ts";
import { hasApt, imagePackages, installCommand, installPackages, payloadPackages } from "./packages.ts";

/** Throws `host-unfit` for packages that are missing and cannot be installed. */
export const bring = async (
  packages: readonly string[],
  purpose: string,
  context: BuildContext,
): Promise<void> => {
  // Elsewhere what uses them says what it needs.
  if (!(await hasApt())) return;
  const lacking = await installPackages(packages, context);
  if (lacking.length === 0) return;
  throw new TareError(
    "host-unfit",
    `${purpose} needs ${lacking.join(", ")}, which could not be installed`,
    `as root: apt-get update && ${installCommand(lacking)}`,
  );
};

export const bringForBox = async (
  architecture: Architecture,
  kernel: Kernel | undefined,
  context: BuildContext,
): Promise<void> => {
  if (await hasBox(architecture, kernel)) return;
  await bring(imagePackages(architecture), `making a box for ${architecture}`, context);
};

export const bringForImage = async (wanted: ImageWanted, context: BuildContext): Promise<void> => {
  if (await hasImage(wanted)) return;
  const { architecture } = wanted;
  await bring(imagePackages(architecture), `making an image for ${architecture}`, context);
};

export const bringForPayload = async (architecture: Architecture, context: BuildContext): Promise<void> => {
  if (await hasPayload(architecture)) return;
  await bring(await payloadPackages(architecture), `packing tare for ${architecture}`, context);
};
