/** Files that a person, or somebody with another aim, wrote in YAML. */
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { parseYaml, readYaml } from "../../src/domain/yaml-file.ts";

const Schema = z.strictObject({ id: z.string() });
const read = (text: string): unknown => readYaml(Schema, text, "a.yaml", "see the documentation");

const bomb = Array.from("abcdefgh", (name, index) => {
  const inner = index === 0 ? "x" : `*${"abcdefgh"[index - 1] ?? ""}`;
  return `${name}: &${name} [${Array.from({ length: 9 }, () => inner).join(", ")}]\n`;
}).join("");

describe("a file", () => {
  test.each([
    ["whose aliases would fill the memory", bomb, /^a\.yaml:1: Excessive alias count/],
    ["that names an alias which nothing is", "id: *nobody\n", /Unresolved alias/],
    ["that holds itself", "id: &a [*a]\n", /^a\.yaml:1: "id" must be text, found what cannot be shown/],
    ["of nothing but openings", "[".repeat(60_000), /^a\.yaml:1: it is nested too deeply/],
    [
      "nested too deeply",
      `id: ${"[".repeat(5000)}${"]".repeat(5000)}\n`,
      /^a\.yaml:1: (it is nested too deeply|"id" must be text)/,
    ],
    [
      "longer than anybody writes",
      `id: ${"a".repeat(300_000)}\n`,
      /^a\.yaml:1: it is longer than 262144 characters/,
    ],
    ["with nothing in it", "# a comment\n", /^a\.yaml:1: there is nothing in it/],
    ["in UTF-16", "i\0d\0:\0 \0a\0", /^a\.yaml:1: it is no text in UTF-8/],
    ["that is indented by a tab", "id:\n\ta: b\n", /^a\.yaml:2: a tab indents this line/],
    ["with a text that ends in its midst", 'id: "a\\0b"\n', /^a\.yaml:1: a text here holds a NUL/],
    ["of two documents", "id: a\n---\nid: b\n", /^a\.yaml:2: a second document begins here/],
    ["that names a key twice", "id: a\nid: b\n", /^a\.yaml:2: id stands here for the second time$/],
    [
      "that names a key in quotes twice",
      "'a b': 1\n'a b': 2\n",
      /^a\.yaml:2: 'a b' stands here for the second/,
    ],
    ["with a mistake", "id: a\n- b\n", /^a\.yaml:[12]: /],
  ])("%s is refused with its line", (_, text, expected) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ kind: "usage", message: expect.stringMatching(expected) as string }) as Error,
    );
  });

  test("with a name that ends in its midst is refused with its line", () => {
    const named = z.record(z.string(), z.string());
    expect(() => readYaml(named, 'a: b\n"c\\0": d\n', "a.yaml", "")).toThrow(
      /^a\.yaml:2: a text here holds a NUL/,
    );
  });

  test("with a byte order mark and lines of Windows is read like any other", () => {
    expect(read("\uFEFFid: a\r\n")).toMatchObject({ content: { id: "a" } });
    const list = "- rule: a\r\n  desc: b\r\n";
    expect(parseYaml(`\uFEFF${list}`)).toMatchObject({ content: [{ rule: "a", desc: "b" }] });
  });

  test("whose keys are no text says nothing on the terminal by itself", () => {
    const warned: unknown[] = [];
    const listen = (warning: unknown): void => {
      warned.push(warning);
    };
    process.on("warning", listen);
    expect(parseYaml("? { a: b }\n: c\n")).toMatchObject({ kind: "parsed" });
    process.off("warning", listen);
    expect(warned).toEqual([]);
  });
});
