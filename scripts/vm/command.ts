/** What the small programs of this folder share: flags, JSON on standard output, errors with a hint and tare's exit codes. */
import { parseArgs } from "node:util";
import type { ParseArgsConfig } from "node:util";
import { EXIT, TareError } from "../../src/domain/errors.ts";
import { say } from "./shell.ts";

interface CommandLine {
  readonly usage: string;
  readonly options: NonNullable<ParseArgsConfig["options"]>;
  /** What follows the flags is the job's command. */
  readonly takesCommand?: boolean;
}

export interface Parsed {
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

export const printJson = (thing: unknown): void => {
  process.stdout.write(`${JSON.stringify(thing, undefined, 2)}\n`);
};

const parse = (line: CommandLine): Parsed => {
  try {
    const { values, positionals } = parseArgs({
      options: { ...line.options, help: { type: "boolean", short: "h" } },
      allowPositionals: line.takesCommand ?? false,
    });
    return { values, positionals };
  } catch (error) {
    throw new TareError("usage", error instanceof Error ? error.message : String(error), line.usage);
  }
};

/** Runs a program's work; its result, or 0, becomes the exit status. */
export const command = async (
  line: CommandLine,
  work: (parsed: Parsed) => Promise<number | undefined | void>,
): Promise<void> => {
  try {
    const parsed = parse(line);
    if (parsed.values["help"] === true) {
      process.stdout.write(`${line.usage}\n`);
      return;
    }
    process.exitCode = (await work(parsed)) ?? 0;
  } catch (error) {
    if (error instanceof TareError) {
      say(`error: ${error.message}`);
      say(`hint: ${error.hint}`);
      process.exitCode = error.exitCode;
    } else {
      say(`a bug in tare: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      process.exitCode = EXIT.bug;
    }
  }
};
