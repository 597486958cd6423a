import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { tare } from "../support/tare-command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const EXAMPLE = join(import.meta.dirname, "../../results/examples");
const RECORD = readFileSync(join(EXAMPLE, "record.jsonl"));

/** A copy of the committed record that may be written beside. */
const runFolder = (name: string): string => {
  const run = join(folder, name);
  mkdirSync(run);
  writeFileSync(join(run, "record.jsonl"), RECORD);
  return run;
};

const idsIn = (text: string): readonly string[] =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { readonly row_id: string }).row_id);

test("standard output gets rows, and nothing else", () => {
  const { stdout, status } = tare(["send", EXAMPLE, "--to", "-", "--tables", "runs,events"]);
  expect(status).toBe(0);
  const tables = stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { readonly table_name: string }).table_name);
  expect(new Set(tables)).toEqual(new Set(["runs", "events"]));
  expect(tables.filter((name) => name === "runs")).toHaveLength(1);
});

test("a file for each table, whole, and the same when the run is sent again or named twice", () => {
  const to = join(folder, "{table}/{run}.ndjson");
  const first = tare(["send", EXAMPLE, "--to", to]);
  expect(first.status).toBe(0);
  expect(first.stdout).toMatch(/rows of 1 run \(runs 1, agents 2, estimates/);
  const path = (name: string): string => join(folder, name, readdirSync(join(folder, name))[0] ?? "");
  const before = readFileSync(path("events"), "utf8");
  expect(idsIn(before).length).toBeGreaterThan(50);
  const again = tare(["send", EXAMPLE, join(EXAMPLE, "record.jsonl"), "--to", to]);
  expect(again.stdout).toBe(first.stdout);
  expect(readFileSync(path("events"), "utf8")).toBe(before);
  expect(new Set(idsIn(before)).size).toBe(idsIn(before).length);
});

test("a name that ends with .gz is compressed, to the same bytes each time", () => {
  const path = join(folder, "all.ndjson.gz");
  expect(tare(["send", EXAMPLE, "--to", path, "--json"]).stdout).toMatch(/"runs": \[/);
  const bytes = readFileSync(path);
  expect(idsIn(gunzipSync(bytes).toString())).toEqual(idsIn(tare(["send", EXAMPLE, "--to", "-"]).stdout));
  tare(["send", EXAMPLE, "--to", path]);
  expect(readFileSync(path)).toEqual(bytes);
});

test("the export for a warehouse is the table of estimates", () => {
  expect(tare(["export", EXAMPLE, "--format", "ndjson"]).stdout).toBe(
    tare(["send", EXAMPLE, "--to", "-", "--tables", "estimates"]).stdout,
  );
});

test("help names every table", () => {
  const { stdout } = tare(["send", "--help"]);
  for (const name of ["runs", "agents", "estimates", "ledger", "verdicts", "techniques", "events"])
    expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
});

test("a damaged record is sent with what is whole of it, and says so in its row", () => {
  const run = runFolder("damaged");
  const lines = RECORD.toString().split("\n");
  writeFileSync(
    join(run, "record.jsonl"),
    lines.with(5, lines[5]?.replace('"block":0', '"block":7') ?? "").join("\n"),
  );
  const { stdout, stderr, status } = tare(["send", run, "--to", "-", "--tables", "runs"]);
  expect(status).toBe(0);
  expect(stderr).toMatch(/record\.jsonl:6: not used/);
  expect(JSON.parse(stdout)).toMatchObject({ record_problems: expect.any(Number) as number });
  expect((JSON.parse(stdout) as { readonly record_problems: number }).record_problems).toBeGreaterThan(0);
});

test.each([
  [["send", EXAMPLE], /--to/],
  [["send", "--to", "-"], /missing required argument/],
  [["send", "/no/such/run", "--to", "-"], /cannot read the record \/no\/such\/run/],
  [["send", join(EXAMPLE, "summary.json"), "--to", "-"], /not a tare record/],
  [["send", EXAMPLE, "--to", "ftp://a/b"], /ftp:\/\/ is no way/],
  [
    ["send", EXAMPLE, "--to", "-", "--tables", "runs,rnus"],
    /there is no table "rnus"[^]*tables: runs, agents/,
  ],
  [["send", EXAMPLE, "--to", "-", "--tables", ","], /--tables names none/],
  [["send", EXAMPLE, "--to", "http://a", "--retries", "-1"], /not a whole number/],
  [["send", EXAMPLE, "--to", "kafka://127.0.0.1:1"], /names no topic/],
])("%j is a usage error that says what next", (args, expected) => {
  const { stderr, stdout, status } = tare(args);
  expect(stderr).toMatch(expected);
  expect(stdout).toBe("");
  expect(status).toBe(2);
});

test("a file that cannot be written is named, and nothing is left of it", () => {
  const { stderr, status } = tare(["send", EXAMPLE, "--to", "/dev/null/rows.ndjson"]);
  expect(stderr).toMatch(/cannot write \/dev\/null\/rows\.ndjson/);
  expect(status).toBe(4);
});

test.each([
  ["a server", "http://127.0.0.1:1/in"],
  ["a broker", "kafka://127.0.0.1:1/tare"],
])("%s that is away: the rows lie beside the record, and the exit code says so", (_, to) => {
  const run = runFolder(`away-${to.slice(0, 4)}`);
  const { stderr, status } = tare(["send", run, "--to", to, "--retries", "0"]);
  expect(status).toBe(4);
  const [, path = ""] = /rows are left to send, and lie in (\S+\.ndjson)/.exec(stderr) ?? [];
  expect(existsSync(path)).toBe(true);
  expect(readFileSync(path, "utf8")).toBe(tare(["send", run, "--to", "-"]).stdout);
});
