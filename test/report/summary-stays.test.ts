/** The summaries of the committed records, as tare made them before reasons became facts (94f3eed): not a byte is another, but for new fields. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import { readRecord } from "../../src/record/reader.ts";
import { renderJson, summaryJson } from "../../src/report/json.ts";
import type { SummaryJson } from "../../src/report/summary-json.ts";

const TESTS = join(import.meta.dirname, "..");
const EXAMPLES = join(TESTS, "../results/examples");

/** All that is new, and nothing else. */
const withoutNewFields = (summary: SummaryJson): unknown => {
  const { warningFacts: _w, notMeasurableFacts: _n, trust, ...rest } = summary;
  const { failureFacts: _f, noise, ...checks } = trust;
  const { sensitiveFacts: _s, ...quiet } = noise;
  return {
    ...rest,
    trust: { ...checks, noise: quiet },
    agents: summary.agents.map(({ role: _r, injects: _i, ...agent }) => agent),
    estimates: summary.estimates.map(({ noteFacts: _facts, ...estimate }) => estimate),
    ledger: summary.ledger.map(({ noteFacts: _facts, ...row }) => row),
    coverage: summary.coverage.map(({ reason: _reason, ...gap }) => gap),
    verdicts: summary.verdicts.map(({ reason: _reason, placement: _placement, ...verdict }) => verdict),
  };
};

/**
 * It was found by looking for two words in each note, which a note of another meaning holds as well ("the baselines of a block differ by more
 * than the cost"): these two estimates are over two blocks and have no interval that could differ from another.
 */
const FALSE_WARNING = `,
    "the bootstrap and the t interval differ by more than 15 % for 2 of 34 estimates: their blocks are skewed or few"`;

test.each([
  ["record.jsonl", "summary-examples.json", ""],
  ["guests/amd64/record.jsonl", "summary-guest-amd64.json", ""],
  ["guests/arm64/record.jsonl", "summary-guest-arm64.json", FALSE_WARNING],
])("%s", async (record, golden, gone) => {
  const { lines } = await readRecord(join(EXAMPLES, record));
  const before = await readFile(join(TESTS, "golden", golden), "utf8");
  expect(before).toContain(gone);
  expect(renderJson("summary", withoutNewFields(summaryJson(analyse(lines))))).toBe(before.replace(gone, ""));
});
