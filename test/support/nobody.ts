/** Tests that act as a user without rights. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

export const NOBODY = 65534;

/** Why its part cannot be played here; undefined where it can. */
export const whyNotNobody = (): string | undefined => {
  if (process.getuid?.() !== 0) return "needs root to become somebody else";
  const program = join(import.meta.dirname, "../../src/cli/main.ts");
  const { status } = spawnSync(process.execPath, [program, "--version"], { uid: NOBODY, gid: NOBODY });
  return status === 0 ? undefined : `uid ${NOBODY} cannot run this checkout (it lies in a private folder)`;
};
