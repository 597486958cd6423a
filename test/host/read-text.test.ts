/** Texts from real files, pipes and devices: none keeps tare waiting. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readText } from "../../src/host/files.ts";

const run = promisify(execFile);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tare-read-text-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const pipe = async (name: string): Promise<string> => {
  const path = join(folder, name);
  await run("mkfifo", [path]);
  return path;
};

test("a file, and one of the kernel's, which has no size", async () => {
  const path = join(folder, "file");
  await writeFile(path, "some text\n");
  expect(await readText(path)).toEqual({ kind: "value", value: "some text\n" });
  expect(await readText("/proc/self/comm")).toMatchObject({
    kind: "value",
    value: expect.stringMatching(/\n$/),
  });
});

test("a pipe is read until its writer has ended, however slow it is", async () => {
  const path = await pipe("slow");
  // Keeps it from ending before its writer has begun.
  const held = await open(path, "r+");
  const reading = readText(path);
  const writer = spawn("sh", ["-c", 'exec >"$1"; echo one; sleep 0.2; echo two', "sh", path]);
  await once(writer, "exit");
  await held.close();
  const read = await reading;
  expect(read).toEqual({ kind: "value", value: "one\ntwo\n" });
});

test("a pipe that nobody writes to", async () => {
  const path = await pipe("nobody");
  expect(await readText(path)).toEqual({
    kind: "missing",
    reason: `${path} is a pipe, and nothing came from it`,
  });
});

test.each(["/dev/zero", "/dev/urandom"])("%s never ends", async (path) => {
  expect(await readText(path)).toEqual({ kind: "missing", reason: `${path} is a device, and no file` });
});

test("/dev/null is empty", async () => {
  expect(await readText("/dev/null")).toEqual({ kind: "value", value: "" });
});

test("a folder, and what is not there, by the system's reason", async () => {
  expect(await readText(folder)).toMatchObject({
    kind: "missing",
    reason: expect.stringContaining("EISDIR"),
  });
  expect(await readText(join(folder, "absent"))).toMatchObject({
    kind: "missing",
    reason: expect.stringContaining("ENOENT"),
  });
});
