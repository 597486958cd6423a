/** What `tare vms run --dry-run` prints. */
import { EMULATED } from "../../domain/emulation.ts";
import { TareError } from "../../domain/errors.ts";
import type { Accelerator } from "../../machines/vagrant/accelerator.ts";
import type { Forecast } from "../../machines/vagrant/forecast.ts";
import type { Architecture, Guest } from "../../machines/guests.ts";
import type { Place } from "../../machines/setup/place.ts";
import type { Part } from "../../machines/setup/prepare.ts";
import { type Turn, turnsText } from "../../machines/vagrant/turns.ts";
import { type GuestSettings, resultsOf } from "../../machines/vagrant/vagrant.ts";
import { clock } from "../live-view.ts";
import { worded } from "../screen.ts";
import { partText, placeText } from "./say-setup.ts";

export interface Intended {
  readonly guests: readonly Guest[];
  readonly turns: readonly Turn[];
  readonly accelerators: Readonly<Record<Architecture, Accelerator>>;
  readonly settings: GuestSettings;
  readonly forecast: Forecast;
  /** An error: no guest can be made here. */
  readonly place: Place | TareError;
  readonly parts: readonly Part[];
}

export const guestsText = (
  flags: { readonly json?: boolean },
  { guests, turns, accelerators, settings, forecast, place, parts }: Intended,
): string => {
  const rows = guests.map((guest) => {
    const accelerator = accelerators[guest.architecture];
    return {
      id: guest.id,
      accelerator,
      emulated: accelerator === "tcg",
      folder: resultsOf(settings, guest),
      seconds: Math.round(forecast.whole(accelerator)),
    };
  });
  const seconds = Math.round(forecast.ofTurns(turns, accelerators));
  const width = Math.max(...rows.map((row) => row.id.length));
  const listed = parts.map(({ kind, name, isThere, minutes, megabytes }) => ({
    kind,
    name,
    isThere,
    minutes,
    megabytes,
  }));
  const making = parts.reduce((sum, { minutes }) => sum + minutes, 0);
  const where = whereOf(place);
  const order = turnsText(turns);
  const told = { guests: rows, profile: settings.profile, order, seconds, ...where, parts: listed };
  return worded(flags.json, told, () =>
    [
      `profile ${settings.profile}, ${order}, about ${clock(seconds * 1000)} (minutes:seconds)${making === 0 ? "" : ` after ${making} min for the parts that are missing`}`,
      ...rows.map(
        (row) =>
          `  ${row.id.padEnd(width)}  ${row.accelerator}${row.emulated ? ` (${EMULATED})` : ""}  about ${clock(row.seconds * 1000)}  ${row.folder}`,
      ),
      ...where.said,
      ...(parts.length === 0 ? [] : ["parts", ...parts.map((part) => `  ${partText(part)}`)]),
    ].join("\n"),
  );
};

/** `where`: `machine`, `lab`, or null where no guest can be made. */
const whereOf = (
  place: Place | TareError,
): { readonly where: Place["kind"] | null; readonly said: readonly string[] } => {
  if (place instanceof TareError)
    return { where: null, said: [`cannot be made here: ${place.message}`, `  hint: ${place.hint}`] };
  const obstacles = place.kind === "lab" ? [] : [...place.obstacles];
  return {
    where: place.kind,
    said: [
      placeText(place),
      ...obstacles.flatMap(([architecture, { message, hint }]) => [
        `${architecture} cannot be made here: ${message}`,
        `  hint: ${hint}`,
      ]),
    ],
  };
};
