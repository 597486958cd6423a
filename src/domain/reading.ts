/** Arithmetic on readings: where one side is missing, so is the result. */
import { missing, type Reading, value } from "./units.ts";

/** Later minus earlier. `what` names the figure in the reason. */
export const difference = (
  later: Reading<number>,
  earlier: Reading<number>,
  what: string,
): Reading<number> => {
  if (later.kind === "missing") return missing(`${what}: ${later.reason}`);
  if (earlier.kind === "missing") return missing(`${what}: ${earlier.reason}`);
  return value(later.value - earlier.value);
};
