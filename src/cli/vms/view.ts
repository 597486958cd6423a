/** Progress of the virtual machines: where each is, how long all have taken, and a guess of how long they still take. */
import type { GuestEvent, GuestState } from "../../machines/vagrant/run-guests.ts";
import { STEP_TITLES } from "../../machines/vagrant/steps.ts";
import { clock } from "../live-view.ts";
import { BETWEEN, type Screen } from "../screen.ts";

export const createGuestView =
  (screen: Screen): ((event: GuestEvent) => void) =>
  (event) => {
    switch (event.kind) {
      case "step":
        screen.info(`${event.guest.id}: ${STEP_TITLES[event.step]} (${timesOf(event)} for all)`);
        break;
      case "tick":
        // The times first: on a narrow terminal the line loses its end.
        screen.progress([timesOf(event), placesOf(event.running)].join(BETWEEN), doingsOf(event.running));
        break;
      case "done": {
        const { guest, outcome, seconds, problems } = event.result;
        const took = clock(seconds * 1000);
        if (outcome.kind === "measured") {
          screen.info(`${guest.id}: measured in ${took}, ${outcome.folder}`);
          if (outcome.firstKilledBy !== undefined)
            screen.warn(
              `${guest.id}: this is the second try: ${outcome.firstKilledBy} killed the harness at the first, which is kept in first-try/`,
            );
        } else {
          screen.warn(
            `${guest.id}: failed after ${took} while ${STEP_TITLES[outcome.step]}: ${outcome.message}`,
          );
          screen.info(`  hint: ${outcome.hint}`);
          quote(screen, "Vagrant's last lines", outcome.lastLines);
          quote(screen, "last lines of its serial console", outcome.serial);
          if (outcome.folder !== null) screen.info(`  what the guest left is in ${outcome.folder}`);
        }
        warnOfLeft(screen, problems);
        break;
      }
      case "left":
        warnOfLeft(
          screen,
          event.problems.map((problem) => `${event.guest.id}: ${problem}`),
        );
        break;
    }
  };

const timesOf = ({ gone, left }: { readonly gone: number; readonly left: number }): string =>
  `${clock(gone * 1000)} gone, about ${clock(left * 1000)} left`;

const placesOf = (running: readonly GuestState[]): string =>
  running.map(({ guest, step, progress }) => `${guest.id}: ${progress?.at ?? STEP_TITLES[step]}`).join(", ");

const doingsOf = (running: readonly GuestState[]): string =>
  running
    .flatMap(({ guest, progress }) => {
      const what = progress?.what ?? "";
      if (what === "") return [];
      return running.length === 1 ? what : `${guest.id} ${what}`;
    })
    .join(", ");

const warnOfLeft = (screen: Screen, problems: readonly string[]): void => {
  for (const problem of problems) screen.warn(`left on this host: ${problem}`);
  if (problems.length > 0) screen.info("  hint: `tare clean` tries again to take it down");
};

const quote = (screen: Screen, title: string, lines: readonly string[]): void => {
  if (lines.length === 0) return;
  screen.info(`  ${title}:`);
  for (const line of lines) screen.info(`    ${line}`);
};
