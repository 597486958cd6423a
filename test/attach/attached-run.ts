/** Runs of the real program with `--attach`: whole ones, and ones that a signal ends in the middle. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { nodeFlags } from "../../src/domain/node-flags.ts";
import type { SummaryJson } from "../../src/report/summary-json.ts";
import { ROOT } from "../support/agent-session.ts";

const MAIN = join(ROOT, "src/cli/main.ts");

/** Standard output of a command, trimmed. */
export const said = (command: string, ...args: readonly string[]): string =>
  spawnSync(command, args, { encoding: "utf8" }).stdout.trim();

export interface Setting {
  /** As `--attach` takes it. */
  readonly target: string;
  readonly scenarios: string;
  /** Where results and the journal go. */
  readonly folder: string;
  /** Whether the service runs now. */
  isActive(): boolean;
}

export const journalOf = ({ folder }: Setting): string => join(folder, "tare/journal");

const environmentOf = (setting: Setting) => ({
  ...process.env,
  TARE_JOURNAL: journalOf(setting),
  NO_COLOR: "1",
});

const argumentsOf = ({ target, scenarios }: Setting, out: string, blocks: number): readonly string[] => {
  const files = ["--out", out, "--report", `${out}.html`, "--json"];
  const what = ["--agents", "sensor", "--scenarios", scenarios, "--profile", "smoke", "--allow-foreign"];
  return [...nodeFlags(), MAIN, "run", "--attach", target, ...what, "--blocks", String(blocks), ...files];
};

/** A run of one block to its end, which must be a good one. */
export const wholeRun = (setting: Setting): SummaryJson => {
  const args = argumentsOf(setting, join(setting.folder, "whole"), 1);
  const run = spawnSync(process.execPath, args, { env: environmentOf(setting), encoding: "utf8" });
  const stderr = expect.not.stringContaining("error:") as string;
  expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr });
  return JSON.parse(run.stdout) as SummaryJson;
};

/** Until the run is in its trials, and the service runs or does not, as is wanted. */
const untilMeasuring = async (
  setting: Setting,
  out: string,
  active: boolean,
  ended: () => boolean,
): Promise<void> => {
  const record = join(out, "record.jsonl");
  const trials = (): number =>
    existsSync(record) ? readFileSync(record, "utf8").split('"type":"trial"').length - 1 : 0;
  while (!ended() && !(trials() > 1 && setting.isActive() === active)) await sleep(100);
};

/** Starts a run, sends it a signal in the middle, and tells how it ended. */
export const signalledRun = async (
  setting: Setting,
  signal: NodeJS.Signals,
  when: { readonly active: boolean },
) => {
  const out = join(setting.folder, signal);
  const child = spawn(process.execPath, argumentsOf(setting, out, 5), {
    env: environmentOf(setting),
    stdio: ["ignore", "ignore", "pipe"],
  });
  let words = "";
  child.stderr.on("data", (piece: Buffer) => {
    words += piece.toString();
  });
  let end: { readonly code: number | null; readonly by: NodeJS.Signals | null } | undefined;
  const closed = new Promise<void>((done) => {
    child.once("close", (code, by) => {
      end = { code, by };
      done();
    });
  });
  await untilMeasuring(setting, out, when.active, () => end !== undefined);
  child.kill(signal);
  await closed;
  return { end, words };
};

/** `tare clean` after a run that was killed. */
export const cleanUp = (setting: Setting) =>
  spawnSync(process.execPath, [...nodeFlags(), MAIN, "clean"], {
    env: environmentOf(setting),
    encoding: "utf8",
  });
