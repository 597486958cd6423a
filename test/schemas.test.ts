/** What is published is what the code goes by, and says the same to a validator that is not ours. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { schemaFiles } from "../scripts/schemas.ts";
import { analyse } from "../src/analyse/analyse.ts";
import { compare } from "../src/analyse/compare/compare.ts";
import { diffRecords } from "../src/analyse/compare/diff.ts";
import type { Loaded } from "../src/analyse/compare/conditions.ts";
import { readRecord } from "../src/record/reader.ts";
import { renderComparisonJson, renderDiffJson, renderSummaryJson } from "../src/report/json.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const FILES = await schemaFiles();

test("docs/schemas holds what node scripts/schemas.ts writes, and nothing else", () => {
  expect(readdirSync(join(ROOT, "docs/schemas")).sort()).toEqual([...FILES.keys()].sort());
});

test.each([...FILES])("docs/schemas/%s is as node scripts/schemas.ts writes it", (name, text) => {
  expect(read(join("docs/schemas", name))).toBe(text);
});

const ajv = new Ajv2020({ strict: true, strictTuples: false, strictTypes: false });
for (const [name, text] of FILES)
  if (name.endsWith(".schema.json")) ajv.addSchema(JSON.parse(text) as object);

/** The first fault that a stranger's validator finds; undefined: none. */
const faultBy = (schema: string, content: unknown): string | undefined => {
  const fits = ajv.getSchema(schema);
  if (fits === undefined) throw new Error(`no schema is published as ${schema}`);
  if (fits(content) === true) return undefined;
  const [error] = fits.errors ?? [];
  return `${error?.instancePath} ${error?.message}`;
};

const EXAMPLES = ["record.jsonl", "guests/amd64/record.jsonl", "guests/arm64/record.jsonl"];

const loaded = async (example: string): Promise<Loaded> => {
  const { header, lines } = await readRecord(join(ROOT, "results/examples", example));
  return { header, view: analyse(lines) };
};

describe("a stranger's validator", () => {
  const lines = read("results/examples/record.jsonl").trimEnd().split("\n");

  test("takes every line of a committed record", () => {
    expect(lines.map((line) => faultBy("tare:record:3", JSON.parse(line)))).toEqual(
      lines.map(() => undefined),
    );
  });

  test.each<[string, (line: string) => string]>([
    ["a count that is text", (line) => line.replace(/"count":(\d+)/, '"count":"$1"')],
    ["a reading without its reason", (line) => line.replace(/"reason":"[^"]*"/, '"why":"none"')],
    ["a time that is none", (line) => line.replace(/"startedAt":"[^"]*"/, '"startedAt":"2026-02-30"')],
  ])("refuses a line with %s", (_, change) => {
    const line = lines.find((text) => text.includes('"kind":"measured"')) ?? "";
    expect(faultBy("tare:record:3", JSON.parse(change(line)))).toBeDefined();
  });

  test.each(EXAMPLES)("takes the summary of results/examples/%s", async (example) => {
    const { view } = await loaded(example);
    expect(faultBy("tare:summary:1", JSON.parse(renderSummaryJson(view)))).toBeUndefined();
  });

  test("takes a comparison and a diff of committed records", async () => {
    const [one, amd64, arm64] = await Promise.all(EXAMPLES.map(loaded));
    if (one === undefined || amd64 === undefined || arm64 === undefined) throw new Error("three examples");
    const compared = compare([amd64, arm64]);
    if (compared.kind === "refused") throw new Error("the two guests cannot be compared");
    const comparison: unknown = JSON.parse(renderComparisonJson(compared.comparison));
    expect(faultBy("tare:comparison:1", comparison)).toBeUndefined();
    expect(faultBy("tare:comparison:1", { ...(comparison as object), extra: 1 })).toMatch(/additional/);
    const diffed = diffRecords(one, one, 1);
    if (diffed.kind !== "diff") throw new Error("a record cannot be compared with itself");
    expect(faultBy("tare:diff:1", JSON.parse(renderDiffJson(diffed.diff)))).toBeUndefined();
  });

  test("takes what people write as the examples do, and refuses a key that is none", () => {
    const agent = parse(read("docs/examples/custom-agent.yaml")) as object;
    expect(faultBy("tare:custom-agent:1", agent)).toBeUndefined();
    expect(faultBy("tare:custom-agent:1", { ...agent, overlaod: "drops" })).toMatch(/additional/);
    const budget = { scenario: "*", metric: "workload-cpu", "at-most": "10 %" };
    expect(faultBy("tare:budget:1", { budgets: [budget] })).toBeUndefined();
    expect(faultBy("tare:budget:1", { budgets: [{ ...budget, "at-most": "much" }] })).toMatch(/pattern/);
    expect(faultBy("tare:budget:1", { budgets: [] })).toMatch(/fewer than 1/);
  });
});
