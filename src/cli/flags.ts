/** Words on the command line as values: commander calls these for each flag, once, before anything else happens. */
import { TareError } from "../domain/errors.ts";
import { PROFILE_IDS } from "../domain/plan.ts";
import { PROFILES, type Profile } from "../plan/profiles.ts";
import { suggest } from "../domain/suggest.ts";

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

/** The seed of a run whose user names none. */
export const clockSeed = (): number => Date.now() % 2 ** 31;

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

/** The parser of a flag that takes a duration. */
export const duration =
  (flag: string) =>
  (text: string): number =>
    parseDuration(flag, text);

export const parseProfile = (word: string): Profile => {
  const id = PROFILE_IDS.find((known) => known === word);
  if (id !== undefined) return PROFILES[id];
  const near = suggest(word, PROFILE_IDS);
  throw new TareError(
    "usage",
    `unknown profile "${word}"`,
    near === undefined ? `known: ${PROFILE_IDS.join(", ")}` : `did you mean "${near}"?`,
  );
};
