/** Commands of a help text: the examples, and what stands between back-ticks. */
import { joined } from "./markdown.ts";
import { type Quoted, spansOf } from "./quoted.ts";

export const commandsInHelp = (name: string, help: string): readonly Quoted[] => {
  const file = `${name} --help`;
  const lines = help.split("\n");
  const title = lines.findIndex((line) => /^Examples?\b/.test(line));
  const rest = title === -1 ? [] : lines.slice(title + 1);
  const end = rest.findIndex((line) => line !== "" && !line.startsWith(" "));
  const examples = rest.slice(0, end === -1 ? undefined : end);
  const inline = /^Example: (.*)$/.exec(lines[title] ?? "")?.[1];
  return [
    ...examples.flatMap((line, index): Quoted[] =>
      /^ {2}\S/.test(line)
        ? [{ file, line: title + index + 2, text: joined(examples, index), how: "line" }]
        : [],
    ),
    ...(inline === undefined ? [] : [{ file, line: title + 1, text: inline, how: "line" } as const]),
    ...spansOf(file, help),
  ];
};
