/** `tare run`: its flags and its help. */
import { dirname, resolve } from "node:path";
import { Command, Option } from "commander";
import { EXIT, TareError } from "../../domain/errors.ts";
import { PROFILE_IDS } from "../../domain/plan.ts";
import { isBudgetDeclared } from "../../plan/budget-file.ts";
import { PROFILES } from "../../plan/profiles.ts";
import { refuseUnwritable } from "../../record/files.ts";
import { renderSummaryJson } from "../../report/json.ts";
import { renderTerminal } from "../../report/terminal.ts";
import { newRun } from "../../session/new-run.ts";
import { writeResults } from "../../session/outputs.ts";
import { MAX_EACH, POLICY_AGENTS } from "../../session/policies.ts";
import { prepareRun } from "../../session/prepare-run.ts";
import { withTracefs } from "../../session/tracefs.ts";
import { untilAborted } from "../../session/until-aborted.ts";
import { resumeRun } from "../../session/resume-run.ts";
import type { RunSettings } from "../../session/settings.ts";
import type { CliContext } from "../context.ts";
import { exitCodeOfRun, exitsWith } from "../exit-code.ts";
import { exitCodesHelp } from "../explain/exit-codes.ts";
import { addMeasuringFlags, collected, parseDuration, parseNames } from "../flags.ts";
import { listing } from "../listing.ts";
import { planJson, planText } from "../plan-text.ts";
import { infoOnSkipped } from "../teller.ts";
import { becomeOwnerOf } from "../../host/privileges.ts";

interface RunFlags extends RunSettings {
  /** False: none is written. */
  readonly report?: string | false;
  readonly resume?: string;
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const runCommand = (context: CliContext): Command => {
  const command = new Command("run")
    .description("measure what sensors cost this node and what they miss, and write a report")
    .addOption(new Option("--profile <id>", "how much to do").choices([...PROFILE_IDS]).default("quick"))
    .option(
      "--agents <list>",
      "agents to compare with baseline, comma-separated; all: also those by name only (default: all others that run here)",
      parseNames,
    )
    .option(
      "--ladder",
      "each of these on every rung of its export ladder: idle, filtered, to a file, to a socket ... (docs/exports.md)",
    )
    .option(
      "--agent-file <file>",
      "also measure the agent that this YAML file describes; repeatable",
      collected,
    )
    .option(
      "--attach <service>",
      "also measure what runs here already: an agent's id, a unit, or docker:NAME, podman:NAME, nerdctl:NAME, daemonset:NAMESPACE/NAME; repeatable",
      collected,
    )
    .option(
      "--as-is",
      "stop nothing that is attached to: measure its load and its losses, and no cost (with --profile load)",
    )
    .option(
      "--policy <agent=file>",
      `measure that agent (${POLICY_AGENTS.join(", ")}) with your own policy, a file or a folder: all rules together, and each alone; repeatable`,
      collected,
    )
    .option("--each-policy", `each rule alone also where there are more than ${MAX_EACH}`)
    .option("--enforcing", "measure policies that kill or deny too; they may harm the node")
    .option(
      "--scenarios <list>",
      "workloads, or agents under rising load (knee-exec, see docs/load.md), comma-separated (default: all workloads but those by name only)",
      parseNames,
    )
    .option(
      "--scale <list>",
      "how costs grow with the node: processes, files, cpus, comma-separated; sleeping processes and open files are made and end with the turn, see --dry-run (docs/scale.md)",
      parseNames,
    )
    .option(
      "--watch <time>",
      "how long at-rest and churn watch each agent in a block (default: the profile's)",
      (text) => parseDuration("--watch", text),
    )
    .option(
      "--command <line>",
      "measure this line of shell as a workload, LINE or NAME=LINE; repeatable",
      collected,
    )
    .option("--budget <file>", "what an agent may cost (YAML, see docs/budgets.md); decides the exit code")
    .addOption(
      new Option("--files-on <where>", "where the files lie that the workload opens")
        .choices(["disk", "tmpfs"])
        .default("disk"),
    )
    .option(
      "--coverage",
      "also try what each agent sees, after the blocks; standard and thorough do (docs/coverage.md)",
    )
    .option("--no-coverage", "do not try it")
    .option(
      "--backpressure",
      "also make each agent's buffers overflow once, after the blocks; one that blocks holds up the node for seconds",
    );
  return addMeasuringFlags(command, "the profile's, within the time budget")
    .option("--no-report", "write no page; `tare report` does, here or where the record is copied to")
    .option("--resume <dir>", "resume an interrupted run")
    .option("--dry-run", "print the plan and how long it takes; start nothing")
    .option("--quiet", "no progress and no notes; warnings, errors and the result only")
    .option("--json", "print the summary (or, with --dry-run, the plan) as JSON on standard output")
    .addHelpText("after", HELP)
    .action(exitsWith((flags: RunFlags) => run(context, flags)));
};

const run = async (context: CliContext, flags: RunFlags): Promise<number> => {
  const { screen } = context;
  if (flags.quiet === true) screen.quiet();
  if (typeof flags.report === "string") await refuseUnwritable(resolve(flags.report), "--report");
  if (flags.resume !== undefined)
    return await finish(context, flags, await resumeRun(context, flags.resume, flags.allowForeign === true));
  if (flags.dryRun !== true) return await finish(context, flags, await newRun(context, flags));
  // As in the run itself, or agents that need tracefs would be missing from the plan.
  const prepared = await withTracefs(context, (signal) =>
    prepareRun({ ...context, host: untilAborted(context.host, signal) }, flags),
  );
  if (flags.json === true) screen.result(planJson(prepared));
  else {
    infoOnSkipped(screen, prepared.statuses);
    screen.result(planText(prepared));
  }
  return EXIT.withinBudget;
};

/** Writes and shows what came of a measured run. */
const finish = async (context: CliContext, flags: RunFlags, path: string): Promise<number> => {
  const { host, screen } = context;
  // The node is as it was: nothing from here on needs root.
  await becomeOwnerOf([path], flags.report === false ? undefined : flags.report);
  const { record, view, files } = await writeResults(host, path, flags.report).catch((error: unknown) => {
    if (!(error instanceof TareError) || error.kind !== "run-failed") throw error;
    const next = `then \`tare report ${dirname(path)}\`: the record is whole`;
    throw new TareError(error.kind, error.message, `${error.hint} ${next}`, { cause: error });
  });
  screen.result(flags.json === true ? renderSummaryJson(view) : renderTerminal(view, screen));
  for (const file of files) screen.info(`wrote ${file}`);
  return exitCodeOfRun(view, isBudgetDeclared(record.header.plan));
};

const HELP = `
Profiles:
${listing(PROFILE_IDS.map((id) => [id, PROFILES[id].summary]))}

Examples:
  tare run --profile smoke                          does everything work here?
  tare run --agents sensor,bpftrace --blocks 20     two agents, twenty blocks
  tare run --profile standard --budget budget.yaml  exit 0: all within budget
  tare run --policy auditd=audit.rules              which of our rules is dear?
  tare run --attach falco.service                   the Falco that runs here
  tare run --profile load --agents sensor,auditd    where do events drop?
  tare run --scenarios sweep-exec --agents auditd   does a larger buffer help?
  tare run --agents sensor --ladder                 what does each export cost?
  tare run --agents sensor --scale processes        does it grow with the node?
  tare run --command build='make -j2' --blocks 12   what does our build pay?
  tare run --resume results/20260101-120000-node1   after an interruption

${exitCodesHelp("run")}`;
