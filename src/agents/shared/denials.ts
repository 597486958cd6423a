/**
 * Whether an agent that enforces does so: a program and a file of tare's own, in a folder that the policy denies, are tried before each figure is
 * believed. One that denies nothing costs little, and would look like a cheap agent.
 */
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { missing, type Reading } from "../../domain/units.ts";

export const deniedFolder = (directory: string): string => `${directory}/denied`;

/** As many tries of each at the start. */
const TRIES = 10;

const programIn = (directory: string): string => `${deniedFolder(directory)}/program`;
const fileIn = (directory: string): string => `${deniedFolder(directory)}/file`;

/** Of one exec and one open for each try, those that did not succeed. */
const deniedOf = async (host: Host, directory: string, tries: number): Promise<number> => {
  let denied = 0;
  for (let index = 0; index < tries; index += 1) {
    const ran = await host.run(programIn(directory), []);
    const read = await host.run("cat", [fileIn(directory)]);
    denied += [ran, read].filter(({ exitCode }) => exitCode !== 0).length;
  }
  return denied;
};

/** @throws TareError `run-failed` where the program or the file cannot be used even though nothing denies it */
export const makeDenied = async (host: Host, directory: string): Promise<void> => {
  await host.makeDirectory(deniedFolder(directory), 0o755);
  await host.writeText(programIn(directory), "#!/bin/sh\nexit 0\n", 0o755);
  await host.writeText(fileIn(directory), "", 0o644);
  if ((await deniedOf(host, directory, 1)) > 0)
    throw new TareError(
      "run-failed",
      `what is to be denied cannot be used anyway: ${deniedFolder(directory)}`,
      "run with a TMPDIR in which programs may be started",
    );
};

/**
 * In words, for the record.
 *
 * @throws TareError `run-failed` where it lets any of them through
 */
export const proveDenials = async (host: Host, directory: string, who: string): Promise<string> => {
  const tried = 2 * TRIES;
  const denied = await deniedOf(host, directory, TRIES);
  if (denied < tried)
    throw new TareError(
      "run-failed",
      `${who} denied ${denied} of ${tried} execs and opens that its policy denies`,
      "its cost would be that of an agent that enforces nothing",
    );
  return `${denied} of ${tried} execs and opens at its start, and two more whenever its losses are read`;
};

/** What it lost, unless it has stopped to enforce. */
export const whileDenying = async (
  host: Host,
  directory: string,
  lost: () => Promise<Reading<number>>,
): Promise<Reading<number>> =>
  (await deniedOf(host, directory, 1)) === 2
    ? await lost()
    : missing("it let an exec or an open through that its policy denies");
