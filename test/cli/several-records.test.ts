/** `tare report A B` and `tare diff OLD NEW` as a user or a pipeline meets them. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { createRecord } from "../../src/record/writer.ts";
import { linesOf, type SideSpec } from "../analyse/support/sides.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = temporaryFolder();

const tare = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "src/cli/main.ts"), ...args], {
    encoding: "utf8",
    env: { ...process.env, TARE_JOURNAL: join(folder, "journal"), NO_COLOR: "1" },
  });
  return { status, stdout, stderr };
};

const recorded = async (name: string, spec: SideSpec): Promise<string> => {
  const run = join(folder, name);
  mkdirSync(run);
  const writer = await createRecord(join(run, "record.jsonl"));
  for (const line of linesOf(spec)) await writer.append(line);
  await writer.close();
  return run;
};

let cheap: string;
let dear: string;
let arm: string;
let emulated: string;
let tmpfs: string;

beforeAll(async () => {
  cheap = await recorded("cheap", { costNs: 100, noiseNs: 2, seed: 1 });
  dear = await recorded("dear", { costNs: 300, noiseNs: 2, seed: 2 });
  arm = await recorded("arm", { host: { arch: "aarch64" }, seed: 3 });
  emulated = await recorded("emulated", { host: { emulated: true }, costNs: 300, seed: 4 });
  tmpfs = await recorded("tmpfs", { plan: { filesOn: "tmpfs" } });
});

describe("tare report with several records", () => {
  test("writes one page, and prints the comparison", () => {
    const out = join(folder, "joint.html");
    const ended = tare("report", cheap, arm, "--out", out);
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(ended.stdout).toMatch(/architecture +x86_64 +aarch64/);
    expect(ended.stdout.trimEnd().split("\n").at(-1)).toBe(`wrote ${out}`);
    const page = readFileSync(out, "utf8");
    expect(page).toContain("2 records side by side");
    expect(page).toContain("cheap/record.jsonl (");
    expect(page).not.toContain(folder);
  });

  test("leaves out a record that cannot be read, and says so on the page", () => {
    const lost = join(folder, "lost");
    const out = join(folder, "without-one.html");
    const ended = tare("report", cheap, lost, arm, "--out", out);
    expect(ended.status).toBe(0);
    expect(ended.stderr).toMatch(/^warning: left out lost: /);
    const page = readFileSync(out, "utf8");
    expect(page).toContain("2 records side by side");
    expect(page).toContain("lost is in none of the figures: ");
    expect(page).not.toContain(folder);
    const printed = tare("report", cheap, lost, arm, "--out", out, "--print", "json");
    expect((JSON.parse(printed.stdout) as { unread: unknown }).unread).toEqual([
      { path: "lost", why: expect.stringContaining("lost") as string },
    ]);
  });

  test("is refused where only one can be read", () => {
    const ended = tare("report", cheap, join(folder, "lost"), "--out", join(folder, "no.html"));
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(/lost/);
  });

  test.each([
    ["json", /^\{\n {2}"figures": \[/],
    ["csv", /^record,run,started_at,/],
    ["markdown", /^## tare: 2 records side by side\n/],
  ])("prints %s alone on standard output", (format, expected) => {
    const ended = tare("report", cheap, arm, "--out", join(folder, "joint.html"), "--print", format);
    expect(ended.status).toBe(0);
    expect(ended.stdout).toMatch(expected);
    expect(ended.stderr).toContain("wrote ");
  });

  test("refuses records of another measurement, and says which key differs and where", () => {
    const ended = tare("report", cheap, tmpfs);
    expect(ended.status).toBe(2);
    expect(ended.stdout).toBe("");
    expect(ended.stderr).toContain(
      `these records cannot be compared: files-on is "disk" in ${cheap}/record.jsonl, "tmpfs" in ${tmpfs}/record.jsonl`,
    );
    expect(ended.stderr).toContain("hint: measure again with the same files-on");
  });
});

describe("tare diff", () => {
  test.each<[string, () => readonly string[], number, RegExp]>([
    ["worse", () => [cheap, dear], 1, /worse, probe, process-exec/],
    ["better", () => [dear, cheap], 0, /better, probe, process-exec/],
    ["within the tolerance", () => [cheap, dear, "--tolerance", "30%"], 0, /costs without a change/],
    ["all of it", () => [cheap, dear, "--tolerance", "30%", "--all"], 0, /no change, probe/],
    ["an emulated record", () => [cheap, emulated], 5, /the new record is emulated: functional/],
    ["another measurement", () => [cheap, tmpfs], 2, /files-on is "disk"/],
    ["no percentage", () => [cheap, dear, "--tolerance", "much"], 2, /--tolerance much: not a percentage/],
    ["no record", () => [cheap, "/no/such/record"], 2, /cannot read the record/],
  ])("%s", (_, args, status, said) => {
    const ended = tare("diff", ...args());
    expect(ended.stdout + ended.stderr).toMatch(said);
    expect(ended.status).toBe(status);
  });

  test("Markdown for a pull request, and JSON alone with --json", () => {
    expect(tare("diff", cheap, dear, "--format", "markdown").stdout).toMatch(/^## tare: what changed\n/);
    const parsed = JSON.parse(tare("diff", cheap, dear, "--json").stdout) as { changes: unknown[] };
    expect(parsed.changes.length).toBeGreaterThan(3);
  });
});
