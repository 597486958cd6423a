/** `tare verify` of a whole record says of the self-checks what the page says. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { readRecord } from "../../src/record/reader.ts";
import { checksOf } from "../../src/report/view/checks.ts";
import { viewOf } from "../../src/session/view.ts";
import { tare } from "../support/tare-command.ts";

const EXAMPLES = join(import.meta.dirname, "../../results/examples");

const failedOn = async (run: string): Promise<readonly string[]> =>
  checksOf(viewOf(await readRecord(join(run, "record.jsonl"))))
    .filter(({ state }) => state === "failed")
    .map(({ title, text }) => `self-check failed: ${title}: ${text}`);

test("names the checks that failed, those of the node among them", async () => {
  const run = join(EXAMPLES, "kubernetes/guest");
  const failed = await failedOn(run);
  expect(failed.map((line) => line.split(": ")[1])).toEqual(["emulation", "noise"]);
  const { stdout, status } = tare(["verify", run]);
  expect(stdout.trimEnd().split("\n").slice(-failed.length)).toEqual(failed);
  // The record is what was written, whatever it says.
  expect(status).toBe(0);
});

test("says so where none failed", async () => {
  expect(await failedOn(EXAMPLES)).toEqual([]);
  expect(tare(["verify", EXAMPLES]).stdout).toContain("self-checks: none failed");
});
