import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { generatedDocs, withParts } from "../../scripts/docs.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const docs = await generatedDocs();

test.each([...docs.keys()])("%s is what the data sheets say (npm run docs writes it)", (file) => {
  expect(readFileSync(join(ROOT, file), "utf8")).toBe(docs.get(file));
});

test("a part replaces what stands between its markers, and nothing else", () => {
  const text = "a\n<!-- x: npm run docs -->\nold\n<!-- end of x -->\nb\n";
  expect(withParts(text, new Map([["x", "new"]]))).toBe(
    "a\n<!-- x: npm run docs -->\n\nnew\n\n<!-- end of x -->\nb\n",
  );
});

test("a README without the markers is refused, not left as it is", () => {
  expect(() => withParts("a\n", new Map([["x", "new"]]))).toThrow("lacks");
});
