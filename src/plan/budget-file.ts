/**
 * Reads a budget file: what a sensor may cost, declared before it is measured. Pure: text in, budgets out.
 *
 *     budgets:
 *       - scenario: process-exec     # or "*" for every scenario
 *         metric: workload-cpu       # or "loss"
 *         at-most: 10 %              # or an amount in the metric's unit: 50 us, 64 MiB, 0.05 cores, 300 bytes
 */
import { LineCounter, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Node } from "yaml";
import { TareError } from "../domain/errors.ts";
import type { Budget } from "../domain/plan.ts";
import { METRICS, METRIC_IDS } from "../domain/units.ts";
import type { MetricId, Unit } from "../domain/units.ts";
import { suggest } from "../domain/suggest.ts";

const HINT = "see docs/budgets.md for the format and an example";
const KEYS = ["scenario", "metric", "at-most"] as const;

/** Factor from a suffix to each metric unit it can express. */
const SUFFIXES: Readonly<Record<string, { readonly factor: number; readonly units: readonly Unit[] }>> = {
  ns: { factor: 1, units: ["ns", "ns/op"] },
  us: { factor: 1e3, units: ["ns", "ns/op"] },
  ms: { factor: 1e6, units: ["ns", "ns/op"] },
  MiB: { factor: 1, units: ["MiB"] },
  GiB: { factor: 1024, units: ["MiB"] },
  cores: { factor: 1, units: ["cores"] },
  bytes: { factor: 1, units: ["bytes/op"] },
};

/** Throws a usage error that names file, line, what was found and what was expected. */
export const parseBudgets = (text: string, file: string, scenarios: readonly string[]): readonly Budget[] => {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const fail = (node: { readonly range?: Node["range"] } | null | undefined, what: string): never => {
    const line = counter.linePos(node?.range?.[0] ?? 0).line;
    throw new TareError("usage", `${file}:${line}: ${what}`, HINT);
  };
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    throw new TareError(
      "usage",
      `${file}:${counter.linePos(syntax.pos[0]).line}: ${syntax.message.split("\n")[0] ?? ""}`,
      HINT,
    );
  }
  const root = document.contents;
  if (!isMap(root)) return fail(root, `expected a map with the key "budgets"`);
  const list = root.get("budgets", true);
  if (!isSeq(list)) return fail(list ?? root, `expected "budgets" to be a list`);
  for (const pair of root.items) {
    if (isScalar(pair.key) && pair.key.value !== "budgets")
      fail(pair.key, `unknown key "${String(pair.key.value)}"; expected "budgets"`);
  }
  if (list.items.length === 0) fail(list, "the list of budgets is empty");
  return list.items.map((item): Budget => {
    if (!isMap(item))
      return fail(isScalar(item) ? item : list, "expected a map with scenario, metric and at-most");
    const fields = new Map<string, { readonly node: Node; readonly text: string }>();
    for (const pair of item.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : "";
      if (!KEYS.some((known) => known === key)) fail(item, unknownWord("key", key, KEYS));
      if (!isScalar(pair.value)) return fail(item, `"${key}" must be a plain value`);
      fields.set(key, { node: pair.value, text: String(pair.value.value) });
    }
    const field = (key: string): { readonly node: Node; readonly text: string } =>
      fields.get(key) ?? fail(item, `"${key}" is missing`);
    const scenario = field("scenario");
    if (scenario.text !== "*" && !scenarios.includes(scenario.text)) {
      fail(scenario.node, unknownWord("scenario", scenario.text, scenarios));
    }
    const metric = field("metric");
    if (!isBudgetMetric(metric.text))
      return fail(metric.node, unknownWord("metric", metric.text, [...METRIC_IDS, "loss"]));
    const limit = field("at-most");
    const parsed = parseLimit(limit.text, metric.text);
    if (typeof parsed === "string") return fail(limit.node, parsed);
    return { scenario: scenario.text, metric: metric.text, limit: parsed };
  });
};

const isBudgetMetric = (word: string): word is Budget["metric"] => word === "loss" || word in METRICS;

const unknownWord = (what: string, word: string, known: readonly string[]): string => {
  const near = suggest(word, known);
  return `unknown ${what} "${word}"; ${near === undefined ? `expected one of ${known.join(", ")}` : `did you mean "${near}"?`}`;
};

/** The limit, or what is wrong with it. */
const parseLimit = (text: string, metric: MetricId | "loss"): Budget["limit"] | string => {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(%|[A-Za-z]+)\s*$/.exec(text);
  const amount = Number(match?.[1]);
  const suffix = match?.[2];
  if (suffix === undefined) return `"${text}" is not an amount with a unit, such as "10 %" or "2 us"`;
  if (suffix === "%") {
    if (metric !== "loss" && METRICS[metric].kind === "level") {
      return `"${metric}" has no baseline to be a percentage of; expected an amount in ${METRICS[metric].unit}`;
    }
    return { kind: "percent", percent: amount };
  }
  if (metric === "loss") return `"loss" is declared in percent of the operations, found "${text}"`;
  const known = SUFFIXES[suffix];
  const unit = METRICS[metric].unit;
  if (known === undefined || !known.units.includes(unit))
    return `"${suffix}" is no unit of "${metric}", which is in ${unit}`;
  return { kind: "absolute", value: amount * known.factor };
};
