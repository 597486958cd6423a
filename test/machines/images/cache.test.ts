/** The cache of images: made once, whole or not at all, and made again when it was changed. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { cached, needRoom, type Recipe } from "../../../src/machines/images/cache.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tare-cache-"));
  vi.stubEnv("TARE_VM_CACHE", root);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const CONTEXT = { info: () => undefined };

const recipe = (inputs: unknown, built: { times: number }): Recipe => ({
  name: "thing",
  inputs,
  megabytes: 1,
  seconds: 1,
  build: async (folder) => {
    built.times += 1;
    writeFileSync(join(folder, "file"), `made of ${JSON.stringify(inputs)}`);
    mkdirSync(join(folder, "tree"));
    writeFileSync(join(folder, "tree/deep"), "deep");
    await Promise.resolve();
    return { found: "yes" };
  },
});

test("the same inputs are made once, others anew", async () => {
  const built = { times: 0 };
  const first = await cached(recipe({ one: 1 }, built), CONTEXT);
  const again = await cached(recipe({ one: 1 }, built), CONTEXT);
  expect(built.times).toBe(1);
  expect(again).toEqual(first);
  expect(first.facts).toEqual({ found: "yes" });
  const other = await cached(recipe({ one: 2 }, built), CONTEXT);
  expect(built.times).toBe(2);
  expect(other.folder).not.toBe(first.folder);
});

test.each([
  ["was changed", "was changed after it was stored", (file: string) => utimesSync(file, 1, 1)],
  ["was cut off", "/file has 3 bytes of 11", (file: string) => truncateSync(file, 3)],
  ["is gone", "/file is gone", (file: string) => rmSync(file)],
  ["lies deeper and is gone", "/tree/deep is gone", (file: string) => rmSync(join(file, "../tree/deep"))],
  [
    "is a manifest that was cut off",
    "/manifest.json is gone or cut off",
    (file: string) => truncateSync(join(file, "../manifest.json"), 20),
  ],
])("a stored file that %s is never used: it is said, and made again", async (_what, said, harm) => {
  const built = { times: 0 };
  const entry = await cached(recipe("x", built), CONTEXT);
  harm(join(entry.folder, "file"));
  const info: string[] = [];
  const again = await cached(recipe("x", built), { info: (text) => info.push(text) });
  expect(again).toEqual(entry);
  expect(built.times).toBe(2);
  expect(info[0]).toMatch(new RegExp(`^/.*${said}: it is made again$`));
  expect(readFileSync(join(entry.folder, "file"), "utf8")).toBe('made of "x"');
  expect(readdirSync(root)).toEqual([basename(entry.folder)]);
});

test("two that want the same at once make it once", async () => {
  const built = { times: 0 };
  const both = [cached(recipe("both", built), CONTEXT), cached(recipe("both", built), CONTEXT)];
  const [one, other] = await Promise.all(both);
  expect(one).toEqual(other);
  expect(built.times).toBe(1);
});

test("a builder that fails leaves nothing", async () => {
  const failing: Recipe = {
    name: "bad",
    inputs: 1,
    megabytes: 1,
    seconds: 1,
    build: async (folder) => {
      writeFileSync(join(folder, "half"), "");
      await Promise.resolve();
      throw new Error("no mirror");
    },
  };
  await expect(cached(failing, CONTEXT)).rejects.toThrow("no mirror");
  expect(readdirSync(root)).toEqual([]);
});

test("what a killed builder left is removed, a living one's stays", async () => {
  const dead = "thing-0123456789abcdef.4194303.part";
  const living = `thing-0123456789abcdef.${process.pid}.part`;
  mkdirSync(join(root, dead));
  mkdirSync(join(root, living));
  await cached(recipe("z", { times: 0 }), CONTEXT);
  expect(existsSync(join(root, dead))).toBe(false);
  expect(existsSync(join(root, living))).toBe(true);
});

test("only the newest of one name are kept", async () => {
  const built = { times: 0 };
  for (let each = 0; each < 7; each += 1) await cached(recipe({ each }, built), CONTEXT);
  const kept = readdirSync(root).filter((name) => name.startsWith("thing-"));
  expect(kept.length).toBeLessThan(7);
  await cached(recipe({ each: 6 }, built), CONTEXT);
  expect(built.times).toBe(7);
});

test("too little room is said before the work, in megabytes", async () => {
  await expect(needRoom(1e12, "an image")).rejects.toMatchObject({
    kind: "host-unfit",
    message: expect.stringMatching(/^an image needs 1000000000000 MB, and .+ has \d+ MB left$/),
  });
});
