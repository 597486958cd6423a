/** A pipe in a file's place: read to its end, however slowly it comes, and given up where nobody writes. */
import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readText } from "../../src/host/files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

const pipe = (name: string): string => {
  const path = join(folder, name);
  execFileSync("mkfifo", [path]);
  return path;
};

test("a pipe is read to its end, also where its writer pauses and writes more than a pipe holds", async () => {
  const path = pipe("slow");
  const script =
    'exec >"$1"; sleep 0.2; printf first; sleep 0.2; head -c 200000 /dev/zero | tr "\\\\0" x; printf last';
  const writer = spawn("sh", ["-c", script, "sh", path]);
  const text = await readText(path);
  expect(text).toEqual({ kind: "value", value: `first${"x".repeat(200_000)}last` });
  expect(writer.exitCode ?? 0).toBe(0);
});

test("a pipe that nobody writes to is no text, and holds nothing up", async () => {
  expect(await readText(pipe("silent"))).toEqual({
    kind: "missing",
    reason: "it is a pipe that nobody writes to",
  });
});
