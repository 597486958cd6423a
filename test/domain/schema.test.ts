/** What is told of something that does not fit: where it lies, what was found, what was expected. */
import { expect, test } from "vitest";
import * as z from "zod";
import { checked } from "../../src/domain/schema.ts";
import { readYaml } from "../../src/domain/yaml-file.ts";

const Thing = z.strictObject({
  name: z.string().min(1),
  share: z.number().gt(0).max(1),
  count: z.int().min(2).exactOptional(),
  at: z.iso.datetime().exactOptional(),
  sign: z.literal("steal").exactOptional(),
  is: z.boolean().exactOptional(),
  list: z
    .array(z.enum(["exec", "file"]))
    .min(1)
    .exactOptional(),
  pair: z.tuple([z.number(), z.number()]).exactOptional(),
  named: z.record(z.string().regex(/^[a-z]+$/), z.string()).exactOptional(),
  load: z
    .discriminatedUnion("kind", [
      z.object({ kind: z.literal("closed") }),
      z.object({ kind: z.literal("open"), rate: z.number() }),
    ])
    .exactOptional(),
});

const GOOD = { name: "a", share: 0.5 };

test("what fits is handed out as it was found", () => {
  const found = { ...GOOD, load: { kind: "closed", unknown: 1 } };
  const read = checked(Thing, found, "it");
  expect(read).toEqual({ kind: "fits", content: found });
});

test.each<[object | null | string, string]>([
  [null, "it must be an object, found null"],
  ["x".repeat(100), `it must be an object, found "${"x".repeat(59)}...`],
  [{ share: 0.5 }, '"name" is missing'],
  [{ ...GOOD, name: "" }, '"name" must not be empty'],
  [{ ...GOOD, name: 1 }, '"name" must be text, found 1'],
  [{ ...GOOD, share: 0 }, '"share" must be above 0, found 0'],
  [{ ...GOOD, share: 2 }, '"share" must be at most 1, found 2'],
  [{ ...GOOD, share: "half" }, '"share" must be a number, found "half"'],
  [{ ...GOOD, count: 1 }, '"count" must be at least 2, found 1'],
  [{ ...GOOD, count: 2.5 }, '"count" must be a whole number, found 2.5'],
  [{ ...GOOD, at: "soon" }, '"at" must be a time such as 2026-01-31T12:00:00Z, found "soon"'],
  [{ ...GOOD, sign: 1 }, '"sign" must be steal, found 1'],
  [{ ...GOOD, is: 0 }, '"is" must be true or false, found 0'],
  [{ ...GOOD, list: [] }, '"list" must not be empty'],
  [{ ...GOOD, list: ["exec", "fiel"] }, '"list[1]" cannot be "fiel"; did you mean "file"?'],
  [{ ...GOOD, list: ["network"] }, '"list[0]" must be one of exec, file, found "network"'],
  [{ ...GOOD, pair: 1 }, '"pair" must be a list, found 1'],
  [{ ...GOOD, pair: [1] }, '"pair" must hold at least 2 entries, found [1]'],
  [{ ...GOOD, pair: [1, 2, 3] }, '"pair" must hold at most 2 entries, found [1,2,3]'],
  [{ ...GOOD, named: { A: "" } }, '"named.A" is a name that must match /^[a-z]+$/, found "A"'],
  [{ ...GOOD, load: {} }, '"load.kind" is missing'],
  [{ ...GOOD, load: { kind: "opne" } }, '"load.kind" cannot be "opne"; did you mean "open"?'],
  [{ ...GOOD, load: { kind: "open" } }, '"load.rate" is missing'],
  [{ share: 0.5, nmae: "a" }, 'it has the unknown key "nmae"; did you mean "name"?'],
])("%j: %s", (found, what) => {
  expect(checked(Thing, found, "it")).toMatchObject({ kind: "fault", what });
});

test("a fault in a file is told with its line, also where the key is not there", () => {
  const read = (text: string) => readYaml(Thing, text, "a.yaml", "see the docs");
  expect(() => read("name: a\nshare: 0.5\nload:\n  kind: open\n")).toThrow(
    'a.yaml:3: "load.rate" is missing',
  );
  expect(() => read("name: a\nshare: 0.5\nload:\n  kind: opne\n")).toThrow("a.yaml:4: ");
  expect(() => read("name: a\nshare: 0.5\nlist: [exec,\n")).toThrow(/^a\.yaml:4: /);
  expect(() => read("")).toThrow("a.yaml:1: there is nothing in it");
  const { content, refuse } = read("name: a\nshare: 0.5\n");
  expect(content).toEqual(GOOD);
  expect(() => refuse(["share"], "too much")).toThrow("a.yaml:2: too much");
});
