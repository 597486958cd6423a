/** After the guests: which records can be used, one page over them, and what all of it means for a script. */
import { join } from "node:path";
import { EXIT, messageOf } from "../../domain/errors.ts";
import type { AgentStatus } from "../../domain/run-header.ts";
import { recordPath } from "../../record/files.ts";
import { readRecord } from "../../record/reader.ts";
import { renderComparisonTerminal } from "../../report/comparison/text.ts";
import type { Guest } from "../../machines/guests.ts";
import type { GuestResult } from "../../machines/vagrant/run-guests.ts";
import type { CliContext } from "../context.ts";
import { probeAgents } from "../../session/probe-agents.ts";
import { writeReport } from "../../session/outputs.ts";
import { viewOf } from "../../session/view.ts";
import { withTracefs } from "../../session/tracefs.ts";
import { type Around, stagesText } from "./stages.ts";
import { writeJointReport } from "../../session/joint-report.ts";

export const conclude = async (
  context: CliContext,
  flags: { readonly report?: string; readonly json?: boolean },
  run: string,
  results: readonly GuestResult[],
  interrupted: boolean,
  spent: Omit<Around, "page"> = { before: 0, making: [], guests: 0 },
): Promise<number> => {
  const { host, screen } = context;
  const began = host.now();
  const guests: object[] = [];
  const records: string[] = [];
  const codes: number[] = [];
  for (const result of results) {
    const { outcome, guest } = result;
    const measured = outcome.kind === "measured";
    const unreadable = measured ? await problemWith(context, guest, outcome.folder) : undefined;
    if (unreadable !== undefined) screen.warn(`${guest.id}: left out of the report: ${unreadable}`);
    if (measured && unreadable === undefined) {
      records.push(outcome.folder);
      await writePage(context, outcome.folder);
      codes.push(outcome.exitCode);
    } else codes.push(EXIT.runFailed);
    guests.push({ ...result, unreadable });
  }
  let report: string | null = null;
  if (records.length > 0) {
    const target = flags.report ?? join(context.host.root, "reports", `${run}.vms.html`);
    const here = await agentsHere(context);
    const joint = await writeJointReport(context, records, target, here);
    report = joint.path;
    const { columns, colour } = screen;
    if (flags.json !== true)
      screen.result(renderComparisonTerminal(joint.comparison, { columns, colour }, here));
    screen.info(`wrote ${report}`);
  }
  for (const { guest, outcome } of results) {
    if (outcome.kind === "measured") continue;
    screen.warn(`${guest.id} was not measured: ${outcome.message}`);
    screen.info(`  hint: ${outcome.hint}`);
  }
  const page = report === null ? undefined : (host.now() - began) / 1000;
  screen.info(stagesText(results, { ...spent, page }, screen.columns));
  if (flags.json === true) screen.result(JSON.stringify({ run, interrupted, report, guests }, null, 2));
  if (interrupted) return EXIT.interrupted;
  // A guest without a result outweighs every verdict; of the verdicts the worst counts.
  const worst = [EXIT.runFailed, EXIT.overBudget, EXIT.inconclusive];
  return worst.find((code) => codes.includes(code)) ?? EXIT.withinBudget;
};

/** Beside the record, where `vagrant up` has it from the guest. */
const writePage = async ({ host }: CliContext, folder: string): Promise<void> => {
  const record = await readRecord(await recordPath(folder));
  await writeReport(host, record, viewOf(record), join(folder, "report.html"));
};

/** Which agents this machine could run, to be told beside what ran in the guests; undefined without the rights to find out. */
const agentsHere = async (context: CliContext): Promise<readonly AgentStatus[] | undefined> =>
  context.host.uid === 0
    ? await withTracefs(
        context,
        async () =>
          await probeAgents(context, [...(await context.agents()).values()], {
            scenarios: [],
            filesOn: "disk",
          }),
      )
    : undefined;

/** Why the record in a folder cannot be used; undefined when it can. A kernel other than the one asked for is only warned of. */
const problemWith = async (
  context: CliContext,
  guest: Guest,
  folder: string,
): Promise<string | undefined> => {
  try {
    const { header } = await readRecord(await recordPath(folder));
    const { kernel } = header.host;
    if (guest.kernel !== undefined && !kernel.startsWith(`${guest.kernel}.`))
      context.screen.warn(`${guest.id}: the box booted kernel ${kernel}, not ${guest.kernel}`);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
};
