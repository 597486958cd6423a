import { expect, test } from "vitest";
import { EXIT } from "../../src/domain/errors.ts";
import { METRIC_IDS } from "../../src/domain/units.ts";
import { verdictTitle, VERDICT_ORDER } from "../../src/report/view/in-short.ts";
import { tare } from "../support/tare-command.ts";

interface Explained {
  readonly title: string;
  readonly meaning: string;
}

const explained = (topic: string): readonly Explained[] =>
  JSON.parse(tare(["explain", ...topic.split(" "), "--json"]).stdout) as readonly Explained[];

const topics = JSON.parse(tare(["explain", "--json"]).stdout) as readonly string[];

test("every verdict, exit code and metric is a topic", () => {
  expect(topics).toEqual(
    expect.arrayContaining([...VERDICT_ORDER, ...Object.values(EXIT).map(String), ...METRIC_IDS]),
  );
  expect(new Set(topics).size).toBe(topics.length);
});

test.each(VERDICT_ORDER)("the verdict %s is found by the words that a report prints", (kind) => {
  expect(explained(verdictTitle(kind))[0]?.title).toBe(verdictTitle(kind));
});

test.each([
  ["1", ["run", "diff"]],
  ["5", ["run", "diff", "verify", "calibrate"]],
])("exit code %s is told for every command that ends with it", (code, commands) => {
  const [first] = explained(code);
  for (const command of commands) expect(first?.meaning).toContain(`\`${command}\``);
});

test("text fits 80 columns and says what next", () => {
  const ended = tare(["explain", "inconclusive"]);
  expect(ended.status).toBe(0);
  expect(ended.stdout).toContain("What next: ");
  for (const line of ended.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});

test.each(["A/A", "a-a", "Detectable from", "5", "WITHIN", "interrupted"])("%s is understood", (topic) => {
  expect(explained(topic).length).toBeGreaterThan(0);
});

test("without a topic it lists them all", () => {
  const listed = tare(["explain"]).stdout;
  expect(topics.filter((topic) => !listed.includes(topic))).toEqual([]);
});

test("an unknown topic is a usage error with a suggestion", () => {
  const ended = tare(["explain", "inconclusiv"]);
  expect(ended).toMatchObject({ status: 2, stdout: "" });
  expect(ended.stderr).toMatch(/nothing is known of "inconclusiv"[^]*did you mean "inconclusive"/);
});
