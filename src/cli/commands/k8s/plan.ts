/** `tare k8s plan`: what a bench would do, and what is in its way. Makes nothing. */
import { Command } from "commander";
import { EXIT } from "../../../domain/errors.ts";
import { isRefused } from "../../../k8s/choose/choose.ts";
import type { CliContext } from "../../context.ts";
import { exitsWith } from "../../exit-code.ts";
import { exitCodesHelp } from "../../explain/exit-codes.ts";
import { addBenchFlags, type BenchFlags } from "../../k8s/bench-flags.ts";
import { choiceJson, choiceText } from "../../k8s/choice-text.ts";
import { connect, withCluster } from "../../k8s/connect.ts";
import { prepareBench } from "../../k8s/prepare.ts";

export const planCommand = (context: CliContext): Command =>
  addBenchFlags(new Command("plan"))
    .description("which nodes would be benched, which not and why, how long it takes; makes nothing")
    .option("--json", "print it as JSON on standard output")
    .addHelpText("after", HELP)
    .action(exitsWith((flags: BenchFlags) => withCluster(() => plan(context, flags))));

const plan = async (context: CliContext, flags: BenchFlags): Promise<number> => {
  const prepared = await prepareBench(context, await connect(flags), flags);
  const { screen } = context;
  screen.result(flags.json === true ? choiceJson(prepared) : choiceText(prepared, screen.columns));
  if (flags.image === undefined && !isRefused(prepared.choice))
    screen.info("with --image the server is asked too whether it would admit the pods (a dry run)");
  return isRefused(prepared.choice) ? EXIT.hostUnfit : EXIT.withinBudget;
};

const HELP = `
A kind of node is instance type, architecture, kernel and OS image. Nodes are
drawn within each kind by --seed: the same seed on the same nodes draws the same.
All that is in the way of a node is listed, with what to do about it.

Examples:
  tare k8s plan --agent daemonset:kube-system/tetragon
  tare k8s plan --agent daemonset:falco/falco --nodes 5 --seed 7 \\
      -l node.kubernetes.io/instance-type=m7g.xlarge --context production
  tare k8s plan --agents sensor --nodes 3 --json

${exitCodesHelp("k8s plan")}`;
