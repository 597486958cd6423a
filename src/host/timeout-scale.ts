/** How long the harness waits for others, set by the environment: an emulated machine takes many times longer for everything. */
import { TareError } from "../domain/errors.ts";

const VARIABLE = "TARE_TIMEOUT_SCALE";

/** By how much every limit and pause is multiplied: `TARE_TIMEOUT_SCALE`, at least 1, and 1 where it is not set. Throws `usage` for anything else. */
export const readTimeoutScale = (): number => {
  const text = process.env[VARIABLE];
  if (text === undefined || text === "") return 1;
  const factor = Number(text);
  if (factor >= 1 && Number.isFinite(factor)) return factor;
  throw new TareError(
    "usage",
    `${VARIABLE} is "${text}"`,
    "it is a factor of 1 or more for every time limit: 5 suits an emulated machine",
  );
};
