/** By which a record and the list of agents tell the files of a user's apart. */
import { createHash } from "node:crypto";

const DIGITS = 8;

export const shortDigest = (parts: readonly string[]): string => {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return digest.digest("hex").slice(0, DIGITS);
};
