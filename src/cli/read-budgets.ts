/** The budget file that the user names. */
import { readFile } from "node:fs/promises";
import { TareError, messageOf } from "../domain/errors.ts";
import type { Plan } from "../domain/plan.ts";
import { parseBudgets } from "../plan/budget-file.ts";

/** Throws a usage error where the file cannot be read, or with its line where it is not a budget. */
export const readBudgets = async (path: string, scenarios: readonly string[]): Promise<Plan["budgets"]> => {
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
