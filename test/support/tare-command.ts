/** The real program as a user or a script starts it: its streams and its exit code. */
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { temporaryFolder } from "./temporary-folder.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = temporaryFolder();

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Below it `tare` finds and installs vendors' releases. */
export const AGENTS_FOLDER = join(folder, "tare/agents");

/** Runs `tare ARGS` to its end, without colour, with a journal and a folder for agents of its own. */
export const tare = (
  args: readonly string[],
  options: { readonly uid?: number; /** What starts it. */ readonly by?: readonly string[] } = {},
): Ended => {
  const [command, ...before] = [...(options.by ?? []), process.execPath];
  const done = spawnSync(command, [...before, join(ROOT, "src/cli/main.ts"), ...args], {
    encoding: "utf8",
    env: {
      ...process.env,
      TARE_JOURNAL: join(folder, "tare/journal"),
      TARE_AGENTS_FOLDER: AGENTS_FOLDER,
      NO_COLOR: "1",
    },
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  return { status: done.status, stdout: done.stdout, stderr: done.stderr };
};
