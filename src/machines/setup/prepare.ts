/** What the guests of a run are made of, which of it is there, and how the rest comes to be. An obstacle belongs to the guest that it stops. */
import { messageOf, TareError } from "../../domain/errors.ts";
import { type Guest, HUB_BOX } from "../guests.ts";
import { hasBox, makeBox } from "../images/box.ts";
import { hasPayload, makePayload } from "../images/payload.ts";
import { needRoom } from "../images/cache.ts";
import { allOf, type BuildContext } from "../images/shell.ts";
import { type BoxSource, boxSourceOf } from "../vagrant/fit.ts";
import { buildLab } from "./lab.ts";
import { bring } from "./bring.ts";
import { BOX, LAB, PAYLOAD } from "./costs.ts";
import { FOR_IMAGES, FOR_LAB, installCommand, missingPackages, payloadPackages } from "./packages.ts";
import type { Place } from "./place.ts";
import type { Spent } from "./spent.ts";

export interface Part {
  readonly kind: "lab" | "box" | "payload";
  /** In words: `the box of arm64 with kernel 6.12`. */
  readonly name: string;
  readonly isThere: boolean;
  /** As seen on two cores without hardware virtualisation; 0 for what is there. */
  readonly minutes: number;
  readonly megabytes: number;
  readonly guest: Guest | undefined;
}

export interface Wanted {
  readonly place: Place;
  readonly guests: readonly Guest[];
  readonly boxes: BoxSource | undefined;
  /** TARE_BOX_<ARCH> and TARE_PAYLOAD_<ARCH>. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const named = ({ env }: Wanted, kind: "BOX" | "PAYLOAD", { architecture }: Guest): string =>
  env[`TARE_${kind}_${architecture.toUpperCase()}`] ?? "";

const providerOf = (place: Place): string => (place.kind === "lab" ? "libvirt" : place.vagrant.provider);

const isBuilt = (wanted: Wanted, guest: Guest): boolean =>
  boxSourceOf(wanted.boxes, providerOf(wanted.place), named(wanted, "BOX", guest)) === "built";

/** A guest of a built box, or in the lab, has no way to fetch anything. */
const needsPayload = (wanted: Wanted, guest: Guest): boolean =>
  (wanted.place.kind === "lab" || isBuilt(wanted, guest)) && named(wanted, "PAYLOAD", guest) === "";

const partOf = (
  kind: Part["kind"],
  name: string,
  isThere: boolean,
  cost: { readonly minutes: number; readonly megabytes: number },
  guest?: Guest,
): Part => ({ kind, name, isThere, ...(isThere ? { minutes: 0, megabytes: 0 } : cost), guest });

export const partsOf = async (wanted: Wanted): Promise<readonly Part[]> => {
  const { place, guests } = wanted;
  const parts: Part[] = place.kind === "lab" ? [partOf("lab", "the lab", place.isBuilt, LAB)] : [];
  for (const guest of guests) {
    const { architecture, kernel, id } = guest;
    if (isBuilt(wanted, guest))
      parts.push(partOf("box", `the box of ${id}`, await hasBox(architecture, kernel), BOX, guest));
    // Guests of one architecture share it.
    const isFirst = guests.find((one) => one.architecture === architecture) === guest;
    if (isFirst && needsPayload(wanted, guest))
      parts.push(
        partOf("payload", `tare for ${architecture}`, await hasPayload(architecture), PAYLOAD, guest),
      );
  }
  return parts;
};

const packagesOf = async (part: Part): Promise<readonly string[]> => {
  if (part.isThere) return [];
  if (part.kind === "lab" || part.guest === undefined) return FOR_LAB;
  const { architecture } = part.guest;
  return part.kind === "box" ? FOR_IMAGES : await payloadPackages(architecture);
};

/** Of a guest that can be made; `undefined`: what the environment or the Vagrantfile names. */
export interface Ready {
  readonly box: string | undefined;
  readonly payload: string | undefined;
}

export interface Setup {
  /** False: nothing is installed or made. */
  readonly setup: boolean;
  readonly uid: number;
  /** The command line that is being run, for hints. */
  readonly command: string;
}

/** Makes what is missing, once for all guests. Throws what stops all of them. */
export const prepare = async (
  wanted: Wanted,
  setup: Setup,
  context: BuildContext,
  spent: Spent,
): Promise<ReadonlyMap<string, Ready | TareError>> => {
  const missing = (await partsOf(wanted)).filter(({ isThere }) => !isThere);
  if (missing.length > 0 && setup.uid !== 0) {
    throw new TareError(
      "host-unfit",
      `${missing.map(({ name }) => name).join(", ")}: not there yet, and made by root alone`,
      `sudo ${setup.command}`,
    );
  }
  if (missing.length > 0) await needRoom(roomFor(missing), missing.map(({ name }) => name).join(", "));
  const isLabMissing = missing.some(({ kind }) => kind === "lab");
  if (isLabMissing) {
    await spent.time("packages", async () => await bring(FOR_LAB, "building the lab", context));
  }
  const [, ready] = await allOf([
    isLabMissing ? spent.time("lab", async () => await buildLab(context)) : undefined,
    makeGuests(wanted, missing, setup, context, spent),
  ]);
  return ready;
};

/** What stays, and what is on the way to it. */
const roomFor = (missing: readonly Part[]): number =>
  missing.reduce((sum, { megabytes }) => sum + megabytes, 1000);

const makeGuests = async (
  wanted: Wanted,
  missing: readonly Part[],
  setup: Setup,
  context: BuildContext,
  spent: Spent,
): Promise<ReadonlyMap<string, Ready | TareError>> => {
  const ready = new Map<string, Ready | TareError>();
  for (const guest of wanted.guests) {
    try {
      ready.set(guest.id, await makeParts(wanted, guest, missing, setup, context, spent));
    } catch (error) {
      context.signal?.throwIfAborted();
      ready.set(
        guest.id,
        error instanceof TareError
          ? error
          : new TareError("host-unfit", messageOf(error), "see the lines above", { cause: error }),
      );
    }
  }
  return ready;
};

const makeParts = async (
  wanted: Wanted,
  guest: Guest,
  missing: readonly Part[],
  { setup, command }: Setup,
  context: BuildContext,
  spent: Spent,
): Promise<Ready> => {
  const { architecture, kernel } = guest;
  if (wanted.place.kind === "machine") {
    const obstacle = wanted.place.obstacles.get(architecture);
    if (obstacle !== undefined) throw obstacle;
  }
  const name = named(wanted, "BOX", guest);
  if (wanted.place.kind === "lab" && !isBuilt(wanted, guest) && !name.endsWith(".box")) {
    throw new TareError(
      "usage",
      `the box ${name === "" ? "of the hub" : name} cannot be fetched in the lab, which has no network`,
      `leave --boxes and TARE_BOX_${architecture.toUpperCase()} out: a box is made here then`,
    );
  }
  const mine = missing.filter((part) => part.guest?.architecture === architecture);
  const packages = [...new Set((await Promise.all(mine.map(packagesOf))).flat())];
  if (!setup && mine.length > 0) {
    const lacking = await missingPackages(packages);
    const install = lacking.length === 0 ? [] : [installCommand(lacking)];
    throw new TareError(
      "host-unfit",
      `${mine.map(({ name }) => name).join(" and ")}: not there, and not to be made (--no-setup)`,
      [...install, ...mine.map((part) => makingCommand(part, command))].join(" && "),
    );
  }
  await spent.time(
    "packages",
    async () => await bring(packages, `making a guest for ${architecture}`, context),
  );
  const [built, payload] = await allOf([
    isBuilt(wanted, guest)
      ? spent.time(`box of ${guest.id}`, async () => await makeBox(architecture, kernel, context))
      : undefined,
    needsPayload(wanted, guest)
      ? spent.time(`payload of ${architecture}`, async () => await makePayload(architecture, context))
      : undefined,
  ]);
  // The Vagrantfile alone would have a box made.
  const box =
    built ??
    (wanted.boxes === "named" && providerOf(wanted.place) === "libvirt" && name === "" ? HUB_BOX : undefined);
  return { box, payload };
};

const makingCommand = ({ kind, guest }: Part, command: string): string => {
  if (kind === "lab" || guest === undefined) return command;
  const { architecture, kernel } = guest;
  if (kind === "payload") return `npm run tare -- vms payload --arch ${architecture}`;
  const newest = `npm run tare -- vms box --arch ${architecture}`;
  return kernel === undefined ? newest : `${newest} --kernel ${kernel}`;
};
