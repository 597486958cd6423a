/** Each captured output says with which version it was seen, or that nobody of the project saw it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const FOLDER = join(import.meta.dirname, "fixtures");
const ROW = /^\| `([^`]+)` *\| (\S+) *\| (\S.*?) *\|$/gm;
const rows = [...readFileSync(join(FOLDER, "README.md"), "utf8").matchAll(ROW)].map(
  ([, file = "", seen = "", where = ""]) => ({ file, seen, where }),
);

test("every file has a row, and every row a file", () => {
  const files = readdirSync(FOLDER).filter((name) => name !== "README.md");
  expect(rows.map(({ file }) => file).toSorted()).toEqual(files.toSorted());
});

test.each(rows)("$file was seen with $seen: $where", ({ file, seen, where }) => {
  if (seen === "no") expect(where).toMatch(/\w{4}/);
  else {
    expect(file).toContain(`-${seen}`);
    expect(where).toMatch(/2026-\d\d-\d\d|^the same/);
  }
});
