/** Operations of tare's own beside a trial: to see whether an agent is ready, how late a lone event is, and to push held-back events out. */
import { describeExit, type EffectScope, type Exit, type Host, type HostProcess } from "../domain/host.ts";
import type { Scenario } from "../domain/scenario.ts";
import type { Family } from "../domain/units.ts";
import { StageFailure } from "./context.ts";
import { programOf } from "./drive.ts";
import { lastLines } from "./last-lines.ts";
import { type Namespaces, startedIn } from "./namespaces.ts";

/**
 * Trials by family, so that a line that shows one family's sentinel vouches for no other. An address has room for the last digit, and no other
 * trial's ends in f.
 */
export const SENTINEL_TRIALS: Readonly<Record<Family, string>> = {
  exec: "fff1",
  file: "fff2",
  network: "ffff",
  write: "fff3",
  "high-value": "fff4",
  rename: "fff5",
  delete: "fff6",
};

export interface SentinelSpec {
  readonly trial: string;
  readonly intervalMs: number;
  readonly directory: string;
  readonly namespaces: Namespaces;
  readonly stderr: string;
}

/** One operation each interval until its input is closed. Its first line says that it begins. */
export const startSentinel = async (
  host: Host,
  effects: EffectScope,
  scenario: Scenario,
  { trial, intervalMs, directory, namespaces, stderr }: SentinelSpec,
): Promise<HostProcess> => {
  const [command, ...args] = programOf(host, scenario);
  return await effects.start(
    startedIn(namespaces, {
      command,
      args: [
        ...args,
        "--mode=sentinel",
        `--trial=${trial}`,
        `--interval-ms=${intervalMs}`,
        `--directory=${directory}`,
      ],
      stdout: "pipe",
      stderr,
    }),
    { signals: ["SIGTERM"], graceMs: 2000 },
  );
};

/** It runs until it is told to end, and ends well then. */
const isFailure = ({ code, signal }: Exit): boolean => code !== 0 || signal !== null;

/** What an agent was never given to see is not its fault. Undefined while the sentinel runs, and where it ended well. */
export const sentinelFailure = async (
  host: Host,
  { id }: Scenario,
  sentinel: HostProcess,
  { stderr }: Pick<SentinelSpec, "stderr">,
  stage: string,
): Promise<StageFailure | undefined> => {
  const exit = sentinel.exit();
  if (exit === undefined || !isFailure(exit)) return undefined;
  const message = `tare's own ${id}, which the agent was to see, ended by itself: ${describeExit(exit)}`;
  return new StageFailure(stage, message, await lastLines(host, [stderr]));
};
