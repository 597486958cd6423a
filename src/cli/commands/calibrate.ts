/** `tare calibrate`: known costs and losses alone, to see what this node can resolve before a sensor is judged on it. */
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { blocksForCost } from "../../analyse/power.ts";
import { EXIT } from "../../domain/errors.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { Calibration } from "../../domain/self-checks.ts";
import { refuseUnwritable } from "../../record/files.ts";
import { renderCalibration } from "../../report/calibration.ts";
import { summaryJson } from "../../report/json.ts";
import { newRun } from "../../session/new-run.ts";
import { writeResults } from "../../session/outputs.ts";
import type { RunSettings } from "../../session/settings.ts";
import type { CliContext } from "../context.ts";
import { exitsWith } from "../exit-code.ts";
import { exitCodesHelp } from "../explain/exit-codes.ts";
import { addMeasuringFlags, parseNames, whole } from "../flags.ts";
import { becomeOwnerOf } from "../../host/privileges.ts";

/** Three doses are the fewest that show whether cost rises in a straight line; each turn saved is a block more. */
const AGENTS = ["nothing", "cost@0", "cost@budget", "cost@double", "loss@silent-10", "cpu", "memory"].map(
  (name) => `calibration-${name}`,
);
const SCENARIOS = ["process-exec", "file-open", "network-connect"];

const BUDGET_SECONDS = 300;
/** More than fit into it: no budget says when the known costs are precise enough. */
const MAX_BLOCKS = 40;

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
  return addMeasuringFlags(command, "as many as fit into 5 minutes")
    .option("--json", "print JSON on standard output")
    .addHelpText(
      "after",
      `
Examples:
  tare calibrate               exec, open and connect; about 5 minutes
  tare calibrate --scenarios file-open --cost 200
                               blocks that it takes to find 200 ns for each open

${exitCodesHelp("calibrate")}`,
    )
    .action(exitsWith((flags: CalibrateFlags) => calibrate(context, flags)));
};

const calibrate = async (context: CliContext, flags: CalibrateFlags): Promise<number> => {
  const { host, screen } = context;
  if (flags.report !== undefined) await refuseUnwritable(resolve(flags.report), "--report");
  const path = await newRun(context, {
    blocks: MAX_BLOCKS,
    timeBudget: BUDGET_SECONDS,
    ...flags,
    profile: "quick",
    agents: AGENTS,
    filesOn: "disk",
  });
  await becomeOwnerOf([path], flags.report);
  const { view, files } = await writeResults(host, path, flags.report);
  const { cost } = flags;
  screen.result(
    flags.json === true
      ? `${JSON.stringify(asJson(view, cost), null, 2)}\n`
      : renderCalibration(
          view,
          { ns: cost, blocks: (calibration) => neededFor(calibration, view.run.blocks, cost) },
          screen,
        ),
  );
  for (const file of files) screen.info(`wrote ${file}`);
  return cameBack(view) ? EXIT.withinBudget : EXIT.inconclusive;
};

const cameBack = ({ selfChecks }: RunView): boolean =>
  selfChecks.failures.length === 0 &&
  selfChecks.calibration.length > 0 &&
  selfChecks.calibration.every(({ passed }) => passed === true) &&
  selfChecks.knownLoss.every(({ exact }) => exact);

const asJson = (view: RunView, costNs: number): unknown => {
  const { run, trust } = summaryJson(view);
  return {
    run,
    scenarios: trust.calibration.map((calibration) => ({
      ...calibration,
      forCost: { ns: costNs, blocks: neededFor(calibration, run.blocks, costNs) },
    })),
    knownLoss: trust.knownLoss,
    knownLevels: trust.knownLevels,
    aa: trust.aa,
    failures: trust.failures,
  };
};

export const neededFor = (
  { minimalDetectable }: Calibration,
  blocks: number,
  costNs: number,
): number | null => (minimalDetectable === null ? null : blocksForCost(minimalDetectable.ns, blocks, costNs));
