/** The flags of `tare run`, checked before anything else happens. */
import { TareError } from "../domain/errors.ts";
import { PROFILE_IDS } from "../domain/plan.ts";
import { PROFILES } from "../plan/profiles.ts";
import type { Profile } from "../plan/profiles.ts";
import { suggest } from "../domain/suggest.ts";

/** As commander hands them over. */
export interface RunFlags {
  readonly profile: string;
  readonly agents?: string;
  readonly agentFile?: readonly string[];
  readonly attach?: readonly string[];
  readonly scenarios?: string;
  readonly blocks?: string;
  readonly timeBudget?: string;
  readonly seed?: string;
  readonly budget?: string;
  readonly out?: string;
  readonly report?: string;
  readonly resume?: string;
  readonly filesOn: string;
  readonly dryRun?: boolean;
  readonly backpressure?: boolean;
  readonly allowForeign?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

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

export const parseWhole = (flag: string, text: string, least: number): number => {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw new TareError(
    "usage",
    `${flag} ${text}: not a whole number of at least ${least}`,
    `for example ${flag} ${Math.max(least, 12)}`,
  );
};

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

export const parseFilesOn = (word: string): "disk" | "tmpfs" => {
  if (word === "disk" || word === "tmpfs") return word;
  throw new TareError("usage", `--files-on ${word}: not a place for files`, "disk (the default) or tmpfs");
};
