/** By how much a guest multiplies its time limits and pauses. The Vagrantfile decides by the same rules, and tells the guest. */
import { TareError } from "../domain/errors.ts";
import type { Accelerator } from "./accelerator.ts";

/** Without it an emulated guest's events come too late for the count of some agents: docs/guests.md. */
const WHEN_EMULATED = 5;

/** Checks the value of TARE_VM_PATIENCE; undefined: the accelerator decides. */
export const parsePatience = (asked: string | undefined): number | undefined => {
  if (asked === undefined || asked === "") return undefined;
  if (/^\d+(\.\d+)?$/.test(asked) && Number(asked) >= 1) return Number(asked);
  throw new TareError(
    "usage",
    `TARE_VM_PATIENCE is "${asked}"`,
    `it is a factor of 1 or more for every time limit in a guest: ${WHEN_EMULATED} suits an emulated one`,
  );
};

export const patienceOf = (accelerator: Accelerator, asked: number | undefined): number =>
  asked ?? (accelerator === "tcg" ? WHEN_EMULATED : 1);
