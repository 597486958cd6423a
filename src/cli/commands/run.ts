/**
 * `tare run`: the whole way, room by room.
 *
 *     flags -> plan -> conduct (run) -> record -> analyse -> report
 */
import { hostname } from "node:os";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { TareError, messageOf } from "../../domain/errors.ts";
import type { Agent } from "../../domain/agent.ts";
import { BASELINE, PROFILE_IDS } from "../../domain/plan.ts";
import type { Plan } from "../../domain/plan.ts";
import { METHOD, RECORD_SCHEMA } from "../../domain/record.ts";
import type { AgentStatus, Header, HostFingerprint, RecordLine } from "../../domain/record.ts";
import { notMeasurable, probeCapabilities } from "../../host/capabilities.ts";
import { readFingerprint } from "../../host/fingerprint.ts";
import { readNodeState } from "../../observe/node-state.ts";
import { buildPlan, countTrials } from "../../plan/build-plan.ts";
import { parseBudgets } from "../../plan/budget-file.ts";
import { DEFAULT_BUDGET, DEFAULT_BUDGET_SOURCE } from "../../plan/default-budget.ts";
import { forecastSeconds } from "../../plan/duration.ts";
import { PROFILES } from "../../plan/profiles.ts";
import { prepareRunFolder, recordPath } from "../../record/files.ts";
import { readRecord } from "../../record/reader.ts";
import type { LoadedRecord } from "../../record/reader.ts";
import { continueRecord, createRecord } from "../../record/writer.ts";
import type { RecordWriter } from "../../record/writer.ts";
import { renderSummaryJson } from "../../report/json.ts";
import { renderTerminal } from "../../report/terminal.ts";
import { conduct } from "../conduct.ts";
import type { CliContext } from "../context.ts";
import { choose } from "../context.ts";
import { exitCodeOf } from "../exit-code.ts";
import { clock, createLiveView } from "../live-view.ts";
import { defaultReportPath, sayProblems, summarise, writeReport, writeSummary } from "../outputs.ts";
import { refuseForeignSensors, refuseSecondRun, undoLeftovers } from "../preflight.ts";
import { parseDuration, parseFilesOn, parseProfile, parseWhole } from "../run-options.ts";
import type { RunFlags } from "../run-options.ts";
import { sameMachine } from "../same-machine.ts";
import { toolVersion } from "../tool-version.ts";

export const runCommand = (context: CliContext): Command =>
  new Command("run")
    .description("measure what sensors cost this node and what they miss, and write a report")
    .addOption(new Option("--profile <id>", "how much to do").choices([...PROFILE_IDS]).default("quick"))
    .option(
      "--agents <list>",
      "agents to compare with baseline, comma-separated (default: all that run here)",
    )
    .option("--scenarios <list>", "workloads, comma-separated (default: all)")
    .option("--blocks <n>", "number of blocks (default: the profile's, within the time budget)")
    .option("--time-budget <time>", "start no block that would end later: 90s, 10m, 2h")
    .option("--seed <n>", "seed of the order and of the analysis (default: from the clock)")
    .option("--budget <file>", "what an agent may cost (YAML, see docs/budgets.md); decides the exit code")
    .option("--files-on <where>", "disk or tmpfs: where the files lie that the workload opens", "disk")
    .option("--out <dir>", "folder for the record and the summaries (default: results/<time>-<host>)")
    .option("--resume <dir>", "go on with an interrupted run")
    .option("--allow-foreign", "measure although something else traces this node already")
    .option("--dry-run", "print the plan and how long it takes; start nothing")
    .option("--json", "print the summary (or, with --dry-run, the plan) as JSON on standard output")
    .addHelpText("after", HELP)
    .action(async (flags: RunFlags) => {
      process.exitCode = await run(context, flags);
    });

const HELP = `
Profiles:
${PROFILE_IDS.map((id) => `  ${id.padEnd(9)} ${PROFILES[id].summary}`).join("\n")}

Examples:
  tare run --profile smoke                          does everything work here?
  tare run --agents sensor,auditd --blocks 20       two agents, twenty blocks
  tare run --profile standard --budget budget.yaml  exit 0 only when all are within budget
  tare run --resume results/20260101-120000-node1   go on after an interruption

Exit codes: 0 done (with --budget: all within), 1 over budget, 2 usage, 3 node unfit, 4 run failed,
            5 inconclusive or invalid, 70 a bug in tare, 130 interrupted (the record is kept).`;

const run = async (context: CliContext, flags: RunFlags): Promise<number> => {
  const { host } = context;
  if (flags.resume !== undefined) return await resume(context, flags, flags.resume);
  const profile = parseProfile(flags.profile);
  const scenarios = await context.scenarios();
  const chosenScenarios = choose("scenario", flags.scenarios, scenarios);
  const budgets =
    flags.budget === undefined ? DEFAULT_BUDGET : await readBudgets(flags.budget, [...scenarios.keys()]);
  const agents = await context.agents();
  const wanted = choose("agent", flags.agents, agents).filter((agent) => agent.id !== BASELINE);
  const statuses = await probeAgents(context, wanted);
  const measured = wanted.filter((agent) =>
    statuses.some(({ id, status }) => id === agent.id && status === "measured"),
  );

  const plan = buildPlan({
    seed: flags.seed === undefined ? Date.now() % 2 ** 31 : parseWhole("--seed", flags.seed, 0),
    profile,
    agents: measured,
    scenarios: chosenScenarios,
    blocks: flags.blocks === undefined ? profile.blocks : parseWhole("--blocks", flags.blocks, 1),
    filesOn: parseFilesOn(flags.filesOn),
    timeBudgetSeconds: timeBudget(flags, profile.timeBudgetSeconds),
    budgets,
    budgetSource: flags.budget ?? DEFAULT_BUDGET_SOURCE,
  });
  const forecast = forecastSeconds(plan, profile.size);
  if (flags.dryRun === true) {
    sayPlan(context, plan, statuses, forecast, flags.json === true);
    return 0;
  }

  await undoLeftovers(context);
  await refuseSecondRun(context);
  const before = await readNodeState(host);
  const foreign = refuseForeignSensors(before, flags.allowForeign === true);
  const fingerprint = await readFingerprint(host);
  const run = `${host.date().replace(/\..*$/, "").replace(/[-:]/g, "").replace("T", "-")}-${hostname()}`;
  const folder = resolve(flags.out ?? join(context.root, "results", run));
  await prepareRunFolder(folder);
  const writer = await createRecord(join(folder, "record.jsonl"));
  await writer.append({
    type: "header",
    schema: RECORD_SCHEMA,
    method: METHOD,
    tool: await toolVersion(context),
    run,
    startedAt: host.date(),
    command: ["tare", ...process.argv.slice(2)],
    plan,
    host: fingerprint,
    agents: statuses,
    notMeasurable: [
      ...notMeasurable(await probeCapabilities(host)),
      ...foreign.map((sensor) => `clean baseline: ${sensor} was there from the start (--allow-foreign)`),
    ],
  });
  sayStart(context, plan, statuses, forecast);
  await measure(context, { plan, writer, before, firstBlock: 0, forecast, agents, scenarios });
  return await finish(context, flags, writer.path, flags.budget !== undefined);
};

const timeBudget = (flags: RunFlags, ofProfile: number): number | undefined => {
  if (flags.timeBudget !== undefined) return parseDuration("--time-budget", flags.timeBudget);
  // Whoever fixes the number of blocks wants that number.
  return flags.blocks === undefined ? ofProfile : undefined;
};

const readBudgets = async (path: string, scenarios: readonly string[]): Promise<Plan["budgets"]> => {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new TareError(
      "usage",
      `cannot read the budget ${path}: ${messageOf(error)}`,
      "see docs/budgets.md",
      { cause: error },
    );
  }
  return parseBudgets(text, path, scenarios);
};

const probeAgents = async (context: CliContext, agents: readonly Agent[]): Promise<readonly AgentStatus[]> =>
  await Promise.all(
    agents.map(async (agent): Promise<AgentStatus> => {
      const { id, title, observes, blindSpots } = agent;
      const probe = await agent.probe(context.host);
      return probe.kind === "available"
        ? {
            id,
            title,
            status: "measured",
            version: probe.version,
            reason: null,
            hint: null,
            observes,
            blindSpots,
          }
        : {
            id,
            title,
            status: "skipped",
            version: null,
            reason: probe.reason,
            hint: probe.hint,
            observes,
            blindSpots,
          };
    }),
  );

const saySkipped = (context: CliContext, statuses: readonly AgentStatus[]): void => {
  for (const status of statuses.filter(({ status }) => status === "skipped")) {
    context.screen.note(`skipped ${status.id}: ${status.reason ?? ""}. ${status.hint ?? ""}`);
  }
};

const sayPlan = (
  context: CliContext,
  plan: Plan,
  statuses: readonly AgentStatus[],
  forecast: number,
  json: boolean,
): void => {
  if (json) {
    context.screen.result(
      `${JSON.stringify({ plan, agents: statuses, forecastSeconds: Math.round(forecast) }, null, 2)}\n`,
    );
    return;
  }
  saySkipped(context, statuses);
  context.screen.result(
    [
      `profile    ${plan.profile}`,
      `agents     ${plan.agents.join(", ")}`,
      `scenarios  ${plan.scenarios.join(", ")}`,
      `seed       ${plan.seed}`,
      `budgets    ${plan.budgetSource}`,
      `blocks     at most ${plan.blocks.length}, ${countTrials(plan)} trials`,
      `time       about ${clock(forecast * 1000)} (minutes:seconds)`,
      "",
      ...plan.blocks
        .slice(0, 2)
        .flatMap((block) => [
          `block ${block.index + 1}`,
          ...block.turns.map(
            (turn) => `  ${turn.agent.padEnd(12)} ${turn.trials.map((trial) => trial.scenario).join(", ")}`,
          ),
        ]),
      ...(plan.blocks.length > 2 ? [`... and ${plan.blocks.length - 2} more blocks in other orders`] : []),
    ].join("\n"),
  );
};

const sayStart = (
  context: CliContext,
  plan: Plan,
  statuses: readonly AgentStatus[],
  forecast: number,
): void => {
  saySkipped(context, statuses);
  if (context.host.uid !== 0) {
    context.screen.warn(
      "not root: sensors cannot be started, only the baseline workloads run. Use `sudo npm run bench`.",
    );
  }
  context.screen.note(
    `measuring ${plan.agents.join(", ")} on ${plan.scenarios.join(", ")}: at most ${plan.blocks.length} blocks, about ${clock(forecast * 1000)}`,
  );
};

interface MeasureRequest {
  readonly plan: Plan;
  readonly writer: RecordWriter;
  readonly before: Awaited<ReturnType<typeof readNodeState>>;
  readonly firstBlock: number;
  readonly forecast: number;
  readonly agents: Awaited<ReturnType<CliContext["agents"]>>;
  readonly scenarios: Awaited<ReturnType<CliContext["scenarios"]>>;
}

const measure = async (context: CliContext, request: MeasureRequest): Promise<void> => {
  try {
    const outcome = await conduct(context, {
      ...request,
      append: async (line: RecordLine) => {
        await request.writer.append(line);
      },
      tell: createLiveView(context.screen, request.plan, request.forecast * 1000, () => context.host.now()),
    });
    context.screen.note(
      outcome.reason === "time-budget"
        ? `time budget reached after ${outcome.blocks} of ${request.plan.blocks.length} blocks`
        : `${outcome.blocks} blocks done`,
    );
  } finally {
    await request.writer.close();
  }
};

const resume = async (context: CliContext, flags: RunFlags, folder: string): Promise<number> => {
  const record = await readRecord(await recordPath(folder));
  const last = record.lines.at(-1);
  if (last?.type === "end") {
    throw new TareError(
      "usage",
      `${record.path} is complete (${last.reason}): nothing to resume`,
      "read it with `tare report`",
    );
  }
  const onlyTail = record.problems.every((problem) => problem.line > record.lines.length);
  if (!onlyTail) {
    sayProblems(context.screen, record);
    throw new TareError(
      "usage",
      `${record.path} is damaged before its end: not resumed`,
      "`tare analyse` reads what is readable",
    );
  }
  const { plan } = record.header;
  await undoLeftovers(context);
  await refuseSecondRun(context);
  const before = await readNodeState(context.host);
  refuseForeignSensors(before, flags.allowForeign === true);
  const host = await readFingerprint(context.host);
  refuseOtherMachine(record, host);
  const firstBlock = record.lines.filter((line) => line.type === "block").length;
  const agents = await context.agents();
  await refuseOtherVersions(context, record.header, agents);
  const writer = await continueRecord(record.path, record.lastDigest, record.wholeBytes);
  await writer.append({ type: "resume", resumedAt: context.host.date(), block: firstBlock, host });
  const forecast = forecastSeconds(
    { ...plan, blocks: plan.blocks.slice(firstBlock) },
    PROFILES[plan.profile].size,
  );
  context.screen.note(`going on with block ${firstBlock + 1} of ${plan.blocks.length}`);
  await measure(context, {
    plan,
    writer,
    before,
    firstBlock,
    forecast,
    agents,
    scenarios: await context.scenarios(),
  });
  return await finish(context, flags, record.path, plan.budgetSource !== DEFAULT_BUDGET_SOURCE);
};

const refuseOtherMachine = (record: LoadedRecord, host: HostFingerprint): void => {
  const difference = sameMachine(record.header.host, host);
  if (difference === undefined) return;
  throw new TareError(
    "usage",
    `${record.path} was begun elsewhere: ${difference}`,
    "resume on the same machine and kernel, or start a new run",
  );
};

const refuseOtherVersions = async (
  context: CliContext,
  header: Header,
  agents: ReadonlyMap<string, Agent>,
): Promise<void> => {
  const planned = header.agents.filter((status) => status.status === "measured");
  for (const former of planned) {
    const agent = agents.get(former.id);
    const probe = await agent?.probe(context.host);
    const now = probe?.kind === "available" ? probe.version : "not available";
    if (now !== former.version) {
      throw new TareError(
        "usage",
        `${former.id} was ${former.version ?? "?"} when the run began and is ${now} now`,
        "start a new run",
      );
    }
  }
};

const finish = async (
  context: CliContext,
  flags: RunFlags,
  path: string,
  budgetDeclared: boolean,
): Promise<number> => {
  const record = await readRecord(path);
  const summary = summarise(record);
  const written = await writeSummary(record, summary);
  const report = defaultReportPath(context.root, record);
  await writeReport(record, summary, report);
  if (flags.json === true) context.screen.result(renderSummaryJson(summary));
  else
    context.screen.result(
      renderTerminal(summary, { columns: context.screen.columns, colour: context.screen.colour }),
    );
  for (const file of [path, ...written, report]) context.screen.note(`wrote ${file}`);
  return exitCodeOf(summary, budgetDeclared);
};
