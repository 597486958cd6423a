/** Short commands, through execa: a non-zero exit, a time-out or a missing program is data for the caller. */
import { delimiter, isAbsolute } from "node:path";
import { execa } from "execa";
import type { Completed, RunOptions } from "../domain/host.ts";
import { readTimeoutScale } from "./timeout-scale.ts";

/** The folder that one happens to be in, which an empty or relative entry means, may be another user's. */
const ownPath = (process.env["PATH"] ?? "/usr/bin:/bin").split(delimiter).filter(isAbsolute);

/** Administrative tools live in the sbin folders, which a plain user's PATH may lack. */
export const SEARCH_PATH = [...ownPath, "/usr/local/sbin", "/usr/sbin", "/sbin"].join(delimiter);

const DEFAULT_TIMEOUT_MS = 30_000;

export const runCommand = async (
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Completed> => {
  const result = await execa(command, [...args], {
    reject: false,
    stripFinalNewline: false,
    timeout: (options.timeoutMs ?? DEFAULT_TIMEOUT_MS) * readTimeoutScale(),
    env: { ...options.env, PATH: SEARCH_PATH, LC_ALL: "C" },
    ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const why =
    result.exitCode === undefined && result.failed ? (result.originalMessage ?? result.shortMessage) : "";
  return {
    exitCode: result.exitCode,
    stdout: result.stdout,
    stderr: why === "" ? result.stderr : `${result.stderr}${why}\n`,
  };
};
