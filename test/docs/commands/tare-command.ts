/** What the real command line says to a call of tare, without the action; actions that only print are taken to their end. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { createContext, type CliContext } from "../../../src/cli/context.ts";
import { messageOf } from "../../../src/domain/errors.ts";
import { choose, chosenAgents, namedTests } from "../../../src/session/chosen.ts";
import { parseArchitecture, parseKernel } from "../../../src/machines/guests.ts";
import { keepingScreen } from "../../support/keeping-screen.ts";

type Create = (context: CliContext) => Command;

/** Cheap, and their arguments are only looked at in there. */
const CARRIED_OUT = new Set(["explain", "list", "completion"]);
/** What a value may have to be where a reader fills it in. */
const FILLINGS = ["x", "12", "10m", "sensor", "file-open", "amd64", "inconclusive", "--arch amd64"];

const context = createContext(keepingScreen());
const agents = await context.agents();
const scenarios = await context.scenarios();

/** Each file of a command has the function of its own name: `vms.ts` that of `tare vms`. */
const folder = join(import.meta.dirname, "../../../src/cli/commands");
const files = readdirSync(folder).filter((file) => file.endsWith(".ts"));
const creators: readonly Create[] = await Promise.all(
  files.map(async (file) => {
    const name = file.replace(/\.ts$/, "");
    const exported = (await import(join(folder, file))) as Readonly<Record<string, Create>>;
    return exported[`${name}Command`];
  }),
).then((found) => found.filter((create) => create !== undefined));

let said = "";
const tamed = (command: Command, depth = 0): Command => {
  command.exitOverride().configureOutput({
    writeOut: (text) => (said += text),
    writeErr: () => undefined,
  });
  if (depth > 0 && !CARRIED_OUT.has(command.name())) command.action(() => undefined);
  for (const child of command.commands) tamed(child, depth + 1);
  return command;
};

const root = new Command("tare").version("0");
for (const create of creators) root.addCommand(create(context));
export const PROGRAM = tamed(root);

export const helpOf = (command: Command): string => {
  said = "";
  command.outputHelp();
  return said;
};

/** All commands below it, with the words that lead to them. */
export const allCommands = (
  command: Command = PROGRAM,
  path: readonly string[] = [],
): readonly { readonly command: Command; readonly path: readonly string[] }[] => [
  { command, path },
  ...command.commands.flatMap((child) => allCommands(child, [...path, child.name()])),
];

/** `RUN`, `<agent>`, `results/<run>`, `$name`: what a reader fills in. */
const BLANK = /(?:<[^<>]*>)+|\$\w*|^[A-Z][A-Z_]*$|\.\.\.$/g;
export const isBlank = (word: string): boolean => new RegExp(BLANK.source).test(word);
export const filledWith = (filling: string, words: readonly string[]): readonly string[] =>
  words.flatMap((word) => (isBlank(word) ? word.replaceAll(BLANK, filling).split(" ") : [word]));

/** Ids that an example makes up, or that stand in the agent file that it names. */
const isMadeUp = (words: readonly string[], name: string): boolean =>
  words.includes("--agent-file") || FILLINGS.includes(name) || ["watchdoge", "exec-by-fd"].includes(name);

const namesIn = (list: unknown): readonly string[] =>
  (Array.isArray(list) ? list : typeof list === "string" ? list.split(",") : []).filter(
    (name): name is string => typeof name === "string",
  );

/** Values that only an action looks at. */
const checkValues = (command: Command, words: readonly string[]): void => {
  const values: Readonly<Record<string, unknown>> = command.opts();
  const known = (list: unknown): readonly string[] => namesIn(list).filter((name) => !isMadeUp(words, name));
  for (const name of known(values["agents"])) chosenAgents([name], { calibration: [] }, agents);
  for (const name of known(values["scenarios"])) namedTests([name], scenarios);
  for (const name of known(values["arch"])) parseArchitecture(name);
  for (const name of known(values["kernel"])) parseKernel(name);
  if (["install", "remove"].includes(command.name()))
    choose("agent", known(command.args).length === 0 ? undefined : known(command.args), agents);
};

const refusal = async (words: readonly string[]): Promise<string | undefined> => {
  try {
    await PROGRAM.parseAsync([...words], { from: "user" });
    const called = words.reduce<Command>(
      (command, word) => command.commands.find((child) => child.name() === word) ?? command,
      PROGRAM,
    );
    checkValues(called, words);
    return undefined;
  } catch (error) {
    const { exitCode } = error as { readonly exitCode?: number };
    return exitCode === 0 ? undefined : messageOf(error);
  }
};

/** Those whose name is nothing without that of one below it. */
const PARENTS = new Set(
  PROGRAM.commands
    .filter(({ commands, registeredArguments }) => commands.length > 0 && registeredArguments.length === 0)
    .map((command) => command.name()),
);
const NAMES = new Set(allCommands().map(({ path }) => path.join(" ")));
export const isTareCommand = (words: readonly string[]): boolean => NAMES.has(words.join(" "));

/** Which command is meant is for the reader to fill in. */
const isCommandBlank = (words: readonly string[]): boolean => {
  const blank = words.findIndex(isBlank);
  const leading = words.slice(0, Math.max(blank, 0)).join(" ");
  return blank === 0 || (blank > 0 && PARENTS.has(leading));
};

/** Why tare would refuse these words; undefined: it would not, if the right things are filled in for what a reader fills in. */
export const tareRefuses = async (words: readonly string[]): Promise<string | undefined> => {
  if (words.length === 0 || isCommandBlank(words)) return undefined;
  // Three dots are a value, or nothing.
  const forms = [words.filter((word) => word !== "..."), words];
  let first: string | undefined;
  for (const filling of words.some(isBlank) ? FILLINGS : [""]) {
    for (const form of forms) {
      const refused = await refusal(filledWith(filling, form));
      if (refused === undefined) return undefined;
      first ??= refused;
    }
  }
  return first;
};
