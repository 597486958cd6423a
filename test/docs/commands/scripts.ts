/** Commands in scripts: usage at their heads, back-ticks in their comments, and what they tell their user in strings. */
import { clausesOf, type Quoted, spansOf } from "./quoted.ts";

/** `#   lab.sh build   ...`, or ` *     node scripts/picture.ts A B`. */
const USAGE = /^(?:#| \*) {3,}((?:(?:[\w./-]+\/)?[\w-]+\.(?:sh|ts)|sh|node|npm|tare)\b.*)$/;
const SAYS = /\b(?:fail|say|echo|warn|raise|refuse|info|obstacle)\b/;

/** What stands in a string where a value comes in: `$x`, `$(...)` of the shell, `#{...}` of Ruby. */
const filled = (file: string, text: string): string =>
  text
    .replaceAll("$0", file)
    .replaceAll(/#\{[^{}]*\}|\$\{[^}]*\}|\$\([^()]*\)|\$\w+|\$[*@#?]/g, "<hole>")
    .replaceAll(/\\(.)/g, "$1");

export const usageIn = (file: string, content: string): readonly Quoted[] =>
  content.split("\n").flatMap((text, index) => {
    const usage = USAGE.exec(text)?.[1];
    return usage === undefined ? [] : [{ file, line: index + 1, text: usage, how: "line" }];
  });

export const commandsInScript = (file: string, content: string): readonly Quoted[] => [
  ...usageIn(file, content),
  ...spansOf(file, filled(file, content)),
  ...content.split("\n").flatMap((text, index): readonly Quoted[] => {
    const line = index + 1;
    if (!SAYS.test(text) || /^\s*#/.test(text)) return [];
    return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].flatMap(([, said = ""]) =>
      clausesOf(file, line, filled(file, said)),
    );
  }),
];
