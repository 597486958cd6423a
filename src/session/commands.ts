/** Teams' own workloads, as `--command` names them: each a scenario of its own in the runs that ask for it. */
import { basename } from "node:path";
import { TareError } from "../domain/errors.ts";
import { fileName } from "../domain/file-name.ts";
import type { TeamCommand } from "../domain/plan.ts";
import { runsOf, type Scenario } from "../domain/scenario.ts";

/** NAME=LINE. Lower case and hyphens, which no variable of the environment is named with: `CC=clang make` has no name. */
const NAMED = /^(?<name>[a-z][a-z0-9-]*)=(?<run>.*)$/su;
const PREFIX = "command-";
/** A guess, for the forecast alone: nothing is run to find out. */
const SECONDS_EACH = 5;
const RUNS = 2;

/** @throws TareError `usage` for a line without a command, and for a name that is taken */
export const teamCommands = (
  texts: readonly string[],
  directory: string,
  taken: readonly string[],
): readonly TeamCommand[] => {
  const commands: TeamCommand[] = [];
  const isTaken = (id: string): boolean => taken.includes(id) || commands.some((one) => one.id === id);
  for (const text of texts) {
    const { name, run = text } = NAMED.exec(text)?.groups ?? {};
    if (run.trim() === "")
      throw new TareError(
        "usage",
        `--command "${text}" names no command`,
        "for example --command 'make -j2'",
      );
    if (run.includes("\0"))
      throw new TareError("usage", "--command has a NUL character in it", "no shell can be given one");
    if (name !== undefined && isTaken(name))
      throw new TareError(
        "usage",
        `--command ${name}=...: there is a scenario "${name}" already`,
        "give it another name",
      );
    commands.push({ id: name ?? freeId(run, isTaken), run, directory });
  }
  return commands;
};

/** By its program: "command-make", "command-make-2". */
const freeId = (run: string, isTaken: (id: string) => boolean): string => {
  const words = run.trim().split(/\s+/u);
  const program = words.find((word) => !/^\w+=/u.test(word)) ?? "";
  const id = `${PREFIX}${fileName(basename(program)).toLowerCase() || "run"}`;
  for (let number = 1; ; number++) {
    const numbered = number === 1 ? id : `${id}-${number}`;
    if (!isTaken(numbered)) return numbered;
  }
};

const scenarioOf = ({ id, run, directory }: TeamCommand): Scenario => ({
  id,
  title: id,
  summary: run,
  operations: ["run"],
  driver: { kind: "command", needs: {}, run, directory },
  secondsEach: SECONDS_EACH,
  loads: runsOf(RUNS),
});

export const withCommands = (
  scenarios: ReadonlyMap<string, Scenario>,
  commands: readonly TeamCommand[] = [],
): ReadonlyMap<string, Scenario> =>
  new Map([...scenarios, ...commands.map((command) => [command.id, scenarioOf(command)] as const)]);
