/** What `tare-sensor` (`bpf/`) is to those that start it: its program, its lines, its own count of losses. */
import * as z from "zod";
import type { AgentContext, AgentOutput, RunningAgent } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { type Reading, value } from "../../domain/units.ts";
import type { From } from "../../domain/schema.ts";
import {
  askOwnProgram,
  familyFlag,
  readAnswer,
  type StartedProgram,
  startOwnProgram,
} from "./own-program.ts";

export const SENSOR = "tare-sensor";

export const SENSOR_FORMS: AgentOutput["forms"] = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "ipv4", before: '"address":"' },
};

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
