/** The budgets of a run: those of the file that the user names, or tare's own. */
import { TareError } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import { type Budgets, DEFAULT_BUDGETS, parseBudgets } from "../plan/budget-file.ts";

/** @throws TareError `usage` when the file cannot be read, or with its line where it is no budget */
export const readBudgets = async (
  host: Pick<Host, "readText">,
  path: string | undefined,
  scenarios: readonly string[],
): Promise<Budgets> => {
  if (path === undefined) return DEFAULT_BUDGETS;
  const text = await host.readText(path);
  if (text.kind === "missing")
    throw new TareError("usage", `cannot read the budget ${path}: ${text.reason}`, "see docs/budgets.md");
  return {
    budgets: parseBudgets(text.value, path, scenarios),
    budgetSource: path,
    budgetDeclared: true,
  };
};
