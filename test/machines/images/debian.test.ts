/** Trees of a few packages, in which nothing but these lies. */
import { lstatSync, mkdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { linkMergedUsr } from "../../../src/machines/images/debian.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const folder = temporaryFolder();

test("programs and libraries in usr are also where other releases have them, and what is there stays", async () => {
  const tree = join(folder, "tree");
  for (const path of ["usr/bin", "usr/lib", "lib/modules"]) mkdirSync(join(tree, path), { recursive: true });
  await linkMergedUsr(tree);
  expect(readlinkSync(join(tree, "bin"))).toBe("usr/bin");
  expect(lstatSync(join(tree, "lib")).isDirectory()).toBe(true);
  expect(() => lstatSync(join(tree, "lib64"))).toThrow(/ENOENT/);
});
