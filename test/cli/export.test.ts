import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EXPORT_FORMATS } from "../../src/report/export.ts";
import { tare } from "../support/tare-command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const EXAMPLE = join(import.meta.dirname, "../../results/examples");

test.each([
  ["csv", /^run,started_at,/],
  ["json", /^\{\n/],
  ["markdown", /^#/],
  ["ndjson", /^\{"table_name":"estimates",/],
  ["openmetrics", /^# TYPE /],
])("a real record comes out as %s, on the screen and in a file alike", (format, expected) => {
  const shown = tare(["export", EXAMPLE, "--format", format]);
  expect(shown.stdout).toMatch(expected);
  expect(shown.status).toBe(0);
  const path = join(folder, format);
  expect(tare(["export", EXAMPLE, "--format", format, "--out", path]).stdout).toBe("");
  expect(readFileSync(path, "utf8")).toBe(shown.stdout);
});

test("help names every format", () => {
  const help = tare(["export", "--help"]).stdout;
  for (const format of Object.keys(EXPORT_FORMATS)) expect(help).toMatch(new RegExp(`^  ${format} `, "m"));
});

test.each([
  [["export", EXAMPLE], /--format/],
  [["export", EXAMPLE, "--format", "xlsx"], /Allowed choices are csv, json/],
  [["export", "/no/such/run", "--format", "csv"], /cannot read the record/],
])("%j is a usage error that says what next", (args, expected) => {
  const ended = tare(args);
  expect(ended.stderr).toMatch(expected);
  expect(ended.stdout).toBe("");
  expect(ended.status).toBe(2);
});
