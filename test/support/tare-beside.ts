/** The real program beside a server of the same test, which `tare-command.ts` would keep from answering. */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import type { Ended } from "./tare-command.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = temporaryFolder();

export interface Beside {
  readonly ended: Promise<Ended>;
  readonly said: () => string;
  readonly signal: (name: NodeJS.Signals) => void;
}

export const tareBeside = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Beside => {
  const child = spawn(process.execPath, [join(ROOT, "src/cli/main.ts"), ...args], {
    env: { ...process.env, TARE_JOURNAL: join(folder, "tare/journal"), NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return {
    said: () => stderr,
    signal: (name) => child.kill(name),
    ended: new Promise((done, failed) => {
      child.on("error", failed);
      child.on("close", (status) => {
        done({ status, stdout, stderr });
      });
    }),
  };
};
