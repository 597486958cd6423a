/** `tare run --resume`: goes on with the first block that was not finished, on the same machine with the same agents. */
import type { Agent } from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";
import type { Header, HostFingerprint, RecordLine } from "../domain/record.ts";
import { readFingerprint } from "../host/fingerprint.ts";
import { readNodeState } from "../observe/node-state.ts";
import { DEFAULT_BUDGET_SOURCE } from "../plan/default-budget.ts";
import { forecastSeconds } from "../plan/duration.ts";
import { PROFILES } from "../plan/profiles.ts";
import { recordPath } from "../record/files.ts";
import { readRecord } from "../record/reader.ts";
import type { LoadedRecord } from "../record/reader.ts";
import { continueRecord } from "../record/writer.ts";
import { loadAgentFiles } from "./agent-files.ts";
import type { CliContext } from "./context.ts";
import { measure } from "./measure.ts";
import type { MeasuredRun } from "./new-run.ts";
import { sayProblems } from "./outputs.ts";
import { findAttached, withAttached } from "./with-attached.ts";
import { refuseForeignSensors, refuseSecondRun, undoLeftovers } from "./preflight.ts";
import type { RunFlags } from "./run-options.ts";
import { withTracefs } from "./with-tracefs.ts";
import { sameMachine } from "../record/same-machine.ts";

export const resumeRun = async (
  context: CliContext,
  flags: Pick<RunFlags, "allowForeign">,
  folder: string,
): Promise<MeasuredRun> => {
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
  const host = await readFingerprint(context.host);
  refuseOtherMachine(record, host);
  const known = await context.agents();
  const custom = await loadAgentFiles(plan.agentFiles ?? [], known);
  const attached = await findAttached(context, plan.attached ?? [], known);
  const extra = [...custom, ...attached.map(({ agent }) => agent)];
  const agents = new Map([...known, ...extra.map((agent) => [agent.id, agent] as const)]);
  await refuseOtherVersions(context, record.header, agents);
  await withAttached(context, attached, async (interruption) => {
    const before = await readNodeState(context.host);
    refuseForeignSensors(before, flags.allowForeign === true);
    const firstBlock = record.lines.filter((line) => line.type === "block").length;
    const writer = await continueRecord(record.path, record.lastDigest, record.wholeBytes);
    const resumed: RecordLine = { type: "resume", resumedAt: context.host.date(), block: firstBlock, host };
    await writer.append(resumed);
    const forecast = forecastSeconds(
      { ...plan, blocks: plan.blocks.slice(firstBlock) },
      PROFILES[plan.profile].size,
    );
    context.screen.info(`going on with block ${firstBlock + 1} of ${plan.blocks.length}`);
    const request = {
      plan,
      writer,
      before,
      interruption,
      soFar: [...record.lines, resumed],
      firstBlock,
      forecast,
      agents,
      scenarios: await context.scenarios(),
    };
    await withTracefs(context, () => measure(context, request));
  });
  return { path: record.path, budgetDeclared: plan.budgetSource !== DEFAULT_BUDGET_SOURCE };
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
