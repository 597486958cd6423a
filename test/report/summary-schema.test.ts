import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { METRIC_IDS } from "../../src/domain/units.ts";
import { renderJson, summaryJson } from "../../src/report/json.ts";
import schema from "../../docs/schemas/summary.schema.json" with { type: "json" };
import { buildView } from "./support/view-builder.ts";

const buildSummary = (choices = {}) => summaryJson(buildView(choices));

const validate = new Ajv2020({
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allErrors: true,
}).compile(schema);

const faultsOf = (value: unknown): readonly string[] =>
  validate(value)
    ? []
    : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ""}`);

const [estimate] = buildSummary().estimates;
const [ledgerRow] = buildSummary().ledger;
const [verdict] = buildSummary().verdicts;
const withEstimate = (change: object) => ({ ...buildSummary(), estimates: [{ ...estimate, ...change }] });
const { trust } = buildSummary();
const [calibration] = trust.calibration;
const withCalibrationChange = (change: object) => ({
  ...buildSummary(),
  trust: { ...trust, calibration: [{ ...calibration, ...change }] },
});
const withLedger = (change: object) => ({ ...buildSummary(), ledger: [{ ...ledgerRow, ...change }] });

test.each([
  ["a whole run", buildSummary()],
  ["a run with too few blocks for intervals", buildSummary({ blocks: 3 })],
  ["an emulated run", buildSummary({ emulated: true })],
  [
    "an interrupted run",
    { ...buildSummary(), run: { ...buildSummary().run, endedAt: null, complete: false } },
  ],
])("the schema accepts %s as it is written", (_, summary) => {
  expect(faultsOf(JSON.parse(renderJson("summary", summary)))).toEqual([]);
});

test("the schema knows exactly the metrics of the domain", () => {
  expect([...schema.$defs.metric.enum].sort()).toEqual([...METRIC_IDS].sort());
});

test.each([
  ["an unknown version", { ...buildSummary(), schema: 2 }],
  ["a field that nobody declared", { ...buildSummary(), extra: 1 }],
  ["a missing section", { ...buildSummary(), ledger: undefined }],
  ["a figure that is text", withEstimate({ absolute: { value: "4", low: null, high: null } })],
  ["an interval with one end", withEstimate({ absolute: { value: 4, low: 3, high: null } })],
  ["an unknown metric", withEstimate({ metric: "speed" })],
  ["a ratio of a level", withEstimate({ metric: "agent-memory", unit: "MiB" })],
  ["an estimate over no block", withEstimate({ blocks: 0 })],
  ["a confidence above 1", withEstimate({ level: 95 })],
  ["a loss rate in percent", withLedger({ lossRate: { value: 17, low: 16, high: 18 } })],
  ["half an event", withLedger({ delivered: 0.5 })],
  ["a verdict that does not exist", { ...buildSummary(), verdicts: [{ ...verdict, kind: "fine" }] }],
  ["a verdict without a reason", { ...buildSummary(), verdicts: [{ ...verdict, why: "" }] }],
  [
    "a reading without value or reason",
    { ...buildSummary(), host: { ...buildSummary().host, governor: { kind: "missing" } } },
  ],
  ["a slope without its confidence", withCalibrationChange({ slope: { value: 1, low: null, high: null } })],
  ["a calibration of another metric", withCalibrationChange({ metric: "wall" })],
  ["a view that says nothing of trust", { ...buildSummary(), trust: undefined }],
  ["a time that is no time", { ...buildSummary(), run: { ...buildSummary().run, startedAt: "yesterday" } }],
])("the schema rejects %s", (_, broken) => {
  expect(faultsOf(broken)).not.toEqual([]);
});
