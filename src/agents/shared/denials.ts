/**
 * Whether an agent that enforces does so: a program and a file of tare's own, in a folder that the policy denies, are tried before each figure is
 * believed. One that denies nothing costs little, and would look like a cheap agent. Beside them lies a pair that no policy names: where that
 * cannot be used either, it is not the policy that denies.
 */
import type { AgentContext, RunningAgent } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { missing, type Reading } from "../../domain/units.ts";

const deniedFolder = (directory: string): string => `${directory}/denied`;
const allowedFolder = (directory: string): string => `${directory}/allowed`;

/** As many tries of each at the start. */
const TRIES = 10;

type Place = Pick<AgentContext, "directory" | "inside">;

const programIn = (folder: string): string => `${folder}/program`;
const fileIn = (folder: string): string => `${folder}/file`;

const succeeds = async (host: Host, { inside }: Place, ...words: readonly string[]): Promise<boolean> => {
  const [command = "", ...args] = inside(words);
  return (await host.run(command, args)).exitCode === 0;
};

/** Of one exec and one open for each try, those that did not succeed. */
const refusedIn = async (host: Host, place: Place, folder: string, tries: number): Promise<number> => {
  let refused = 0;
  for (let index = 0; index < tries; index += 1) {
    if (!(await succeeds(host, place, programIn(folder)))) refused += 1;
    if (!(await succeeds(host, place, "cat", fileIn(folder)))) refused += 1;
  }
  return refused;
};

/** @throws TareError `run-failed` where the program or the file cannot be used even though nothing denies it */
const makeDenied = async (host: Host, place: Place): Promise<void> => {
  for (const folder of [deniedFolder(place.directory), allowedFolder(place.directory)]) {
    await host.makeDirectory(folder, 0o755);
    await host.writeText(programIn(folder), "#!/bin/sh\nexit 0\n", 0o755);
    await host.writeText(fileIn(folder), "", 0o644);
    if ((await refusedIn(host, place, folder, 1)) > 0)
      throw new TareError(
        "run-failed",
        `what is to be denied cannot be used anyway: ${folder}`,
        "run with a TMPDIR in which programs may be started",
      );
  }
};

/** Of an agent whose policy comes into force at some time after its start. */
export const deniesBoth = async (host: Host, place: Place): Promise<true | undefined> =>
  (await refusedIn(host, place, deniedFolder(place.directory), 1)) === 2 ? true : undefined;

/**
 * In words, for the record.
 *
 * @throws TareError `run-failed` where it lets any of them through, or denies what its policy does not name
 */
const proveDenials = async (host: Host, place: Place, who: string): Promise<string> => {
  const tried = 2 * TRIES;
  const denied = await refusedIn(host, place, deniedFolder(place.directory), TRIES);
  if (denied < tried)
    throw new TareError(
      "run-failed",
      `${who} denied ${denied} of ${tried} execs and opens that its policy denies`,
      "its cost would be that of an agent that enforces nothing",
    );
  if ((await refusedIn(host, place, allowedFolder(place.directory), 1)) > 0)
    throw new TareError(
      "run-failed",
      `with ${who} running, what its policy does not deny cannot be used either: ${allowedFolder(place.directory)}`,
      "see its log: its cost would be that of an agent that refuses everything",
    );
  return `${denied} of ${tried} execs and opens at its start, and two more whenever its losses are read; what lies beside them was not`;
};

/** What it lost, unless it has stopped to enforce. */
const whileDenying = async (
  host: Host,
  place: Place,
  lost: () => Promise<Reading<number>>,
): Promise<Reading<number>> => {
  if ((await deniesBoth(host, place)) === undefined)
    return missing("it let an exec or an open through that its policy denies");
  return (await refusedIn(host, place, allowedFolder(place.directory), 1)) === 0
    ? await lost()
    : missing("an exec or an open was refused that its policy does not deny");
};

/**
 * What is to be denied is there before the agent starts, and is tried once it runs and whenever its losses are read.
 *
 * @param start gets the folder that the policy is to deny
 * @throws TareError `run-failed` as `makeDenied` and `proveDenials` do
 */
export const startDenying = async (
  host: Host,
  context: AgentContext,
  who: string,
  start: (denied: string) => Promise<RunningAgent>,
): Promise<RunningAgent> => {
  await makeDenied(host, context);
  const started = await start(deniedFolder(context.directory));
  return {
    ...started,
    settings: { ...started.settings, denied: await proveDenials(host, context, who) },
    lost: () => whileDenying(host, context, () => started.lost()),
  };
};

/** @param counted the variant that denies nothing */
export const notDenyingInGuest = (counted: string): string =>
  `whether it denies has to be tried while it runs, which a guest that counts does not do: count ${counted}`;
