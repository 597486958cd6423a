import { expect, test } from "vitest";
import { METRICS } from "../../src/domain/units.ts";
import type { RunView } from "../../src/domain/run-view.ts";
import { renderOpenMetrics } from "../../src/report/openmetrics.ts";
import { hostileView } from "./support/hostile.ts";
import { buildView } from "./support/view-builder.ts";

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const unescape = (text: string): string =>
  text.replaceAll(/\\(["\\n])/g, (_, character: string) => (character === "n" ? "\n" : character));

/** The grammar of the OpenMetrics specification, as far as gauges go, written out so that reader and writer share nothing. */
const parse = (text: string): readonly Sample[] => {
  const samples: Sample[] = [];
  const families = new Set<string>();
  let family = "";
  const lines = text.split("\n");
  expect(lines.slice(-2)).toEqual(["# EOF", ""]);
  for (const line of lines.slice(0, -2)) {
    const comment = /^# (TYPE|HELP) ([a-z_0-9]+) (.+)$/.exec(line);
    if (comment !== null) {
      if (comment[1] === "TYPE") {
        family = comment[2] ?? "";
        expect(families, `${family} comes twice`).not.toContain(family);
        families.add(family);
        expect(comment[3]).toBe("gauge");
      }
      expect(comment[2]).toBe(family);
      continue;
    }
    const found =
      /^([a-z_0-9]+)\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\} (-?[0-9.]+(?:e[+-]?\d+)?)$/.exec(line);
    expect(found, `not a sample: ${line}`).not.toBeNull();
    expect(found?.[1]).toBe(family);
    const labels = [...(found?.[2] ?? "").matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)];
    samples.push({
      name: family,
      labels: Object.fromEntries(labels.map(([, key = "", value = ""]) => [key, unescape(value)])),
      value: Number(found?.[3]),
    });
  }
  return samples;
};

const samplesOf = (view: RunView, name: string): readonly Sample[] =>
  parse(renderOpenMetrics(view)).filter((sample) => sample.name === name);

test("a run is written as it was agreed", async () => {
  const lines = renderOpenMetrics(buildView()).split("\n");
  const ofOne = lines.filter(
    (line) => line.startsWith("#") || line.includes('agent="sensor",scenario="file-open"'),
  );
  await expect(ofOne.join("\n")).toMatchFileSnapshot("../golden/report-sensor.openmetrics.txt");
});

test("a cost has its value and the ends of its interval, in base units", () => {
  const view = buildView();
  const estimates = view.estimates.filter(({ metric }) => metric === "workload-cpu");
  expect(estimates.length).toBeGreaterThan(0);
  const samples = samplesOf(view, "tare_workload_cpu_cost_seconds");
  for (const { agent, scenario, operation, load, placement, absolute } of estimates) {
    const of = (bound: string): number | undefined =>
      samples.find(({ labels }) =>
        Object.entries({ agent, scenario, operation, load, placement, bound }).every(
          ([key, value]) => labels[key] === value,
        ),
      )?.value;
    expect(of("value")).toBeCloseTo(absolute.value / 1e9, 18);
    expect(of("low")).toBeCloseTo((absolute.low ?? Number.NaN) / 1e9, 18);
    expect(of("high")).toBeCloseTo((absolute.high ?? Number.NaN) / 1e9, 18);
  }
});

test("memory is in bytes", () => {
  const view = buildView();
  const estimate = view.estimates.find(({ metric }) => METRICS[metric].unit === "MiB");
  const [sample] = samplesOf(view, `tare_${estimate?.metric.replaceAll("-", "_") ?? ""}_bytes`).filter(
    ({ labels }) => labels["bound"] === "value" && labels["agent"] === estimate?.agent,
  );
  expect(sample?.value).toBeCloseTo((estimate?.absolute.value ?? Number.NaN) * 2 ** 20, 0);
});

test("events: done, delivered and lost, as the ledger has them", () => {
  const view = buildView();
  for (const { agent, scenario, load, operations, delivered } of view.ledger) {
    const row = { agent, scenario, load };
    expect(samplesOf(view, "tare_events_done")).toContainEqual(
      expect.objectContaining({ labels: expect.objectContaining(row) as unknown, value: operations }),
    );
    expect(samplesOf(view, "tare_events_delivered")).toContainEqual(
      expect.objectContaining({ labels: expect.objectContaining(row) as unknown, value: delivered }),
    );
  }
});

test("every verdict is there once, by name", () => {
  const view = buildView();
  expect(samplesOf(view, "tare_verdict").map(({ labels }) => labels["verdict"])).toEqual(
    view.verdicts.map(({ kind }) => kind),
  );
});

test("a missing figure has no sample, never 0", () => {
  const few = buildView({ blocks: 3 });
  const samples = parse(renderOpenMetrics(few));
  const bounds = samples.filter(({ name, labels }) => labels["bound"] === "low" && !name.endsWith("_lost"));
  expect(bounds).toEqual([]);
  const silent = { ...few, ledger: few.ledger.map((row) => ({ ...row, declaredLost: null })) };
  expect(samplesOf(silent, "tare_events_declared_lost")).toEqual([]);
});

test("a run without estimates is still valid text with the run in it", () => {
  const empty = { ...buildView(), estimates: [], ledger: [], verdicts: [] };
  expect(parse(renderOpenMetrics(empty)).map(({ name }) => name)).toEqual([
    "tare_run_start_timestamp_seconds",
  ]);
});

test("hostile names come back as they were", () => {
  const view = hostileView();
  const [run] = samplesOf(view, "tare_run_start_timestamp_seconds");
  expect(run?.labels["node"]).toBe(view.host.hostname);
});
