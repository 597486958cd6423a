/**
 * Calibration programs (`bpf/calibration/`): how one is found, started, and asked what it truly did. All of them say `ready` on standard
 * error, answer SIGUSR1 with one line of `Injected`, and end at SIGTERM.
 */
import type { AgentContext, AgentSheet, Injected, Probe, RunningAgent } from "../../domain/agent.ts";
import type { Host, HostProcess } from "../../domain/host.ts";
import { missing, type Reading, value } from "../../domain/units.ts";
import { askForLine } from "./appended-line.ts";
import { noCounter } from "./no-counter.ts";
import { type Check, firstObstacle, needsBtf, needsRoot } from "./obstacle.ts";
import { awaitReadyLine } from "./ready-line.ts";

/** The data sheet's part that is the same for all. */
export const CALIBRATION = {
  role: "calibration",
  homepage: "",
} as const satisfies Partial<AgentSheet>;

/** `dose`, `discard`, `hold`: the programs are named `tare-<name>`. */
export type CalibrationProgram = "dose" | "discard" | "hold";

const pathOf = (host: Host, program: CalibrationProgram): string =>
  `${host.root}/build/bpf/calibration/tare-${program}`;

const needsProgram =
  (program: CalibrationProgram): Check =>
  async (host) =>
    (await host.which(pathOf(host, program))) === undefined
      ? {
          reason: `it is not built: there is no build/bpf/calibration/tare-${program}`,
          hint: "run: sh scripts/setup.sh build",
        }
      : undefined;

export const probeCalibration = async (
  host: Host,
  program: CalibrationProgram,
  ...more: readonly Check[]
): Promise<Probe> =>
  (await firstObstacle(host, [needsProgram(program), ...more, needsRoot, needsBtf])) ?? {
    kind: "available",
    // They belong to this checkout, whose version the record has anyway.
    version: "-",
    path: pathOf(host, program),
  };

export interface StartedCalibration {
  readonly process: HostProcess;
  readonly log: string;
  readonly readyLine: string;
  /** Asks the running program. */
  readonly injected: NonNullable<RunningAgent["injected"]>;
}

/** Starts the program and waits until it is ready by its own proof. */
export const startCalibration = async (
  host: Host,
  context: AgentContext,
  program: CalibrationProgram,
  args: readonly string[],
): Promise<StartedCalibration> => {
  const log = `${context.directory}/calibration.err`;
  const report = `${context.directory}/injected.jsonl`;
  await host.writeText(report, "");
  const process = await context.launch(
    {
      command: pathOf(host, program),
      args: [...args, `--report=${report}`],
      stdout: `${context.directory}/calibration.out`,
      stderr: log,
    },
    { signals: ["SIGTERM"], graceMs: 5000 },
  );
  const readyLine = await awaitReadyLine(
    host,
    context,
    process,
    log,
    `tare-${program}`,
    "run build/bpf/tare-sensor --explain as root: it tries every hook and says why one fails",
  );
  const injected = async (): Promise<Reading<Injected>> => {
    const line = await askForLine(host, process.pid, report, "the calibration program", "report");
    return line.kind === "missing" ? line : parseInjected(line.value);
  };
  return { process, log, readyLine, injected };
};

const FIELDS = ["operations", "workloadNs", "agentNs", "discarded", "mapBytes"] as const;

/** What one line of a report says. */
export const parseInjected = (line: string): Reading<Injected> => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return missing(`the report is no JSON: ${line.slice(0, 80)}`);
  }
  const sums = new Map(typeof parsed === "object" && parsed !== null ? Object.entries(parsed) : []);
  const read = FIELDS.map((field) => {
    const sum: unknown = sums.get(field);
    return typeof sum === "number" && Number.isSafeInteger(sum) && sum >= 0 ? sum : undefined;
  });
  const [operations, workloadNs, agentNs, discarded, mapBytes] = read;
  if (
    operations === undefined ||
    workloadNs === undefined ||
    agentNs === undefined ||
    discarded === undefined ||
    mapBytes === undefined
  ) {
    const lacking = FIELDS.filter((_, index) => read[index] === undefined).join(", ");
    return missing(`the report has no ${lacking}: ${line.slice(0, 80)}`);
  }
  return value({ operations, workloadNs, agentNs, discarded, mapBytes });
};

/** Why an agent that writes nothing declares nothing. */
export const NO_EVENTS = noCounter("it writes no events, so it has none to lose");
