/** `npm run test:faults`: every fault at every stage of a run, and what became of node, record and the next command (docs/stopping.md). */
import { availableParallelism } from "node:os";
import { commandLine, countOf, exitOfSkipped, someByOption, someOf } from "../../scripts/command-line.ts";
import { type Cell, runCell } from "./cell.ts";
import { FAULTS, type Fault } from "./faults.ts";
import { whyNoPlace } from "./place.ts";
import { STAGES, type StageId } from "./stages.ts";
import { renderTable } from "./table.ts";

const program = commandLine(
  "npm run test:faults --",
  "Every fault at every stage of a run, and what became of node, record and the next command (docs/stopping.md).",
)
  .addArgument(
    someOf(
      "fault",
      "which of them (default: all)",
      FAULTS.map(({ id }) => id),
    ),
  )
  .addOption(
    someByOption(
      "--stage <stage...>",
      "when it happens (default: at every stage)",
      STAGES.map(({ id }) => id),
    ),
  )
  .option("--jobs <number>", "runs at the same time", countOf, availableParallelism())
  .parse();
const wanted = program.args;
const values = program.opts<{ readonly stage?: readonly string[]; readonly jobs: number }>();
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const show = ({ fault, stage, exit, restored, kept, words, wrong, seconds }: Cell): void => {
  const mark = wrong.length === 0 ? "ok    " : "FAILED";
  say(`${mark} ${fault} at ${stage}: ${exit}, restored ${restored}, kept ${kept} (${seconds.toFixed(1)} s)`);
  for (const line of wrong) say(`       ${line}`);
  if (words !== "") say(`       "${words}"`);
};

const cellOf = async (fault: Fault, stage: StageId): Promise<Cell> => {
  try {
    return await runCell(fault, stage);
  } catch (error) {
    const wrong = [error instanceof Error ? error.message : String(error)];
    return { fault: fault.id, stage, exit: "?", restored: "?", kept: "?", words: "", wrong, seconds: 0 };
  }
};

const main = async (): Promise<number> => {
  const start = performance.now();
  const obstacle = whyNoPlace();
  if (obstacle !== undefined) {
    say(`skipped: ${obstacle}`);
    return exitOfSkipped();
  }
  const chosen = FAULTS.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
  const skipped = new Map<string, string>();
  const todo = chosen.flatMap((fault) => {
    const reason = fault.obstacle?.();
    if (reason !== undefined) skipped.set(fault.id, reason);
    const stages = STAGES.filter(
      ({ id }) => fault.stages.includes(id) && values.stage?.includes(id) !== false,
    );
    return reason === undefined ? stages.map(({ id }) => [fault, id] as const) : [];
  });
  const cells: Cell[] = [];
  const work = async (): Promise<void> => {
    for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
      const cell = await cellOf(...next);
      cells.push(cell);
      show(cell);
    }
  };
  await Promise.all(Array.from({ length: values.jobs }, work));
  say(`\n${renderTable(chosen, cells, skipped)}`);
  for (const [id, reason] of skipped) say(`${id} skipped: ${reason}`);
  const failed = cells.filter(({ wrong }) => wrong.length > 0).length;
  const seconds = Math.round((performance.now() - start) / 1000);
  say(`${cells.length - failed} passed, ${failed} failed, ${skipped.size} skipped, in ${seconds} s`);
  return failed === 0 ? 0 : 1;
};

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));
process.exitCode = await main();
