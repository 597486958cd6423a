/** A shell gets constants: what varies reaches it as an argument, never as a part of its program. */
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../support/agent-session.ts";

const sources = ["src", "scenarios", "scripts"].flatMap((room) =>
  readdirSync(join(ROOT, room), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name))),
);
const textOf = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** The program behind each `"-c"` of a shell: a literal, or the name of one. */
const programsIn = (text: string): readonly string[] =>
  [
    ...text.matchAll(
      /\bsh",(?:\s|\[|args:)*"-c",\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|[\w.]+(?:\([^)]*\))?)/g,
    ),
  ].map(([, program = ""]) => program);

/** What a name stands for in its file; a function's is its whole body. */
const definitionOf = (text: string, name: string): string => {
  const [, definition = ""] =
    new RegExp(`const ${name}\\b[^=]*=\\s*((?:\`[^\`]*\`|"[^"]*"|'[^']*')|\\([^]*?\\);)`).exec(text) ?? [];
  return definition;
};

test("there are programs to look at", () => {
  expect(sources.flatMap((file) => programsIn(textOf(file))).length).toBeGreaterThan(10);
});

test.each(sources.filter((file) => programsIn(textOf(file)).length > 0))(
  "%s hands no shell a string that varies",
  (file) => {
    const text = textOf(file);
    for (const program of programsIn(text)) {
      const isLiteral = /^["'`]/.test(program);
      const name = program.replace(/\(.*$/, "");
      const whole = isLiteral ? program : definitionOf(text, name);
      expect([program, whole]).not.toEqual([program, ""]);
      const holes = [...whole.matchAll(/\$\{([^}]*)\}/g)].map(([, hole = ""]) => hole);
      // A constant in capitals is one of the file's own.
      expect([program, holes.filter((hole) => !/^[A-Z_]+$/.test(hole))]).toEqual([program, []]);
    }
  },
);

test("nothing starts a shell by itself", () => {
  for (const file of sources)
    expect([file, /shell:\s*true|execSync\(|\bexec\(`|execaCommand/.exec(textOf(file))]).toEqual([
      file,
      null,
    ]);
});
