/** Files for the user of a command that may run as root. */
import { dirname } from "node:path";
import { asUserOf } from "../host/privileges.ts";
import { isRefused, type WriteOptions, writeWhole } from "../record/files.ts";

/** Of what other programs read, which run as other users, and what holds no secret. */
export const FOR_OTHERS = 0o644;

/** Whole or not at all, and made as the user whose folder it is. */
export const writeForUser = async (
  path: string,
  text: string | Uint8Array,
  options?: WriteOptions,
): Promise<void> => {
  await asUserOf(dirname(path), () => writeWhole(path, text, options), isRefused);
};
