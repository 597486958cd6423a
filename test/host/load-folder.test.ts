import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadFolder } from "../../src/host/load-folder.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const root = temporaryFolder();
let count = 0;

/** A folder with these files, each the text of its default export. */
const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = join(root, String(++count));
  mkdirSync(folder);
  for (const [name, exported] of Object.entries(files))
    writeFileSync(join(folder, name), `export default ${exported};\n`);
  return folder;
};

const idsIn = async (files: Readonly<Record<string, string>>): Promise<readonly string[]> => {
  const loaded = await loadFolder(folderWith(files));
  for (const [id, entry] of loaded) expect(entry.id).toBe(id);
  return [...loaded.keys()];
};

describe("loading a folder", () => {
  test("finds each file's entry by the file's name, and leaves other files and folders alone", async () => {
    const folder = folderWith({ "b.ts": '{ id: "b" }', "a.ts": '{ id: "a" }', "notes.md": "" });
    mkdirSync(join(folder, "shared"));
    expect([...(await loadFolder(folder)).keys()]).toEqual(["a", "b"]);
  });

  test("gives each variant an entry of its own, in the file's order", async () => {
    const variants = '{ id: "dose", variants: [{ id: "dose@0" }, { id: "dose@250" }, { id: "dose@1000" }] }';
    expect(await idsIn({ "dose.ts": variants, "a.ts": '{ id: "a" }', "z.ts": '{ id: "z" }' })).toEqual([
      "a",
      "dose@0",
      "dose@250",
      "dose@1000",
      "z",
    ]);
  });

  test("lets the plain variant have the file's own name", async () => {
    const variants = '{ id: "dose", variants: [{ id: "dose" }, { id: "dose@none" }] }';
    expect(await idsIn({ "dose.ts": variants })).toEqual(["dose", "dose@none"]);
  });

  test.each([
    ["no default export with an id", "{ name: 1 }", /x\.ts has no default export with an id/],
    ["another id than its name", '{ id: "y" }', /x\.ts says its id is "y"/],
    ["variants of another base", '{ id: "y", variants: [{ id: "y@1" }] }', /x\.ts says its id is "y"/],
    ["no variant", '{ id: "x", variants: [] }', /not a list of at least one/],
    ["variants that are no list", '{ id: "x", variants: 3 }', /not a list of at least one/],
    ["a variant of another base", '{ id: "x", variants: [{ id: "y@1" }] }', /a variant with "y@1"/],
    ["a variant whose name goes on", '{ id: "x", variants: [{ id: "xy" }] }', /a variant with "xy"/],
    ["a variant without a name", '{ id: "x", variants: [{ id: "x@" }] }', /a variant with "x@"/],
    ["a variant without an id", '{ id: "x", variants: [{}] }', /a variant with no id/],
    ["a variant twice", '{ id: "x", variants: [{ id: "x@1" }, { id: "x@1" }] }', /has "x@1" twice/],
  ])("refuses a file with %s, by its name", async (_, exported, message) => {
    await expect(loadFolder(folderWith({ "x.ts": exported }))).rejects.toThrow(message);
  });
});
