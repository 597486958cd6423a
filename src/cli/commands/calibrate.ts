/** `tare calibrate`: known costs and losses alone, to see what this node can resolve before a sensor is judged on it. */
import { Command } from "commander";
import type { Calibration, Summary } from "../../domain/verdict.ts";
import { blocksForCost } from "../../analyse/power.ts";
import { renderCalibration } from "../../report/calibration.ts";
import type { CliContext } from "../context.ts";
import { EXIT, TareError } from "../../domain/errors.ts";
import { writeResults } from "../finish.ts";
import { newRun } from "../new-run.ts";
import type { RunFlags } from "../run-options.ts";
import { parseWhole } from "../run-options.ts";

const AGENTS = "calibration-nothing,calibration-cost,calibration-loss,calibration-cpu,calibration-memory";
const SCENARIOS = "process-exec,file-open,network-connect";

type CalibrateFlags = Pick<
  RunFlags,
  "blocks" | "timeBudget" | "seed" | "out" | "report" | "allowForeign" | "json"
> & {
  readonly scenarios: string;
  readonly cost: string;
};

export const calibrateCommand = (context: CliContext): Command =>
  new Command("calibrate")
    .description("measure known costs and losses: what can this node resolve, and how long does that take?")
    .option("--scenarios <list>", "workloads, comma-separated", SCENARIOS)
    .option("--cost <ns>", "a cost in ns for each operation: how many blocks would find it?", "500")
    .option("--blocks <n>", "number of blocks (default: 12, within the time budget)")
    .option("--time-budget <time>", "start no block that would end later", "10m")
    .option("--seed <n>", "seed of the order and of the analysis (default: from the clock)")
    .option("--out <dir>", "folder for the record and the summaries (default: results/<time>-<host>)")
    .option("--report <file>", "where to write the page (default: reports/<run>.html)")
    .option("--allow-foreign", "calibrate although something else traces this node already")
    .option("--json", "print JSON on standard output")
    .addHelpText(
      "after",
      `
Examples:
  tare calibrate                                  exec, open and connect; about 10 minutes
  tare calibrate --scenarios file-open --cost 200 how many blocks does 200 ns for each open need?

Exit codes: 0 the known answers came back, 5 they did not, or too few blocks to tell.`,
    )
    .action(async (flags: CalibrateFlags) => {
      const costNs = parseWhole("--cost", flags.cost, 1);
      const run = await newRun(context, { ...flags, profile: "quick", agents: AGENTS, filesOn: "disk" });
      if (run === undefined) throw new TareError("usage", "nothing was measured", "this is no dry run");
      const { summary, files } = await writeResults(context, flags, run.path);
      context.screen.result(
        flags.json === true
          ? `${JSON.stringify(asJson(summary, costNs), null, 2)}\n`
          : renderCalibration(
              summary,
              { ns: costNs, blocks: (calibration) => neededFor(calibration, summary.run.blocks, costNs) },
              { columns: context.screen.columns, colour: context.screen.colour },
            ),
      );
      for (const file of files) context.screen.info(`wrote ${file}`);
      process.exitCode = cameBack(summary) ? EXIT.withinBudget : EXIT.inconclusive;
    });

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
