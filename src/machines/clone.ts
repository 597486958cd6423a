/** Where this clone lies, and the scripts in it that run inside guests. */
import { join, resolve } from "node:path";

export const CLONE = resolve(import.meta.dirname, "../..");

export const guestScript = (name: string): string => join(CLONE, "scripts/machines/guest", name);
