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

test.each(rows.filter(({ seen }) => seen !== "no"))(
  "$file was seen with the version in its name, on a day",
  ({ file, seen, where }) => {
    expect(file).toContain(`-${seen}`);
    expect(where).toMatch(/2026-\d\d-\d\d|^the same/);
  },
);

test.each(rows.filter(({ seen }) => seen === "no"))("$file says where it is from: $where", ({ where }) => {
  expect(where).toMatch(/^(?:from|the two samples of|captured elsewhere|counters of the same|a program)/);
});
