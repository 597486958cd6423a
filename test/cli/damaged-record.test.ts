/** Every command that reads a record says the same of a damaged one, and goes on with what is whole. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tare } from "../support/tare-command.ts";

const folder = temporaryFolder();
const FIXTURES = join(import.meta.dirname, "../record/fixtures");
const whole = gunzipSync(readFileSync(join(FIXTURES, "schema-2.jsonl.gz")));
const run = join(folder, "run");
const record = join(run, "record.jsonl");

/** In a trial that was measured, a digit of one figure. */
const FAULT_AT = whole.indexOf('"windowNs":', whole.indexOf("\n") + 1) + '"windowNs":'.length;
const TOLD = `${record}:2: not used: digest does not match`;

beforeAll(() => {
  mkdirSync(run);
  const damaged = Buffer.from(whole);
  damaged[FAULT_AT] = 0x39;
  writeFileSync(record, damaged);
});

describe("a changed line", () => {
  test.each([
    ["report", ["report", run, "--out", join(folder, "page.html")], 0],
    ["report of several", ["report", run, run, "--out", join(folder, "both.html")], 0],
    ["analyse", ["analyse", run], 0],
    ["analyse --json", ["analyse", run, "--json"], 0],
    ["export", ["export", run, "--format", "csv"], 0],
    ["diff", ["diff", run, run], 5],
    ["run --resume", ["run", "--resume", run], 2],
  ] as const)("is named by `tare %s`, which goes on as far as it may", (_, args, status) => {
    const ended = tare(args);
    expect(ended.stderr).toContain(TOLD);
    expect(ended.status).toBe(status);
  });

  test("is named by `tare verify` in its answer, which is that the record is damaged", () => {
    const ended = tare(["verify", run]);
    expect(ended.stdout).toContain("line 2: not used: digest does not match");
    expect(ended.status).toBe(5);
  });

  test("is in the summary and on the page", () => {
    const summary = JSON.parse(tare(["analyse", run, "--json"]).stdout) as {
      readonly warnings: readonly string[];
    };
    expect(summary.warnings.join("\n")).toContain("record line 2: not used: digest does not match");
    tare(["report", run, "--out", join(folder, "page.html")]);
    expect(readFileSync(join(folder, "page.html"), "utf8")).toContain("record line 2: not used");
  });
});

test("a compressed record is not gone on with, and stays as it is", () => {
  const packed = join(folder, "record.jsonl.gz");
  const bytes = readFileSync(join(FIXTURES, "schema-2.jsonl.gz"));
  writeFileSync(packed, bytes);
  const ended = tare(["run", "--resume", packed]);
  expect(ended.status).toBe(2);
  expect(ended.stderr).toContain("is compressed: not resumed");
  expect(readFileSync(packed)).toEqual(bytes);
});

test("without a header that can be read, every command says so", () => {
  const other = join(folder, "headless");
  mkdirSync(other);
  const damaged = Buffer.from(whole);
  damaged[1] = 0x00;
  writeFileSync(join(other, "record.jsonl"), damaged);
  for (const args of [
    ["report", other],
    ["analyse", other],
    ["diff", other, other],
    ["verify", other],
    ["export", other, "--format", "csv"],
    ["run", "--resume", other],
  ]) {
    const ended = tare(args);
    expect(ended.stderr).toContain("is not a tare record: line 1: no valid JSON");
    expect(ended.status).toBe(2);
  }
});
