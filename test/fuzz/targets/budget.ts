/** Budget files. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseBudgets } from "../../../src/plan/budget-file.ts";
import { refused, type Target } from "../engine/target.ts";
import { YAML_FOUND, YAML_WORDS } from "../engine/yaml-words.ts";

const SCENARIOS = ["process-exec", "file-open", "network-connect", "syscall-tax", "high-value"];

const seeds = (): readonly string[] =>
  Array.from(
    readFileSync(join(import.meta.dirname, "../../../docs/budgets.md"), "utf8").matchAll(
      /```yaml\n([\s\S]*?)```/g,
    ),
    ([, text = ""]) => text,
  );

const target: Target = {
  found: () => YAML_FOUND,
  seeds,
  words: [
    ...YAML_WORDS,
    ...SCENARIOS,
    "budgets:",
    "scenario: ",
    "metric: ",
    "at-most: ",
    "loss",
    "10 %",
    "5 us",
  ],
  run: (input) => {
    refused(() => parseBudgets(input.toString(), "budget.yaml", SCENARIOS));
  },
};
export default target;
