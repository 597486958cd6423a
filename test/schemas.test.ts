/** What is published is what the code goes by, and says the same to a validator that is not ours. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { schemaFiles } from "../scripts/schemas.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const FILES = await schemaFiles();

test("docs/schemas holds what node scripts/schemas.ts writes, and nothing else", () => {
  expect(readdirSync(join(ROOT, "docs/schemas")).sort()).toEqual([...FILES.keys()].sort());
});

test.each([...FILES])("docs/schemas/%s is as node scripts/schemas.ts writes it", (name, text) => {
  expect(read(join("docs/schemas", name))).toBe(text);
});

/** Faults by the published schema, as a stranger's validator finds them. */
const faultsBy = (name: string): ((content: unknown) => readonly string[]) => {
  // Formats are checked by their patterns, which stand beside them.
  const ajv = new Ajv2020({ strict: true, strictTuples: false, validateFormats: false, allErrors: true });
  const fits = ajv.compile(JSON.parse(FILES.get(`${name}.schema.json`) ?? "null") as object);
  return (content) =>
    fits(content) ? [] : (fits.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ""}`);
};

describe("a stranger's validator", () => {
  const recordFaults = faultsBy("record");
  const lines = read("results/examples/record.jsonl").trimEnd().split("\n");

  test("takes every line of a committed record", () => {
    expect(lines.flatMap((line) => recordFaults(JSON.parse(line)))).toEqual([]);
  });

  test.each<[string, (line: string) => string]>([
    ["a count that is text", (line) => line.replace(/"count":(\d+)/, '"count":"$1"')],
    ["a reading without its reason", (line) => line.replace(/"reason":"[^"]*"/, '"why":"none"')],
    ["a time that is none", (line) => line.replace(/"startedAt":"[^"]*"/, '"startedAt":"2026-02-30"')],
  ])("refuses a line with %s", (_, change) => {
    const line = lines.find((text) => text.includes('"kind":"measured"')) ?? "";
    expect(recordFaults(JSON.parse(change(line)))).not.toEqual([]);
  });

  test("takes the examples of what people write, and refuses a key that is none", () => {
    const agent = parse(read("docs/examples/custom-agent.yaml")) as object;
    expect(faultsBy("custom-agent")(agent)).toEqual([]);
    expect(faultsBy("custom-agent")({ ...agent, overlaod: "drops" })).toHaveLength(1);
    const budget = { scenario: "*", metric: "workload-cpu", "at-most": "10 %" };
    expect(faultsBy("budget")({ budgets: [budget] })).toEqual([]);
    expect(faultsBy("budget")({ budgets: [{ ...budget, "at-most": "much" }] })).toHaveLength(1);
    expect(faultsBy("budget")({ budgets: [] })).toHaveLength(1);
  });
});
