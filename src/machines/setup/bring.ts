/** Debian packages that making something takes are installed first, unless it is there already. */
import { TareError } from "../../domain/errors.ts";
import type { Architecture, Kernel } from "../guests.ts";
import { hasBox } from "../images/box.ts";
import { cacheRoot } from "../images/cache.ts";
import { hasImage, type ImageWanted } from "../images/image.ts";
import { hasPayload } from "../images/payload.ts";
import type { BuildContext } from "../images/shell.ts";
import { BOX, type Cost, PAYLOAD } from "./costs.ts";
import { FOR_IMAGES, hasApt, installCommand, installPackages, payloadPackages } from "./packages.ts";

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
    `as root: ${installCommand(lacking)}`,
  );
};

const say = (what: string, { minutes, megabytes }: Cost, context: BuildContext): void => {
  context.info(`making ${what}, in ${cacheRoot()}, where it stays: about ${minutes} min, ${megabytes} MB`);
};

export const bringForBox = async (
  architecture: Architecture,
  kernel: Kernel | undefined,
  context: BuildContext,
): Promise<void> => {
  if (await hasBox(architecture, kernel)) return;
  say(`a box for ${architecture}`, BOX, context);
  await bring(FOR_IMAGES, `making a box for ${architecture}`, context);
};

export const bringForImage = async (wanted: ImageWanted, context: BuildContext): Promise<void> => {
  if (await hasImage(wanted)) return;
  await bring(FOR_IMAGES, `making an image for ${wanted.architecture}`, context);
};

export const bringForPayload = async (architecture: Architecture, context: BuildContext): Promise<void> => {
  if (await hasPayload(architecture)) return;
  say(`all that a guest for ${architecture} would fetch and compile`, PAYLOAD, context);
  await bring(await payloadPackages(architecture), `packing tare for ${architecture}`, context);
};
