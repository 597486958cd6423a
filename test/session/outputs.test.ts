/** What a page says of the record that it was made from, so that whoever gets it can make it again. */
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { evidenceOf } from "../../src/session/outputs.ts";
import { readRecord } from "../../src/record/reader.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const EXAMPLE = "results/examples/record.jsonl";
const folder = temporaryFolder();

const again = async (path: string): Promise<string> =>
  evidenceOf(await readRecord(path)).find(({ title }) => title === "Made again by")?.text ?? "";

test("the command that makes a page again is the same wherever tare was started, and works in the clone", async () => {
  const command = await again(join(ROOT, EXAMPLE));
  expect(command).toBe(`npm run tare -- report ${EXAMPLE}`);
  const page = join(folder, "again.html");
  const ran = spawnSync("sh", ["-c", `${command} --out ${page}`], {
    cwd: join(ROOT, "docs"),
    encoding: "utf8",
  });
  expect([ran.status, ran.stderr]).toEqual([0, expect.anything()]);
  expect(readFileSync(page, "utf8")).toContain(command);
});

test("a record outside of the clone is named without the folders of the machine", async () => {
  const path = join(folder, "run/record.jsonl");
  cpSync(join(ROOT, EXAMPLE), path);
  expect(await again(path)).toContain("npm run tare -- report FOLDER/run/record.jsonl");
  expect(await again(path)).not.toContain(folder);
});
