/** Calibration programs (`bpf/calibration/`): how one is started, and asked what it truly did. */
import * as z from "zod";
import type { Agent, AgentContext, AgentSheet, RunningAgent } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { noCounter } from "./no-counter.ts";
import { firstObstacle, needsBtf, needsRoot } from "./obstacle.ts";
import {
  askOwnProgram,
  needsBuilt,
  ownProgram,
  type StartedProgram,
  startOwnProgram,
} from "./own-program.ts";

export const CALIBRATION = {
  role: "calibration",
  homepage: "",
} as const satisfies Partial<AgentSheet>;

type CalibrationProgram = "dose" | "discard" | "hold" | "serve";

const nameOf = (program: CalibrationProgram): string => `calibration/tare-${program}`;

export const probeCalibration =
  (program: CalibrationProgram, ...others: readonly string[]): Agent["probe"] =>
  async (host) =>
    (await firstObstacle(host, [
      ...[nameOf(program), ...others].map((name) => needsBuilt(name)),
      needsRoot,
      needsBtf,
    ])) ?? {
      kind: "available",
      // They belong to this checkout, whose version the record has anyway.
      version: "-",
      path: ownProgram(host, nameOf(program)),
    };

const Sum = z.int().min(0);
export const Report = z.object({
  operations: Sum,
  workloadNs: Sum,
  agentNs: Sum,
  discarded: Sum,
  mapBytes: Sum,
});

export const startCalibration = async (
  host: Host,
  context: AgentContext,
  program: CalibrationProgram,
  args: readonly string[],
): Promise<StartedProgram & Required<Pick<RunningAgent, "injected">>> => {
  const report = `${context.directory}/injected.jsonl`;
  await host.writeText(report, "");
  const started = await startOwnProgram(host, context, nameOf(program), [...args, `--report=${report}`]);
  return { ...started, injected: () => askOwnProgram(host, started.process, report, Report, "report") };
};

/**
 * One that writes no event. It has no output, which would be a cost beside its own, and so no sentinel: the program has proved each hook on an
 * operation before it said ready.
 */
export const startSilent = async (
  host: Host,
  context: AgentContext,
  program: CalibrationProgram,
  args: readonly string[],
): Promise<RunningAgent> => {
  const { process, log, hooks, injected } = await startCalibration(host, context, program, args);
  return {
    processes: [process],
    outputs: [],
    logs: [log],
    settings: { command: `tare-${program} ${args.join(" ")}`, ...(hooks === undefined ? {} : { hooks }) },
    lost: noCounter("it writes no events, so it has none to lose"),
    injected,
  };
};
