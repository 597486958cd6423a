/** What `tare-sensor` (`bpf/`) is to those that start it: its program, its lines, its own count of losses. */
import * as z from "zod";
import type { AgentContext, AgentOutput, AgentSheet, RunningAgent } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { type Reading, value } from "../../domain/units.ts";
import type { From } from "../../domain/schema.ts";
import {
  askOwnProgram,
  familyFlag,
  readAnswer,
  type StartedProgram,
  startOwnProgram,
  needsBuilt,
  ownProgram,
} from "./own-program.ts";
import { EACH_EVENT } from "./loss-counters.ts";
import { firstObstacle, needsBtf, needsRoot } from "./obstacle.ts";
import { versionOf } from "./probe.ts";

export const SENSOR = "tare-sensor";

export const SENSOR_FORMS = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "ipv4", before: '"address":"' },
} as const satisfies AgentOutput["forms"];

const Lost = z.object({ lost: z.number() });
const Statistics = z.object({ families: z.record(z.string(), Lost), written: Lost });

/** In the kernel, of every family, and on the way to the file. */
const lostOf = (said: Reading<From<typeof Statistics>>): Reading<number> =>
  said.kind === "missing"
    ? said
    : value(
        [...Object.values(said.value.families), said.value.written].reduce((sum, { lost }) => sum + lost, 0),
      );

/** From a line of its statistics. */
export const lostIn = (line: string): Reading<number> => lostOf(readAnswer(Statistics, line, "statistics"));

export const startSensor = (
  host: Host,
  context: AgentContext,
  ...args: readonly string[]
): Promise<StartedSensor> => startSensorOf(host, context, [familyFlag(context.families), ...args]);

type StartedSensor = StartedProgram & Pick<RunningAgent, "lost">;

/** `args` name the families, of which it has more than a run counts. */
export const startSensorOf = async (
  host: Host,
  context: AgentContext,
  args: readonly string[],
): Promise<StartedSensor> => {
  const stats = `${context.directory}/stats.jsonl`;
  await host.writeText(stats, "");
  const started = await startOwnProgram(host, context, SENSOR, [...args, `--stats=${stats}`]);
  return {
    ...started,
    // Asking makes it write whatever it holds.
    lost: async () => lostOf(await askOwnProgram(host, started.process, stats, Statistics, "statistics")),
  };
};

const HINT = "run: sh scripts/setup.sh build (or: tare agents install sensor)";

/** The least ring that it takes, a page of the largest size in use, and its default. */
export const RING_BYTES = { smallest: 65_536, usual: 8 * 1024 * 1024 } as const;

/** Whichever policy it follows. */
export const SENSOR_SHEET = {
  homepage: "",
  overload: "drops",
  lossCounter: EACH_EVENT,
  probe: async (host) =>
    (await firstObstacle(host, [needsBuilt(SENSOR, HINT), needsRoot, needsBtf])) ?? {
      kind: "available",
      version: (await versionOf(host, ownProgram(host, SENSOR))) ?? "unknown",
      path: ownProgram(host, SENSOR),
    },
} as const satisfies Partial<AgentSheet>;
