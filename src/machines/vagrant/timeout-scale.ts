/** By how much a guest multiplies its time limits and pauses, where the user says so. The Vagrantfile decides otherwise, and tells the guest. */
import { TareError } from "../../domain/errors.ts";
import { EMULATED_TIMEOUT_SCALE } from "../guests.ts";

/** Checks the value of TARE_VM_TIMEOUT_SCALE; undefined: the accelerator decides. */
export const parseTimeoutScale = (asked: string | undefined): number | undefined => {
  if (asked === undefined || asked === "") return undefined;
  if (/^\d+(\.\d+)?$/.test(asked) && Number(asked) >= 1) return Number(asked);
  throw new TareError(
    "usage",
    `TARE_VM_TIMEOUT_SCALE is "${asked}"`,
    `it is a factor of 1 or more for every time limit in a guest: ${EMULATED_TIMEOUT_SCALE} suits an emulated one`,
  );
};
