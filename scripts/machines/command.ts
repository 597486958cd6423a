/** What the programs of this folder share: flags, errors with a hint, and tare's exit codes. */
import { parseArgs } from "node:util";
import type { ParseArgsConfig } from "node:util";
import { EXIT, TareError, messageOf } from "../../src/domain/errors.ts";
import type { BuildContext } from "../../src/machines/images/shell.ts";
import { untilInterrupted } from "../../src/machines/interruption.ts";

interface CommandLine {
  readonly usage: string;
  readonly options: NonNullable<ParseArgsConfig["options"]>;
  /** What follows the flags is a command for the guest. */
  readonly takesCommand: boolean;
}

export interface Parsed {
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/** Standard output is for what was asked for. */
const info = (text: string): void => {
  process.stderr.write(`vm: ${text}\n`);
};

const parse = (line: CommandLine): Parsed => {
  try {
    return parseArgs({
      options: { ...line.options, help: { type: "boolean", short: "h" } },
      allowPositionals: line.takesCommand,
    });
  } catch (error) {
    throw new TareError("usage", messageOf(error), line.usage);
  }
};

/** A whole number above 0. */
export const positive = (flag: string, text: unknown): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new TareError("usage", `--${flag} is "${String(text)}"`, "it is a whole number above 0");
};

/** Runs a program's work; its result becomes the exit status. */
export const command = async (
  line: CommandLine,
  work: (parsed: Parsed, context: BuildContext) => Promise<number>,
): Promise<void> => {
  try {
    const parsed = parse(line);
    if (parsed.values["help"] === true) {
      process.stdout.write(`${line.usage}\n`);
      return;
    }
    process.exitCode = await untilInterrupted(
      async (signal) => await work(parsed, { info, signal }),
      (name) => {
        info(`${name}: stopping`);
      },
    );
  } catch (error) {
    if (error instanceof TareError) {
      info(`error: ${error.message}`);
      info(`hint: ${error.hint}`);
      process.exitCode = error.exitCode;
    } else {
      info(`a bug in tare: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      process.exitCode = EXIT.bug;
    }
  }
};
