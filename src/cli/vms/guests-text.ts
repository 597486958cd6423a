/** What `tare vms run --dry-run` prints. */
import { EMULATED } from "../../domain/emulation.ts";
import type { Accelerator } from "../../machines/vagrant/accelerator.ts";
import type { Forecast } from "../../machines/vagrant/forecast.ts";
import type { Architecture, Guest } from "../../machines/guests.ts";
import { type GuestSettings, resultsOf } from "../../machines/vagrant/vagrant.ts";
import { clock } from "../live-view.ts";
import { worded } from "../screen.ts";

export const guestsText = (
  flags: { readonly boxes: string; readonly json?: boolean },
  guests: readonly Guest[],
  accelerators: Readonly<Record<Architecture, Accelerator>>,
  settings: GuestSettings,
  forecast: Forecast,
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
  const total = rows.reduce((sum, row) => sum + row.seconds, 0);
  const width = Math.max(...rows.map((row) => row.id.length));
  return worded(flags.json, { guests: rows, profile: settings.profile, boxes: flags.boxes }, () =>
    [
      `profile ${settings.profile}, boxes ${flags.boxes}, one after the other, about ${clock(total * 1000)} (minutes:seconds) without downloads`,
      ...rows.map(
        (row) =>
          `  ${row.id.padEnd(width)}  ${row.accelerator}${row.emulated ? ` (${EMULATED})` : ""}  about ${clock(row.seconds * 1000)}  ${row.folder}`,
      ),
    ].join("\n"),
  );
};
