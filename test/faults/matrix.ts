/**
 * `npm run test:faults [-- FAULT ...]`: every fault at every stage of a run, and what became of node, record and the next command.
 *
 *     matrix.ts [--stage STAGE] [FAULT ...]
 */
import { parseArgs } from "node:util";
import { type Cell, runCell } from "./cell.ts";
import { FAULTS } from "./faults.ts";
import { whyNoPlace } from "./place.ts";
import { STAGES } from "./stages.ts";
import { renderTable } from "./table.ts";

const { values, positionals } = parseArgs({
  options: { stage: { type: "string", multiple: true } },
  allowPositionals: true,
});
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const start = performance.now();
const obstacle = whyNoPlace();
if (obstacle !== undefined) {
  say(`skipped: ${obstacle}`);
  process.exit(0);
}
const chosen = FAULTS.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
const cells: Cell[] = [];
const skipped = new Map<string, string>();
for (const fault of chosen) {
  const reason = fault.obstacle?.();
  if (reason !== undefined) {
    skipped.set(fault.id, reason);
    say(`${fault.id}: skipped: ${reason}`);
    continue;
  }
  for (const { id } of STAGES) {
    if (!fault.stages.includes(id) || values.stage?.includes(id) === false) continue;
    let cell: Cell;
    try {
      cell = await runCell(fault, id);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      cell = {
        fault: fault.id,
        stage: id,
        exit: "?",
        restored: "?",
        kept: "?",
        words: "",
        wrong: [why],
        seconds: 0,
      };
    }
    cells.push(cell);
    say(
      `${cell.wrong.length === 0 ? "ok    " : "FAILED"} ${fault.id} at ${id}: ${cell.exit}, restored ${cell.restored}, kept ${cell.kept} (${cell.seconds.toFixed(1)} s)`,
    );
    for (const line of cell.wrong) say(`       ${line}`);
    if (cell.words !== "") say(`       "${cell.words}"`);
  }
}
say(`\n${renderTable(chosen, cells, skipped)}`);
const failed = cells.filter(({ wrong }) => wrong.length > 0).length;
say(
  `${cells.length - failed} passed, ${failed} failed, in ${Math.round((performance.now() - start) / 1000)} s`,
);
process.exitCode = failed === 0 ? 0 : 1;
