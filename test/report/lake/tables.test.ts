/** What a warehouse relies on: columns as published, ids that name a row once, and nothing made up where something is missing. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { analyse } from "../../../src/analyse/analyse.ts";
import { runEvents } from "../../../src/analyse/run-events.ts";
import type { RecordLine } from "../../../src/domain/record.ts";
import { value } from "../../../src/domain/units.ts";
import { readRecord } from "../../../src/record/reader.ts";
import { rowText } from "../../../src/report/lake/row-text.ts";
import { LAKE_SCHEMA, type LakeRun, type LakeTable, runKey } from "../../../src/report/lake/table.ts";
import { LAKE_TABLES } from "../../../src/report/lake/tables.ts";
import { buildRecord } from "../../analyse/support/record-builder.ts";
import { hostileView } from "../support/hostile.ts";
import { buildView } from "../support/view-builder.ts";

const ROOT = join(import.meta.dirname, "../../..");

const runOf = (lines: readonly RecordLine[]): LakeRun => ({
  view: analyse(lines),
  events: runEvents(lines),
});

const example = async (path: string): Promise<LakeRun> =>
  runOf((await readRecord(join(ROOT, "results/examples", path))).lines);

const RUNS: readonly (readonly [string, LakeRun])[] = [
  ["a committed record", await example("record.jsonl")],
  ["a guest's record", await example("guests/arm64/record.jsonl")],
  ["counted instructions", await example("count/amd64/record.jsonl")],
  ["a made view", { view: buildView(), events: [] }],
  ["hostile names", { view: hostileView(), events: [] }],
];

const tableNamed = (name: string): LakeTable => {
  const found = LAKE_TABLES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no table ${name}`);
  return found;
};

describe.each(RUNS)("%s", (_, run) => {
  test.each(LAKE_TABLES)("fits the columns of $name, and has each row once", ({ rows, row: schema }) => {
    const all = rows(run);
    for (const { cells } of all) expect(schema.safeParse(cells).error?.issues).toBeUndefined();
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });

  test("is the same bytes whenever it is made", () => {
    const texts = () => LAKE_TABLES.flatMap(({ rows }) => rows(run).map(rowText));
    expect(texts()).toEqual(texts());
  });
});

test("every table but that of techniques has rows of the committed record", () => {
  const [, run] = RUNS[0] ?? [];
  if (run === undefined) throw new Error("there is a committed record");
  const counts = Object.fromEntries(LAKE_TABLES.map(({ name, rows }) => [name, rows(run).length]));
  expect(counts).toMatchObject({ runs: 1, agents: 2, techniques: 0 });
  for (const name of ["estimates", "ledger", "verdicts", "events"])
    expect({ name, rows: counts[name] }).not.toEqual({ name, rows: 0 });
});

test("no id is in two tables", () => {
  const run = runOf(buildRecord({ blocks: 2, agents: ["falco"] }));
  const ids = LAKE_TABLES.flatMap(({ rows }) => rows(run).map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
});

test("a figure that changes leaves the id, and a run of another node or second changes it", () => {
  const lines = (cpuNs: number, change: object = {}): readonly RecordLine[] =>
    buildRecord({ blocks: 4, agents: ["falco"], cpuNs: () => cpuNs }).map((line) =>
      line.type === "header" ? { ...line, ...change } : line,
    );
  const idsOf = (made: readonly RecordLine[]): readonly string[] =>
    tableNamed("estimates")
      .rows(runOf(made))
      .map(({ id }) => id);
  const [header] = lines(1000);
  if (header?.type !== "header") throw new Error("a record begins with its header");
  expect(idsOf(lines(2000))).toEqual(idsOf(lines(1000)));
  const others = [
    { run: "another" },
    { startedAt: "2026-01-01T00:00:01.000Z" },
    { host: { ...header.host, hostname: "node2" } },
    { host: { ...header.host, bootId: value("boot-2") } },
  ].map((change) => idsOf(lines(1000, change)).join());
  expect(new Set([idsOf(lines(1000)).join(), ...others]).size).toBe(5);
});

test("a record that has grown tells so", () => {
  const lines = buildRecord({ blocks: 3, agents: ["falco"], ended: "no" });
  const [grown] = tableNamed("runs").rows(runOf(buildRecord({ blocks: 3, agents: ["falco"] })));
  const [before] = tableNamed("runs").rows(runOf(lines));
  expect(before?.id).toBe(grown?.id);
  expect(Number(before?.cells["record_lines"])).toBeLessThan(Number(grown?.cells["record_lines"]));
  expect(before?.cells["ended_at"]).toBeNull();
  expect(before?.cells["complete"]).toBe(false);
});

test("a missing figure is a key that is not there", () => {
  const [run] = tableNamed("runs").rows(runOf(buildRecord({ blocks: 1, agents: ["falco"], ended: "no" })));
  if (run === undefined) throw new Error("a run is a row");
  const written = JSON.parse(rowText(run)) as Record<string, unknown>;
  expect(written).not.toHaveProperty("ended_at");
  expect(written).not.toHaveProperty("machine_id_hash");
  expect(written).toMatchObject({ schema_version: LAKE_SCHEMA, blocks: 1, boot_id: "boot-1" });
});

test("any text is one line of JSON that every loader takes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const line = rowText({ id: "a", cells: { text, none: null, figure: 1.5 } });
      expect(line).not.toMatch(/[\n\r\u2028\u2029\0]|\\u0000/);
      const read = JSON.parse(line) as { readonly text: string };
      expect(read.text).toBe(text.toWellFormed().replaceAll("\0", ""));
      expect(Object.keys(read)).toEqual(["text", "figure"]);
    }),
  );
});

test("a run is named by what it is, not by where its record lies", () => {
  const view = buildView();
  expect(runKey(view)).toMatch(/^[0-9a-f]{16}$/);
  expect(runKey({ ...view, run: { ...view.run, lines: 1 } })).toBe(runKey(view));
});

test("columns are named for every warehouse: lower case, and no word that SQL keeps for itself", () => {
  const RESERVED = /^(?:table|at|order|group|by|select|from|to|end|all|any|case|when|limit|window|range)$/;
  for (const { row } of LAKE_TABLES) {
    for (const [name, column] of Object.entries(row.shape)) {
      expect(name).toMatch(/^[a-z][a-z\d_]*$/);
      expect(name).not.toMatch(RESERVED);
      expect((column as { readonly description?: string }).description).toMatch(/\w/);
    }
  }
});

test("docs/lake.md names every table", () => {
  const page = readFileSync(join(ROOT, "docs/lake.md"), "utf8");
  for (const { name } of LAKE_TABLES) {
    expect(page).toContain(`| \`${name}\``);
    expect(page).toContain(`### \`${name}\``);
  }
});
