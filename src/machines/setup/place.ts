/** Where Vagrant runs: on this machine, where what it has fits; else in the lab, which tare brings. */
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { findVagrant, type Vagrant } from "../vagrant/find-vagrant.ts";
import { checkFitness, checkRoom, type Fitness, type FitRequest, type Room } from "../vagrant/fit.ts";
import { isLabBuilt } from "./lab.ts";
import { FOR_LAB, hasApt, installCommand, missingPackages } from "./packages.ts";

export type Place =
  | ({ readonly kind: "machine"; readonly vagrant: Vagrant } & Fitness)
  /** `why`: what this machine lacks. */
  | { readonly kind: "lab"; readonly why: string; readonly isBuilt: boolean };

export interface PlaceRequest extends Omit<FitRequest, "vagrant"> {
  /** --provider or VAGRANT_DEFAULT_PROVIDER. */
  readonly asked: string | undefined;
  /** VAGRANT_PREFERRED_PROVIDERS. */
  readonly preferred: string | undefined;
  readonly keep: boolean;
  /** What the lab's guests need. */
  readonly labRooms: readonly Room[];
  /** Whether a lab may be built. */
  readonly setup: boolean;
  /** The command line that is being run, for hints. */
  readonly command: string;
}

/** Throws what this machine lacks where the lab cannot stand in for it. */
export const choosePlace = async (request: PlaceRequest): Promise<Place> => {
  const found = await lookHere(request);
  if (found.place?.obstacles.size === 0) return found.place;
  const obstacle = await obstacleToLab(request, found.error);
  if (obstacle === undefined) {
    for (const room of request.labRooms) await checkRoom(request.host, room);
    return { kind: "lab", why: found.error.message, isBuilt: await isLabBuilt() };
  }
  // With an obstacle for one architecture alone, the others are measured all the same.
  if (found.place !== undefined && found.place.obstacles.size < architecturesOf(request).size)
    return found.place;
  throw obstacle;
};

type Found =
  | { readonly place: Extract<Place, { kind: "machine" }>; readonly error: TareError }
  | { readonly place: undefined; readonly error: TareError };

const NOTHING = new TareError("host-unfit", "nothing is missing", "");

const lookHere = async (request: PlaceRequest): Promise<Found> => {
  const { host, asked, preferred } = request;
  try {
    const vagrant = await findVagrant(host, asked, preferred);
    const place = { kind: "machine", vagrant, ...(await checkFitness({ ...request, vagrant })) } as const;
    const [error = NOTHING] = place.obstacles.values();
    return { place, error };
  } catch (error) {
    if (error instanceof TareError && error.kind === "host-unfit") return { place: undefined, error };
    throw error;
  }
};

const architecturesOf = ({ guests }: PlaceRequest): ReadonlySet<string> =>
  new Set(guests.map(({ architecture }) => architecture));

/** Why the lab cannot be used instead; undefined when it can. */
const obstacleToLab = async (request: PlaceRequest, missing: TareError): Promise<TareError | undefined> => {
  const { host, asked, keep, setup, command } = request;
  const { message, hint } = missing;
  const unfit = (why: string, next: string): TareError =>
    new TareError("host-unfit", `${message}${why}`, next);
  if ((asked ?? "libvirt") !== "libvirt" || !(await canHaveLab(host))) return missing;
  if (keep) return unfit(", and a guest in the lab cannot be kept (--keep)", hint);
  if (host.uid !== 0) return unfit(", and the lab that tare has for that needs root", `sudo ${command}`);
  if (await isLabBuilt()) return undefined;
  const packages = await missingPackages(FOR_LAB);
  const byHand = [
    ...(packages.length === 0 ? [] : [installCommand(packages)]),
    "sh scripts/machines/lab.sh build",
  ];
  if (!setup) return unfit(", and the lab is not built (--no-setup)", byHand.join(" && "));
  if (packages.length > 0 && !(await hasApt()))
    return unfit(
      ", and the lab that tare has for that is built by mmdebstrap, which is not here either",
      `install mmdebstrap, or Vagrant: ${hint}`,
    );
  return undefined;
};

/** The lab lives on Linux's namespaces; there is none inside of it. */
const canHaveLab = async (host: Host): Promise<boolean> =>
  process.env["TARE_IN_LAB"] === undefined &&
  (await host.which("unshare")) !== undefined &&
  (await host.which("setpriv")) !== undefined;
