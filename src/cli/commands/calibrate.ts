/** `tare calibrate`: known costs and losses alone, to see what this node can resolve before a sensor is judged on it. */
import { Command, Option } from "commander";
import { blocksForCost } from "../../analyse/power.ts";
import { EXIT } from "../../domain/errors.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { Calibration } from "../../domain/self-checks.ts";
import { PROFILES } from "../../plan/profiles.ts";
import { renderCalibration } from "../../report/calibration.ts";
import { summaryJson } from "../../report/json.ts";
import { newRun } from "../../session/new-run.ts";
import { writeResults } from "../../session/outputs.ts";
import { runLength } from "../../session/settings.ts";
import type { CliContext } from "../context.ts";
import { exitsWith } from "../exit-code.ts";
import { exitCodesHelp } from "../explain/exit-codes.ts";
import { clockSeed, duration, parseNames, whole } from "../flags.ts";

const AGENTS = ["nothing", "cost", "loss", "cpu", "memory"].map((name) => `calibration-${name}`);
const SCENARIOS = ["process-exec", "file-open", "network-connect"];

interface CalibrateFlags {
  readonly scenarios: readonly string[];
  readonly cost: number;
  readonly blocks?: number;
  readonly timeBudget: number;
  readonly seed?: number;
  readonly out?: string;
  readonly report?: string;
  readonly allowForeign?: boolean;
  readonly json?: boolean;
}

export const calibrateCommand = (context: CliContext): Command =>
  new Command("calibrate")
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
    )
    .option("--blocks <n>", "number of blocks (default: 12, within the time budget)", whole("--blocks", 1))
    .addOption(
      new Option("--time-budget <time>", "start no block that would end later")
        .argParser(duration("--time-budget"))
        .default(600, "10m"),
    )
    .option(
      "--seed <n>",
      "seed of the order and of the analysis (default: from the clock)",
      whole("--seed", 0),
    )
    .option("--out <dir>", "folder for the record and the summaries (default: results/<time>-<host>)")
    .option("--report <file>", "where to write the page (default: reports/<run>.html)")
    .option("--allow-foreign", "calibrate although something else traces this node already")
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

const calibrate = async (context: CliContext, flags: CalibrateFlags): Promise<number> => {
  const { host, screen } = context;
  const path = await newRun(context, {
    profile: PROFILES.quick,
    agents: AGENTS,
    agentFiles: [],
    attached: [],
    scenarios: flags.scenarios,
    length: runLength(PROFILES.quick, flags.blocks, flags.timeBudget),
    seed: flags.seed ?? clockSeed(),
    budget: undefined,
    filesOn: "disk",
    backpressure: false,
    allowForeign: flags.allowForeign === true,
    folder: flags.out,
  });
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

const neededFor = ({ minimalDetectable }: Calibration, blocks: number, costNs: number): number | null =>
  minimalDetectable === null ? null : blocksForCost(minimalDetectable.ns, blocks, costNs);
