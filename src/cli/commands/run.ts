/** `tare run`: its flags and its help. */
import { Command, Option } from "commander";
import { PROFILE_IDS } from "../../domain/plan.ts";
import { PROFILES } from "../../plan/profiles.ts";
import { collected } from "../agent-files.ts";
import type { CliContext } from "../context.ts";
import { finish } from "../finish.ts";
import { newRun } from "../new-run.ts";
import { resumeRun } from "../resume-run.ts";
import type { RunFlags } from "../run-options.ts";

export const runCommand = (context: CliContext): Command =>
  new Command("run")
    .description("measure what sensors cost this node and what they miss, and write a report")
    .addOption(new Option("--profile <id>", "how much to do").choices([...PROFILE_IDS]).default("quick"))
    .option(
      "--agents <list>",
      "agents to compare with baseline, comma-separated; all: also those by name only (default: all others that run here)",
    )
    .option(
      "--agent-file <file>",
      "also measure the agent that this YAML file describes; repeatable",
      collected,
    )
    .option(
      "--attach <service>",
      "also measure what runs here already: an agent's id, a unit, or docker:NAME, podman:NAME, nerdctl:NAME; repeatable",
      collected,
    )
    .option("--scenarios <list>", "workloads, comma-separated (default: all)")
    .option("--blocks <n>", "number of blocks (default: the profile's, within the time budget)")
    .option("--time-budget <time>", "start no block that would end later: 90s, 10m, 2h")
    .option("--seed <n>", "seed of the order and of the analysis (default: from the clock)")
    .option("--budget <file>", "what an agent may cost (YAML, see docs/budgets.md); decides the exit code")
    .option("--files-on <where>", "disk or tmpfs: where the files lie that the workload opens", "disk")
    .option(
      "--backpressure",
      "also make each agent's buffers overflow once, after the blocks; one that blocks holds up the node for seconds",
    )
    .option("--out <dir>", "folder for the record and the summaries (default: results/<time>-<host>)")
    .option("--report <file>", "where to write the page (default: reports/<run>.html)")
    .option("--resume <dir>", "go on with an interrupted run")
    .option("--allow-foreign", "measure although something else traces this node already")
    .option("--dry-run", "print the plan and how long it takes; start nothing")
    .option("--quiet", "no progress and no notes; warnings, errors and the result only")
    .option("--json", "print the summary (or, with --dry-run, the plan) as JSON on standard output")
    .addHelpText("after", HELP)
    .action(async (flags: RunFlags) => {
      if (flags.quiet === true) context.screen.quiet();
      const run =
        flags.resume === undefined
          ? await newRun(context, flags)
          : await resumeRun(context, flags, flags.resume);
      process.exitCode = run === undefined ? 0 : await finish(context, flags, run);
    });

const HELP = `
Profiles:
${PROFILE_IDS.map((id) => `  ${id.padEnd(9)} ${PROFILES[id].summary}`).join("\n")}

Examples:
  tare run --profile smoke                          does everything work here?
  tare run --agents sensor,bpftrace --blocks 20     two agents, twenty blocks
  tare run --profile standard --budget budget.yaml  exit 0 only when all are within budget
  tare run --resume results/20260101-120000-node1   go on after an interruption

Exit codes: 0 done (with --budget: all within), 1 over budget, 2 usage, 3 node unfit, 4 run failed,
            5 inconclusive or invalid, 70 a bug in tare, 130 interrupted (the record is kept).`;
