/** A shell tells of a program that a signal killed by an exit status of 128 and the signal's number. */
import { constants } from "node:os";

export const signalOf = (status: number): string | undefined =>
  Object.entries(constants.signals).find(([, number]) => number === status - 128)?.[0];
