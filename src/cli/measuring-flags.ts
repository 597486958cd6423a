/** Flags that `tare run` and `tare calibrate` share, and the settings that they decide. */
import type { Command } from "commander";
import type { Profile } from "../plan/profiles.ts";
import { runLength, type RunSettings } from "../session/settings.ts";
import { duration, whole } from "./flags.ts";

/** As commander hands them over, each parsed. */
export interface MeasuringFlags {
  readonly blocks?: number;
  readonly timeBudget?: number;
  readonly seed?: number;
  readonly out?: string;
  readonly report?: string;
  readonly allowForeign?: boolean;
  readonly json?: boolean;
}

/** `usual`: how long a run is when no flag says it, for the help. */
export const addMeasuringFlags = (command: Command, usual: string): Command =>
  command
    .option("--blocks <n>", `number of blocks (default: ${usual})`, whole("--blocks", 1))
    .option(
      "--time-budget <time>",
      "start no block that would end later: 90s, 10m, 2h",
      duration("--time-budget"),
    )
    .option(
      "--seed <n>",
      "seed of the order and of the analysis (default: from the clock)",
      whole("--seed", 0),
    )
    .option("--out <dir>", "folder for the record and the summaries (default: results/<time>-<host>)")
    .option("--report <file>", "where to write the page (default: reports/<run>.html)")
    .option("--allow-foreign", "measure although something else traces this node already");

export const measuringSettings = (
  profile: Profile,
  { blocks, timeBudget, seed, allowForeign, out }: MeasuringFlags,
): Pick<RunSettings, "profile" | "length" | "seed" | "allowForeign" | "folder"> => ({
  profile,
  length: runLength(profile, blocks, timeBudget),
  seed: seed ?? Date.now() % 2 ** 31,
  allowForeign: allowForeign === true,
  folder: out,
});
