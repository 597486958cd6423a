/** What YAML has a meaning for. */
export const YAML_WORDS = [
  "&a ",
  "*a",
  "<<: *a",
  "!!binary ",
  "!!set ",
  "!!timestamp ",
  "!!float .inf",
  "!!js/function ",
  "!<tag:yaml.org,2002:map> ",
  "%YAML 1.1\n---\n",
  "---\n",
  "...\n",
  "? ",
  ": ",
  "- ",
  "| \n",
  ">-\n",
  "{}",
  "[]",
  "{",
  "}",
  "[",
  "]",
  '"',
  "'",
  "#",
  "null",
  "~",
  "__proto__: ",
  "constructor: ",
  "0x10",
  "1e999",
  ".nan",
  "\t",
  "\\u0000",
  "\u2028",
  "\ufeff",
];

const LETTERS = Array.from("abcdefgh");

/** Aliases of aliases, what holds itself, deep nesting, keys that are no text, and more errors than anybody reads. */
export const YAML_FOUND: readonly string[] = [
  LETTERS.map((name, index) => {
    const inner = index === 0 ? "x" : `*${LETTERS[index - 1] ?? ""}`;
    return `${name}: &${name} [${Array.from({ length: 9 }, () => inner).join(", ")}]\n`;
  }).join(""),
  "&a [*a]\n",
  "id: &a [*a]\nbudgets: *a\n",
  "*nobody\n",
  "[".repeat(60_000),
  "- ".repeat(30_000),
  `id: ${"[".repeat(5000)}${"]".repeat(5000)}\nbudgets: ${"[".repeat(5000)}${"]".repeat(5000)}\n`,
  "? { a: b }\n: c\n",
  "[]".repeat(30_000),
];
