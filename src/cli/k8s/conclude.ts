/** After the nodes: the page over their records, a line for each node, and what all of it means for a script. */
import { join } from "node:path";
import { EXIT, messageOf } from "../../domain/errors.ts";
import type { Gap } from "../../k8s/collect/collect.ts";
import type { NodeOutcome } from "../../k8s/conductor/lines.ts";
import { hintFor } from "../../k8s/bench/state.ts";
import type { RunView } from "../../domain/run-view.ts";
import { isBudgetDeclared } from "../../plan/budget-file.ts";
import { recordPath } from "../../record/files.ts";
import { readRecord } from "../../record/reader.ts";
import { renderComparisonTerminal } from "../../report/comparison/text.ts";
import { formatNumberOf } from "../../report/format.ts";
import { renderTerminal } from "../../report/terminal.ts";
import { layOut } from "../../report/text-table.ts";
import { writeJointReport } from "../../session/joint-report.ts";
import { writeReport, writeSummary } from "../../session/outputs.ts";
import { readBenchFile, writeBenchFile } from "../../session/bench-file.ts";
import { viewOf } from "../../session/view.ts";
import type { CliContext } from "../context.ts";
import { exitCodeOfRun } from "../exit-code.ts";
import { withEndings } from "./bench-facts.ts";
import type { NodeResult } from "./gather.ts";

export interface Concluding {
  readonly bench: string;
  /** The folder of its records. */
  readonly out: string;
  readonly results: readonly NodeResult[];
  /** As the conductor tells them; empty where nothing was stopped. */
  readonly outcomes: ReadonlyMap<string, NodeOutcome>;
  readonly report?: string;
  readonly json?: boolean;
  /** What is collected of a bench that goes on is no failure. */
  readonly isOver: boolean;
}

interface Judged {
  readonly node: string;
  readonly said: string;
  readonly hint?: string;
  readonly exitCode: number;
  readonly folder?: string;
}

export const concludeBench = async (context: CliContext, concluding: Concluding): Promise<number> => {
  const { screen } = context;
  const { bench, out, results, outcomes, json, isOver } = concluding;
  const judged: Judged[] = [];
  for (const result of results) judged.push(await judge(context, result, outcomes.get(result.node), isOver));
  const folders = judged.flatMap(({ folder, node }) => (folder === undefined ? [] : [{ folder, node }]));
  const facts = await readBenchFile(context.host, out);
  if (facts !== undefined)
    await writeBenchFile(
      out,
      withEndings(
        facts,
        new Map(judged.flatMap(({ node, said, folder }) => (folder === undefined ? [[node, said]] : []))),
      ),
    );
  const report = await writePage(
    context,
    concluding,
    folders.map(({ folder }) => folder),
  );
  if (json !== true) screen.result(tableOf(judged, screen.columns));
  for (const { node, hint } of judged) if (hint !== undefined) screen.info(`${node}: ${hint}`);
  for (const [node, outcome] of outcomes) tellMissing(context, node, outcome);
  if (report !== undefined) screen.info(`wrote ${report}`);
  const codes = judged.map(({ exitCode }) => exitCode);
  if ([...outcomes.values()].some(({ kind }) => kind === "not-back")) codes.push(EXIT.runFailed);
  const worst = WORST_FIRST.find((code) => codes.includes(code));
  const exitCode = worst ?? EXIT.withinBudget;
  if (json === true)
    screen.result(
      JSON.stringify(
        {
          bench,
          report: report ?? null,
          exitCode,
          nodes: results.map((result, at) => ({
            ...result,
            said: judged[at]?.said,
            exitCode: judged[at]?.exitCode,
          })),
          outcomes: Object.fromEntries(outcomes),
        },
        null,
        2,
      ),
    );
  return exitCode;
};

const WORST_FIRST = [EXIT.runFailed, EXIT.hostUnfit, EXIT.overBudget, EXIT.inconclusive];

const gapText = ({ first, last }: Gap): string =>
  first === last ? `line ${first}` : `lines ${first} to ${last}`;

/** A node keeps the newest file of a log, 10 MiB unless its kubelet is told otherwise. */
const GAP_HINT =
  "the node's log keeps only its newest file: collect while the bench runs (`tare k8s run` without --detach, or `tare k8s collect BENCH --follow`)";

const judge = async (
  { screen }: CliContext,
  { node, state, collected, folder }: NodeResult,
  outcome: NodeOutcome | undefined,
  isOver: boolean,
): Promise<Judged> => {
  const hint = hintFor(state) ?? (isOver ? againHint(node, state) : undefined);
  const unmeasured = (said: string, exitCode: number): Judged => ({
    node,
    said,
    exitCode,
    ...(hint === undefined ? {} : { hint }),
    ...(folder === undefined ? {} : { folder }),
  });
  if (outcome?.kind === "refused") return unmeasured(outcome.why, EXIT.runFailed);
  const saidByNode = collected?.done?.said ?? "";
  if (folder === undefined) {
    switch (state.kind) {
      case "starting":
        return unmeasured(
          state.why === undefined ? "not begun" : `not begun: ${state.why}`,
          isOver ? EXIT.runFailed : EXIT.withinBudget,
        );
      case "running":
        return unmeasured("no record yet", EXIT.withinBudget);
      case "done":
        return unmeasured(saidByNode || "ended without a record", failed(state.exitCode));
      case "interrupted":
        return unmeasured(state.why, EXIT.runFailed);
    }
  }
  const gaps = collected?.gaps ?? [];
  const broken = collected?.broken;
  const flawed = [
    ...(gaps.length === 0 ? [] : [`${gaps.map(gapText).join(", ")} of its record are gone`]),
    ...(broken === undefined ? [] : [broken]),
  ];
  if (gaps.length > 0) screen.warn(`${node}: ${flawed.join("; ")}; ${GAP_HINT}`);
  else if (broken !== undefined) screen.warn(`${node}: ${broken}`);
  try {
    const record = await readRecord(await recordPath(folder));
    const view = viewOf(record);
    await writeSummary(record, view);
    const blocks = record.lines.filter(({ type }) => type === "block").length;
    const ending =
      state.kind === "interrupted"
        ? `interrupted: ${state.why}`
        : state.kind === "done"
          ? "measured"
          : "goes on";
    const own =
      state.kind === "interrupted"
        ? EXIT.runFailed
        : exitCodeOfRun(view, isBudgetDeclared(record.header.plan));
    return {
      node,
      said: [`${ending}, ${formatNumberOf(blocks, "block")}`, ...voidText(view), ...flawed].join("; "),
      exitCode:
        !isOver && state.kind !== "done"
          ? EXIT.withinBudget
          : flawed.length > 0 && own === EXIT.withinBudget
            ? EXIT.inconclusive
            : own,
      folder,
      ...(hint === undefined ? {} : { hint }),
    };
  } catch (error) {
    return { node, said: messageOf(error), exitCode: EXIT.runFailed };
  }
};

/** Its record lay on the pod's own disk, and nothing can be handed into another pod. */
const againHint = (node: string, { kind }: NodeResult["state"]): string | undefined =>
  kind === "interrupted"
    ? `a new pod cannot go on with its record. What came of it counts; to measure the node again: \`tare k8s run ... --selector kubernetes.io/hostname=${node}\`, and name both folders to \`tare report\``
    : undefined;

/** The warnings of its page say why. */
const voidText = ({ run: { voidTrials } }: RunView): readonly string[] =>
  voidTrials === undefined ? [] : [`${formatNumberOf(voidTrials, "trial")} void`];

/** Whatever it says: a run that left no record did not go well. */
const failed = (exitCode: number): number => (exitCode === EXIT.hostUnfit ? EXIT.hostUnfit : EXIT.runFailed);

const writePage = async (
  context: CliContext,
  { bench, report, json }: Concluding,
  folders: readonly string[],
): Promise<string | undefined> => {
  const [only, ...others] = folders;
  if (only === undefined) return undefined;
  const target = report ?? join(context.host.root, "reports", `${bench}.html`);
  const { screen } = context;
  if (others.length > 0) {
    const { path, comparison } = await writeJointReport(context, folders, target);
    if (json !== true) screen.result(renderComparisonTerminal(comparison, screen));
    return path;
  }
  const record = await readRecord(await recordPath(only));
  const view = viewOf(record);
  if (json !== true) screen.result(renderTerminal(view, screen));
  return await writeReport(context.host, record, view, target);
};

const tableOf = (judged: readonly Judged[], columns: number): string => {
  const { header, rows } = layOut(
    [
      { header: ["node"], isRight: false, expendable: 0, cells: judged.map(({ node }) => node) },
      { header: ["what became of it"], isRight: false, expendable: 0, cells: judged.map(({ said }) => said) },
      { header: ["record"], isRight: false, expendable: 1, cells: judged.map(({ folder }) => folder ?? "") },
    ],
    columns,
  );
  return [...header, ...rows].join("\n");
};

const tellMissing = ({ screen }: CliContext, node: string, outcome: NodeOutcome): void => {
  if (outcome.kind !== "not-back") return;
  for (const what of outcome.missing) screen.warn(`${node}: an agent is not back: ${what}`);
  for (const command of outcome.run) screen.info(`  ${command}`);
};
