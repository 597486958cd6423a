/** Words on the command line as values: commander calls these for each flag, once, before anything else happens. */
import type { Command } from "commander";
import { TareError } from "../domain/errors.ts";

/** "a, b" as a and b. */
export const parseNames = (text: string): readonly string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

/** For a flag that may be given more than once. */
export const collected = (text: string, earlier: readonly string[] = []): readonly string[] => [
  ...earlier,
  text,
];

export const parseWhole = (flag: string, text: string, min: number): number => {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= min) return number;
  throw new TareError(
    "usage",
    `${flag} ${text}: not a whole number of at least ${min}`,
    `for example ${flag} ${Math.max(min, 12)}`,
  );
};

/** The parser of a flag that takes a whole number. */
export const whole =
  (flag: string, min: number) =>
  (text: string): number =>
    parseWhole(flag, text, min);

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** `90s`, `10m`, `2h` in seconds. */
export const parseDuration = (flag: string, text: string): number => {
  const match = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text);
  const factor = SECONDS[match?.[2] ?? ""];
  if (factor === undefined || Number(match?.[1]) <= 0) {
    throw new TareError(
      "usage",
      `${flag} ${text}: not a duration`,
      `for example ${flag} 90s, ${flag} 10m or ${flag} 2h`,
    );
  }
  return Number(match?.[1]) * factor;
};

/** Flags that `tare run` and `tare calibrate` share. `usual`: how many blocks there are without --blocks. */
export const addMeasuringFlags = (command: Command, usual: string): Command =>
  command
    .option("--blocks <n>", `number of blocks (default: ${usual})`, whole("--blocks", 1))
    .option("--time-budget <time>", "start no block that would end later: 90s, 10m, 2h", (text) =>
      parseDuration("--time-budget", text),
    )
    .option(
      "--seed <n>",
      "seed of the order and of the analysis (default: from the clock)",
      whole("--seed", 0),
    )
    .option("--out <dir>", "folder for the record and the summaries (default: results/<time>-<host>)")
    .option("--report <file>", "where to write the page (default: reports/<run>.html)")
    .option("--allow-foreign", "measure although something else traces this node already");
