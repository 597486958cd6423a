/** What `tare vms run` says of its own set-up: where Vagrant runs, what is made first, what could not be. */
import { TareError } from "../../domain/errors.ts";
import { cacheRoot } from "../../machines/images/cache.ts";
import type { Architecture, Guest } from "../../machines/guests.ts";
import { labFolder } from "../../machines/setup/lab.ts";
import type { Place } from "../../machines/setup/place.ts";
import type { Part, Ready } from "../../machines/setup/prepare.ts";
import type { Accelerator } from "../../machines/vagrant/accelerator.ts";
import type { Screen } from "../screen.ts";
import { quoted } from "./settings.ts";

export const placeText = (place: Place): string =>
  place.kind === "machine"
    ? `Vagrant ${place.vagrant.version}, provider ${place.vagrant.provider}`
    : `Vagrant and QEMU of the lab in ${labFolder()}, because here ${place.why}; this machine's packages stay as they are (rm -rf ${quoted(labFolder())} removes the lab)`;

export const sayPlace = (
  screen: Screen,
  place: Place,
  guests: readonly Guest[],
  accelerators: Readonly<Record<Architecture, Accelerator>>,
): void => {
  screen.info(placeText(place));
  for (const architecture of new Set(guests.map((guest) => guest.architecture))) {
    if (accelerators[architecture] !== "tcg") continue;
    const qemu = place.kind === "machine" ? place.emulators[architecture] : undefined;
    screen.info(
      `${architecture} is emulated${qemu === undefined ? "" : ` (QEMU ${qemu})`}: it says what works, not what it costs`,
    );
  }
};

export const partText = ({ name, isThere, minutes, megabytes }: Part): string =>
  isThere ? `${name}: there` : `${name}: about ${minutes} min, ${megabytes} MB`;

/** One line for all that is made before the first guest. */
export const sayParts = (screen: Screen, parts: readonly Part[]): void => {
  const missing = parts.filter(({ isThere }) => !isThere);
  if (missing.length === 0) return;
  screen.info(
    `made first, in ${cacheRoot()}, and kept there until you remove it: ${missing.map(partText).join("; ")}`,
  );
};

/** At once: what an obstacle costs, and that the rest goes on. Throws it where nothing is left. */
export const sayReady = (
  screen: Screen,
  guests: readonly Guest[],
  ready: ReadonlyMap<string, Ready | TareError>,
): void => {
  const obstacles = guests.flatMap(({ id }) => {
    const obstacle = ready.get(id);
    return obstacle instanceof TareError ? [{ id, obstacle }] : [];
  });
  const possible = guests.map(({ id }) => id).filter((id) => !(ready.get(id) instanceof TareError));
  const [last] = obstacles.slice(-1);
  const goesOn = possible.length > 0;
  for (const { id, obstacle } of goesOn ? obstacles : obstacles.slice(0, -1)) {
    const then = goesOn ? `, going on with ${possible.join(", ")}` : "";
    screen.warn(`${id} cannot be made${then}: ${obstacle.message}`);
    screen.info(`  hint: ${obstacle.hint}`);
  }
  if (!goesOn && last !== undefined) throw last.obstacle;
};
