/** The run's folder: what is wrong with it is said before anything is measured, and no reader sees half a file. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { prepareRunFolder, recordPath, refuseUnwritable, writeWhole } from "../../src/record/files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const inTheWay = join(folder, "a-file");
writeFileSync(inTheWay, "");

describe("the run's folder", () => {
  test("is made with those above it, and nothing is left in it", async () => {
    const path = join(folder, "a", "b");
    await prepareRunFolder(path);
    expect(readdirSync(path)).toEqual([]);
  });

  test("that cannot be made is a usage error that names it", async () => {
    await expect(prepareRunFolder(join(inTheWay, "run"))).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringContaining(join(inTheWay, "run")) as string,
      hint: expect.stringContaining("--out") as string,
    });
  });
});

describe("a file that is written whole", () => {
  test("is there with its folder, and its parts are not", async () => {
    const path = join(folder, "new", "summary.json");
    await writeWhole(path, "{}");
    expect(readFileSync(path, "utf8")).toBe("{}");
    expect(existsSync(`${path}.partial`)).toBe(false);
  });

  test("that cannot be written is an error that names it", async () => {
    await expect(writeWhole(join(inTheWay, "x"), "")).rejects.toMatchObject({
      kind: "run-failed",
      message: expect.stringContaining("a-file") as string,
    });
  });

  test("that is wanted where the kernel makes no folders is an error, and soon", async () => {
    await expect(writeWhole("/proc/no/such/file", "")).rejects.toMatchObject({ kind: "run-failed" });
  });
});

describe("the page that the user names", () => {
  test("may lie in a folder that is still to be made, and nothing is left of the question", async () => {
    await refuseUnwritable(join(folder, "later", "page.html"), "--report");
    await refuseUnwritable(join(folder, "page.html"), "--report");
    expect(existsSync(join(folder, "later"))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes("page.html"))).toEqual([]);
  });

  test.each([folder, join(inTheWay, "page.html"), "/proc/page.html", join(folder, "x".repeat(250))])(
    "is refused before anything is measured where it cannot be written: %s",
    async (path) => {
      await expect(refuseUnwritable(path, "--report")).rejects.toMatchObject({
        kind: "usage",
        message: expect.stringContaining(`cannot write the page ${path}: `) as string,
        hint: "choose another file with --report",
      });
    },
  );
});

test("a record is named by its folder or by itself", async () => {
  mkdirSync(join(folder, "run"));
  expect(await recordPath(join(folder, "run"))).toBe(join(folder, "run", "record.jsonl"));
  expect(await recordPath(inTheWay)).toBe(inTheWay);
  expect(await recordPath("/no/such/run")).toBe("/no/such/run");
});
