/** Figures of a node whose CPU is simulated are marked one by one: a row that is copied out of its table keeps the mark. */
import { EMULATED } from "../domain/emulation.ts";
import type { Estimate } from "../domain/verdict.ts";

export const withEmulation = (estimates: readonly Estimate[], emulated: boolean): readonly Estimate[] =>
  emulated ? estimates.map((estimate) => ({ ...estimate, notes: [EMULATED, ...estimate.notes] })) : estimates;
