/** `tare run`: flags -> plan -> record -> conduct -> analyse -> report. */
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { METHOD, RECORD_SCHEMA } from "../domain/record.ts";
import type { Header } from "../domain/record.ts";
import { notMeasurable, probeCapabilities } from "../host/capabilities.ts";
import { readFingerprint } from "../host/fingerprint.ts";
import { readNodeState } from "../observe/node-state.ts";
import { buildPlan } from "../plan/build-plan.ts";
import { DEFAULT_BUDGET, DEFAULT_BUDGET_SOURCE } from "../plan/default-budget.ts";
import { forecastSeconds } from "../plan/duration.ts";
import { prepareRunFolder } from "../record/files.ts";
import { createRecord } from "../record/writer.ts";
import { loadAgentFiles } from "./agent-files.ts";
import type { CliContext } from "./context.ts";
import { measure } from "./measure.ts";
import { readBudgets } from "./read-budgets.ts";
import { findAttached, withAttached } from "./with-attached.ts";
import { refuseForeignSensors, refuseSecondRun, undoLeftovers } from "./preflight.ts";
import { probeAgents } from "./probe-agents.ts";
import { parseDuration, parseFilesOn, parseProfile, parseWhole } from "./run-options.ts";
import type { RunFlags } from "./run-options.ts";
import { sayLeftOut, sayPlan, sayStart } from "./say-plan.ts";
import { toolVersion } from "./tool-version.ts";
import { leftOut, wantedAgents } from "./wanted-agents.ts";
import { wantedScenarios } from "./wanted-scenarios.ts";
import { withTracefs } from "./with-tracefs.ts";

/** A run that was measured: its record, and whether the user declared what may be spent. */
export interface MeasuredRun {
  readonly path: string;
  readonly budgetDeclared: boolean;
}

/** Plans and measures; undefined after a dry run, which measures nothing. */
export const newRun = async (context: CliContext, flags: RunFlags): Promise<MeasuredRun | undefined> => {
  if (flags.dryRun === true) return await planAndMeasure(context, flags);
  // Before probing: what a killed run left, a rule for instance, would make its agent look unavailable.
  await undoLeftovers(context);
  await refuseSecondRun(context);
  return await withTracefs(context, () => planAndMeasure(context, flags));
};

const planAndMeasure = async (context: CliContext, flags: RunFlags): Promise<MeasuredRun | undefined> => {
  const { host } = context;
  const profile = parseProfile(flags.profile);
  const scenarios = await context.scenarios();
  const budgets =
    flags.budget === undefined ? DEFAULT_BUDGET : await readBudgets(flags.budget, [...scenarios.keys()]);
  const known = await context.agents();
  const custom = await loadAgentFiles(flags.agentFile ?? [], known);
  const attached = await findAttached(context, flags.attach ?? [], known);
  const extra = [...custom, ...attached.map(({ agent }) => agent)];
  const agents = new Map([...known, ...extra.map((agent) => [agent.id, agent] as const)]);
  const wanted = [...wantedAgents(flags.agents, profile, known), ...extra];
  const chosenScenarios = wantedScenarios(flags.scenarios, scenarios, wanted);
  const statuses = await probeAgents(context, wanted, {
    scenarios: chosenScenarios,
    filesOn: parseFilesOn(flags.filesOn),
  });
  const measured = wanted.filter((agent) =>
    statuses.some(({ id, status }) => id === agent.id && status === "measured"),
  );

  const plan = buildPlan({
    seed: flags.seed === undefined ? Date.now() % 2 ** 31 : parseWhole("--seed", flags.seed, 0),
    profile,
    agents: measured,
    scenarios: chosenScenarios,
    blocks: flags.blocks === undefined ? profile.blocks : parseWhole("--blocks", flags.blocks, 1),
    agentFiles: flags.agentFile ?? [],
    attached: flags.attach ?? [],
    overflow: flags.backpressure === true,
    filesOn: parseFilesOn(flags.filesOn),
    // Whoever fixes the number of blocks wants that number.
    stop: flags.blocks === undefined ? "blind" : "fixed",
    timeBudgetSeconds: timeBudget(flags, profile.timeBudgetSeconds),
    budgets,
    budgetSource: flags.budget ?? DEFAULT_BUDGET_SOURCE,
  });
  const forecast = forecastSeconds(plan, profile.size);
  if (flags.dryRun === true) {
    sayPlan(context, plan, statuses, forecast, flags.json === true);
    return undefined;
  }

  return await withAttached(context, attached, async (interruption) => {
    const before = await readNodeState(host);
    const foreign = refuseForeignSensors(before, flags.allowForeign === true);
    const fingerprint = await readFingerprint(host);
    const run = `${host.date().replace(/\..*$/, "").replace(/[-:]/g, "").replace("T", "-")}-${hostname()}`;
    const folder = resolve(flags.out ?? join(context.root, "results", run));
    await prepareRunFolder(folder);
    const writer = await createRecord(join(folder, "record.jsonl"));
    const header: Header = {
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
    };
    await writer.append(header);
    sayStart(context, plan, statuses, forecast);
    sayLeftOut(context, leftOut(flags.agents, known));
    await measure(context, {
      plan,
      writer,
      before,
      interruption,
      soFar: [header],
      firstBlock: 0,
      forecast,
      agents,
      scenarios,
    });
    return { path: writer.path, budgetDeclared: flags.budget !== undefined };
  });
};

const timeBudget = (flags: RunFlags, ofProfile: number): number | undefined => {
  if (flags.timeBudget !== undefined) return parseDuration("--time-budget", flags.timeBudget);
  return flags.blocks === undefined ? ofProfile : undefined;
};
