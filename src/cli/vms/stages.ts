/** Where the time of `tare vms run` went, by stage and guest. */
import type { GuestResult } from "../../machines/vagrant/run-guests.ts";
import { type Step, STEPS } from "../../machines/vagrant/steps.ts";
import { layOut } from "../../report/text-table.ts";
import { clock } from "../live-view.ts";
import { BETWEEN } from "../screen.ts";

const TITLES: Readonly<Record<Step, string>> = {
  box: "box into Vagrant",
  boot: "boot",
  copy: "copy",
  "set-up": "set-up in the guest",
  measure: "run",
  fetch: "fetch",
  destroy: "destroy",
};

/** Outside the guests, in seconds. */
export interface Around {
  /** From the command's beginning to the first guest's. */
  readonly before: number;
  /** What took most of that, by what was made. */
  readonly making: readonly (readonly [title: string, seconds: number])[];
  /** From the first guest's beginning to the last one's end. */
  readonly guests: number;
  /** Undefined where none was written. */
  readonly page: number | undefined;
}

const ofSeconds = (seconds: number): string => clock(seconds * 1000);

const madeText = (making: Around["making"]): string => {
  if (making.length === 0) return "";
  const beside = making.length > 1 ? ", some of it side by side" : "";
  return `${beside} (${making.map(([title, seconds]) => `${title} ${ofSeconds(seconds)}`).join(", ")})`;
};

export const stagesText = (
  results: readonly Pick<GuestResult, "guest" | "steps" | "seconds">[],
  { before, making, guests, page }: Around,
  columns: number,
): string => {
  const steps = STEPS.filter((step) => results.some((result) => result.steps[step] !== undefined));
  const listed = results.map((result) => ({
    header: [result.guest.id],
    isRight: true,
    expendable: 0,
    cells: [
      ...steps.map((step) => {
        const seconds = result.steps[step];
        return seconds === undefined ? "-" : ofSeconds(seconds);
      }),
      ofSeconds(result.seconds),
    ],
  }));
  const titles = {
    header: ["minutes:seconds"],
    isRight: false,
    expendable: 0,
    cells: [...steps.map((step) => TITLES[step]), "together"],
  };
  const { header, rows } = layOut([titles, ...listed], columns);
  const whole = before + guests + (page ?? 0);
  const around = [
    `before the guests ${ofSeconds(before)}${madeText(making)}`,
    ...(results.length === 0 ? [] : [`guests ${ofSeconds(guests)}`]),
    ...(page === undefined ? [] : [`page ${ofSeconds(page)}`]),
    `in all ${ofSeconds(whole)}`,
  ];
  return [...(results.length === 0 ? [] : [...header, ...rows]), around.join(BETWEEN)].join("\n");
};
