/** Texts from real files and devices: none keeps tare waiting. Pipes: read-pipe.test.ts. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readText } from "../../src/host/files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

test("a file, and one of the kernel's, which has no size", async () => {
  const path = join(folder, "file");
  await writeFile(path, "some text\n");
  expect(await readText(path)).toEqual({ kind: "value", value: "some text\n" });
  expect(await readText("/proc/self/comm")).toMatchObject({
    kind: "value",
    value: expect.stringMatching(/\n$/),
  });
});

test.each(["/dev/zero", "/dev/urandom"])("%s never ends", async (path) => {
  expect(await readText(path)).toEqual({ kind: "missing", reason: "it is a device, and no file" });
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
