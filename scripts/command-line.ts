/** Command lines of what `npm run` starts beside tare itself: `--help` teaches, and what is not understood ends with exit code 2. */
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { EXIT } from "../src/domain/errors.ts";

/** @param typed What a user types before the options, for instance `npm run fuzz --` */
export const commandLine = (typed: string, description: string): Command =>
  new Command(typed)
    .description(description)
    .showHelpAfterError(`\`${typed} --help\` lists what there is`)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT.usage));

/** Any number of these; none: all of them. */
export const someOf = (name: string, described: string, known: readonly string[]): Argument =>
  new Argument(`[${name}...]`, described).choices(known);

/** As `someOf`, by an option that may be repeated. */
export const someByOption = (flags: string, described: string, known: readonly string[]): Option =>
  new Option(flags, described).choices(known);

export const aboveZero = (text: string): number => {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError("It must be a number above 0.");
};

export const wholeNumber = (text: string): number => {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError("It must be a whole number.");
};

/** At least 1. */
export const countOf = (text: string): number => {
  const count = wholeNumber(text);
  if (count > 0) return count;
  throw new InvalidArgumentError("It must be at least 1.");
};

/** The exit code of what could not try what it exists for: skipped is not passed, unless TARE_TEST_MAY_SKIP says so. */
export const exitOfSkipped = (): number => {
  if (process.env["TARE_TEST_MAY_SKIP"] === "yes") return 0;
  process.stderr.write("skipped is not passed (TARE_TEST_MAY_SKIP=yes allows it)\n");
  return EXIT.hostUnfit;
};
