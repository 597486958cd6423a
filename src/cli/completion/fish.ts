/** complete(1) of fish, https://fishshell.com/docs/current/cmds/complete.html. */
import type { CommandWords, Flag } from "./command-words.ts";

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** True while the words so far are exactly this command's: all of its path, and none of its children. */
const condition = ({ path, children }: CommandWords): string => {
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const unseen =
    children.length === 0
      ? []
      : [`not __fish_seen_subcommand_from ${children.map(({ word }) => word).join(" ")}`];
  return [...seen, ...unseen].join("; and ");
};

const line = (when: string, ...rest: readonly string[]): string =>
  ["complete -c tare", ...(when === "" ? [] : [`-n ${quoted(when)}`]), ...rest].join(" ");

/** A list's next member is offered behind what is already typed. */
const values = ({ takesValue, values: words, isList }: Flag): readonly string[] => {
  if (!takesValue) return [];
  if (words.length === 0) return ["-r"];
  return ["-x", "-a", isList ? quoted(`(__fish_append , ${words.join(" ")})`) : quoted(words.join(" "))];
};

export const fishCompletion = (commands: readonly CommandWords[]): string => {
  const lines = commands.flatMap((command) => {
    const when = condition(command);
    return [
      ...command.children.map(({ word, description }) =>
        line(when, "-f", "-a", word, "-d", quoted(description)),
      ),
      ...(command.values.length === 0 ? [] : [line(when, "-f", "-a", quoted(command.values.join(" ")))]),
      ...command.flags.map((flag) =>
        line(when, "-l", flag.word.replace(/^--/, ""), "-d", quoted(flag.description), ...values(flag)),
      ),
    ];
  });
  return `# Completion of tare for fish. Made by: tare completion fish\n${lines.join("\n")}\n`;
};
