/** `tare k8s conduct`: what runs in the conductor's Job. */
import { Command } from "commander";
import { TareError } from "../../../domain/errors.ts";
import { checkedJson } from "../../../domain/schema.ts";
import { conduct, ownerInCluster } from "../../../k8s/conductor/conduct.ts";
import { writeConductorLine } from "../../../k8s/conductor/lines.ts";
import { BenchPlan, PLAN_VARIABLE } from "../../../k8s/plan.ts";
import { interruptible } from "../../../session/interruptible.ts";
import type { CliContext } from "../../context.ts";
import { exitsWith } from "../../exit-code.ts";
import { systemClock } from "../../k8s/clock.ts";
import { connect, withCluster } from "../../k8s/connect.ts";

export const conductCommand = (context: CliContext): Command =>
  new Command("conduct")
    .description("take agents off benched nodes and give them back, as a bench's Job in the cluster does")
    .requiredOption("--bench <id>", "as its plan names it")
    .addHelpText("after", HELP)
    .action(
      exitsWith((flags: { readonly bench: string }) => withCluster(() => conductBench(context, flags.bench))),
    );

const HELP = `
Its plan is JSON in ${PLAN_VARIABLE}; its rights are those of its service account.
Standard output is one JSON object a line: what it waits for, which agents are
off and back, which turns are void, and what became of each node.`;

const conductBench = async ({ screen }: CliContext, bench: string): Promise<number> => {
  const plan = planFor(bench);
  const cluster = await connect({});
  const owner = await ownerInCluster(cluster, plan);
  const reasonFor = (signal: string): TareError =>
    new TareError(
      "interrupted",
      `interrupted by ${signal}`,
      `\`tare k8s clean ${bench}\` gives every agent back`,
    );
  // Stopped, it gives the agents back, and ends with what became of that.
  return await interruptible(reasonFor, async (stop) => {
    const { exitCode } = await conduct({
      plan,
      cluster,
      clock: systemClock,
      say: (line) => {
        screen.result(writeConductorLine(line));
      },
      stop,
      ...(owner === undefined ? {} : { owner }),
    });
    return exitCode;
  });
};

const planFor = (bench: string): BenchPlan => {
  const read = checkedJson(BenchPlan, process.env[PLAN_VARIABLE] ?? "", PLAN_VARIABLE);
  if (read.kind === "fault")
    throw new TareError("usage", read.what, "`tare k8s run` sets it in the Job that it makes");
  const plan = BenchPlan.parse(read.content);
  if (plan.bench === bench) return plan;
  throw new TareError(
    "usage",
    `--bench ${bench}: ${PLAN_VARIABLE} is of bench ${plan.bench}`,
    "`tare k8s run` sets both in the Job that it makes",
  );
};
