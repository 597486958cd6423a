/** What `tare-sensor` (`bpf/`) is to those that start it: its program, its lines, its own count of losses. */
import * as z from "zod";
import type { AgentContext, AgentOutput, RunningAgent } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { value } from "../../domain/units.ts";
import { askOwnProgram, familyFlag, type StartedProgram, startOwnProgram } from "./own-program.ts";

export const SENSOR = "tare-sensor";

export const SENSOR_FORMS: AgentOutput["forms"] = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "ipv4", before: '"address":"' },
};

const Lost = z.object({ lost: z.number() });
const Statistics = z.object({ families: z.record(z.string(), Lost), written: Lost });

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
    // Lost in the kernel, of every family, and on the way to the file. Asking makes it write whatever it holds.
    lost: async () => {
      const said = await askOwnProgram(host, started.process, stats, Statistics, "statistics");
      if (said.kind === "missing") return said;
      const { families, written } = said.value;
      return value([...Object.values(families), written].reduce((sum, { lost }) => sum + lost, 0));
    },
  };
};
