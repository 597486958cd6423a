/** `tare calibrate`: known costs and losses alone, to see what this node can resolve before a sensor is judged on it. */
import { Command, Option } from "commander";
import { blocksForCost } from "../../analyse/power.ts";
import { EXIT } from "../../domain/errors.ts";
import type { Calibration, Summary } from "../../domain/verdict.ts";
import { renderCalibration } from "../../report/terminal/calibration.ts";
import { newRun } from "../../session/new-run.ts";
import { writeResults } from "../../session/outputs.ts";
import type { RunSettings } from "../../session/settings.ts";
import type { CliContext } from "../context.ts";
import { exitsWith } from "../exit-code.ts";
import { exitCodesHelp } from "../explain/exit-codes.ts";
import { addMeasuringFlags, parseNames, whole } from "../flags.ts";

const AGENTS = ["nothing", "cost", "loss", "cpu", "memory"].map((name) => `calibration-${name}`);
const SCENARIOS = ["process-exec", "file-open", "network-connect"];

const BUDGET_SECONDS = 600;

interface CalibrateFlags extends Omit<RunSettings, "profile" | "filesOn"> {
  readonly cost: number;
  readonly report?: string;
  readonly json?: boolean;
}

export const calibrateCommand = (context: CliContext): Command => {
  const command = new Command("calibrate")
    .description("measure known costs and losses: what can this node resolve, and how long does that take?")
    .addOption(
      new Option("--scenarios <list>", "workloads, comma-separated")
        .argParser(parseNames)
        .default(SCENARIOS, SCENARIOS.join(",")),
    )
    .option(
      "--cost <ns>",
      "a cost in ns for each operation: how many blocks would find it?",
      whole("--cost", 1),
      500,
    );
  return addMeasuringFlags(command, "12, within 10 minutes")
    .option("--json", "print JSON on standard output")
    .addHelpText(
      "after",
      `
Examples:
  tare calibrate               exec, open and connect; about 10 minutes
  tare calibrate --scenarios file-open --cost 200
                               blocks that it takes to find 200 ns for each open

${exitCodesHelp("calibrate")}`,
    )
    .action(exitsWith((flags: CalibrateFlags) => calibrate(context, flags)));
};

const calibrate = async (context: CliContext, flags: CalibrateFlags): Promise<number> => {
  const { host, screen } = context;
  const path = await newRun(context, {
    timeBudget: BUDGET_SECONDS,
    ...flags,
    profile: "quick",
    agents: AGENTS,
    filesOn: "disk",
  });
  const { summary, files } = await writeResults(host, path, flags.report);
  const { cost } = flags;
  screen.result(
    flags.json === true
      ? `${JSON.stringify(asJson(summary, cost), null, 2)}\n`
      : renderCalibration(
          summary,
          { ns: cost, blocks: (calibration) => neededFor(calibration, summary.run.blocks, cost) },
          screen,
        ),
  );
  for (const file of files) screen.info(`wrote ${file}`);
  return cameBack(summary) ? EXIT.withinBudget : EXIT.inconclusive;
};

const cameBack = ({ trust }: Summary): boolean =>
  trust.failures.length === 0 &&
  trust.calibration.length > 0 &&
  trust.calibration.every(({ passed }) => passed === true) &&
  trust.knownLoss.every(({ exact }) => exact);

const asJson = (summary: Summary, costNs: number): unknown => ({
  run: summary.run,
  scenarios: summary.trust.calibration.map((calibration) => ({
    ...calibration,
    forCost: { ns: costNs, blocks: neededFor(calibration, summary.run.blocks, costNs) },
  })),
  knownLoss: summary.trust.knownLoss,
  knownLevels: summary.trust.knownLevels,
  aa: summary.trust.aa,
  failures: summary.trust.failures,
});

const neededFor = ({ minimalDetectable }: Calibration, blocks: number, costNs: number): number | null =>
  minimalDetectable === null ? null : blocksForCost(minimalDetectable.ns, blocks, costNs);
