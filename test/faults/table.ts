/** Stage x fault as a table of Markdown: how the run ended, and whether the node was as before at once or by the next command. */
import type { Cell } from "./cell.ts";
import type { Fault } from "./faults.ts";
import { STAGES } from "./stages.ts";

export const renderTable = (
  faults: readonly Pick<Fault, "id" | "title">[],
  cells: readonly Cell[],
  skipped: ReadonlyMap<string, string>,
): string => {
  const textAt = (fault: string, stage: string): string => {
    const cell = cells.find((one) => one.fault === fault && one.stage === stage);
    if (cell === undefined) return skipped.has(fault) ? "skipped" : "";
    if (cell.wrong.length > 0) return "**FAILED**";
    return cell.restored === "at once" ? cell.exit : `${cell.exit}, next`;
  };
  const rows = [
    ["", ...STAGES.map(({ id }) => id)],
    ["---", ...STAGES.map(() => "---")],
    ...faults.map(({ id, title }) => [title, ...STAGES.map((stage) => textAt(id, stage.id))]),
  ];
  return rows.map((row) => `| ${row.join(" | ")} |`).join("\n");
};
