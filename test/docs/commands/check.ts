/** Whether a command that a text tells would run, in a clone as git delivers it. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import packageJson from "../../../package.json" with { type: "json" };
import type { Clone } from "./clone.ts";
import { NO_PROGRAM, OUTSIDE } from "./outside.ts";
import type { Quoted } from "./quoted.ts";
import { commandsOf, withoutLead } from "./shell.ts";
import { filledWith, isBlank, isTareCommand, PROGRAM, tareRefuses } from "./tare-command.ts";

const SCRIPTS: Readonly<Record<string, string>> = packageJson.scripts;
const TARE = new Set(PROGRAM.commands.map((command) => command.name()));
/** Of vitest, behind `npm test --`. */
const TEST_FLAGS = new Set(["--coverage", "-t", "-u"]);
const DATA = /\.(?:jsonl?|csv|html|gz|ya?ml|md|prom|ndjson)$/;

type Words = readonly string[];
type Problem = string | undefined;

/** Why the command that stands there would not run; undefined where it would, or where it is no command. */
export const problemOf = async (clone: Clone, { file, text, how }: Quoted): Promise<Problem> => {
  if (text.startsWith("--")) return how === "line" ? undefined : unknownFlag(clone, text);
  if (NO_COMMAND.test(text)) return undefined;
  for (const words of commandsOf(text.replaceAll(/[[\]]/g, ""))) {
    if (!isCommand(words, how)) return undefined;
    const problem = await refused(clone, words, { file, how });
    if (problem !== undefined) return problem;
  }
  return undefined;
};

/** Formulas, settings, what a program says. */
const NO_COMMAND = /^\[|^\w+\(|\$\{|^\S+\s+(?:[=+:]|<=|->)\s/;
/** What follows a program's name in a sentence about it. */
const SENTENCE = /^(?:is|was|can|cannot|could|did|does|ended|finds|has|knows|names|needs|says|tells|wrote)$/;

const isCommand = (words: Words, how: Quoted["how"]): boolean => {
  const [first = "", second = ""] = words;
  if (!/^(?:\.?[\w-]*\/)*[a-z][\w.+-]*$/.test(first) || DATA.test(first) || first in NO_PROGRAM) return false;
  switch (how) {
    case "line":
      return true;
    case "told":
    case "named":
      return words.length > 1;
    case "plain":
      return words.length > 1 && !SENTENCE.test(second) && looksLikeCommand(first, second);
  }
};

const looksLikeCommand = (first: string, second: string): boolean => {
  const outside = OUTSIDE[first];
  if (outside !== undefined) return outside.unless?.test(second) ?? true;
  if (first === "tare") return TARE.has(second);
  if (first === "sh" || first === "node") return second.includes("/");
  if (first === "make") return second.startsWith("-");
  return ["npm", "npx", "sudo"].includes(first) || /\.sh$|^build\//.test(first);
};

type Place = Pick<Quoted, "file" | "how">;

const refused = async (clone: Clone, words: Words, at: Place): Promise<Problem> => {
  const [first = "", ...rest] = words;
  if (isBlank(first)) return undefined;
  if (first === "sudo") return refused(clone, withoutLead(rest), at);
  if (first === "kubectl" && rest[0] === "tare") return refused(clone, ["tare", "k8s", ...rest.slice(1)], at);
  if (first === "tare") return at.how === "named" && isTareCommand(rest) ? undefined : tareRefuses(rest);
  if (first === "npm") return npmRefuses(clone, rest, at);
  if (first === "bench") return tareRefuses(["run", ...rest.filter((word) => word !== "--")]);
  if (first === "make") return makeRefuses(clone, rest, at);
  if (first === "node" || first === "sh") return scriptRefuses(clone, rest, at);
  if (first.startsWith("build/") || clone.built.has(first)) return builtRefuses(clone, first, rest);
  if (first.includes("/") && !first.startsWith("/")) return pathRefuses(clone, words, at);
  if (/\.(?:sh|ts)$/.test(first)) {
    // As its own head calls it.
    if (at.how === "line" && at.file.endsWith(`/${first}`))
      return scriptRefuses(clone, [at.file, ...rest], at);
    return `"${first}" is not a path from the clone's root`;
  }
  if (TARE.has(first) || first === "install")
    return refused(clone, ["tare", ...(first === "install" ? ["agents"] : []), ...words], at);
  if (Object.hasOwn(packageJson.devDependencies, first)) return undefined;
  const outside = OUTSIDE[first];
  if (outside === undefined)
    return `nothing is known of a program "${first}" (outside.ts lists those of others)`;
  const said = filledWith("X", rest).join(" ");
  return outside.takes.test(said) ? undefined : `"${first} ${said}" is not what outside.ts says of ${first}`;
};

const unknownFlag = (clone: Clone, text: string): Problem =>
  (text.match(/(?<!\S)--[a-z][a-z-]*/g) ?? [])
    .filter((flag) => !clone.sources.includes(flag) && !clone.sources.includes(`"${flag.slice(2)}"`))
    .map((flag) => `no program of the project takes ${flag}`)[0];

const npmRefuses = async (clone: Clone, [verb = "", ...rest]: Words, at: Place): Promise<Problem> => {
  if (["link", "ci", "install"].includes(verb)) return undefined;
  const given = verb === "run" ? rest.filter((word) => word !== "--silent") : [verb, ...rest];
  const [name, ...more] = given;
  if (name === undefined || isBlank(name)) return undefined;
  if (verb !== "run" && verb !== "test") return `npm has no command "${verb}" that the project uses`;
  const script = SCRIPTS[name];
  if (script === undefined) return `package.json has no script "${name}"`;
  if (more.length > 0 && more[0] !== "--" && !more[0]?.startsWith("--"))
    return `npm needs "--" before ${more[0] ?? ""}`;
  const passed = more[0] === "--" ? more.slice(1) : [];
  if (more.length > passed.length + 1) return `npm keeps ${more[0] ?? ""} to itself without "--" before it`;
  const last = commandsOf(script).at(-1) ?? [];
  return name === "test" ? testRefuses(clone, passed) : refused(clone, [...last, ...passed], at);
};

const testRefuses = (clone: Clone, words: Words): Problem => {
  for (const [index, word] of words.entries()) {
    if (
      word.startsWith("-")
        ? TEST_FLAGS.has(word)
        : words[index - 1] === "-t" || clone.modes.has(word) || clone.folders.has(word)
    )
      continue;
    return `vitest is not known to take ${word}`;
  }
  return undefined;
};

const makeRefuses = (clone: Clone, words: Words, { file }: Place): Problem => {
  const flag = words.indexOf("-C");
  const folder = flag === -1 ? dirname(file) : (words[flag + 1] ?? "");
  return isBlank(folder) || clone.modes.has(`${folder}/Makefile`)
    ? undefined
    : `there is no ${folder}/Makefile`;
};

/** A path as the first word: git must deliver it so that it can be executed. */
const pathRefuses = async (clone: Clone, words: Words, at: Place): Promise<Problem> => {
  const [path = ""] = words;
  const mode = clone.modes.get(path);
  if (mode === undefined) return `${path} is not in the clone`;
  return mode === "100755"
    ? scriptRefuses(clone, words, at)
    : `${path} cannot be executed (mode ${mode}; call it by sh)`;
};

const scriptRefuses = async (clone: Clone, words: Words, at: Place): Promise<Problem> => {
  const [path = "", ...rest] = words;
  if (isBlank(path) || path.startsWith("-")) return undefined;
  if (path === "src/cli/main.ts") return tareRefuses(rest);
  if (!clone.modes.has(path)) return `${path} is not in the clone`;
  if (path === "scripts/tare.sh") return tareRefuses(rest[0] === "bench" ? ["run", ...rest.slice(1)] : rest);
  const text = readFileSync(join(clone.root, path), "utf8");
  const [verb = "", ...more] = rest;
  if (/^case \$/m.test(text)) {
    if (!isBlank(verb) && !new RegExp(`^(?:\\w+ \\| )*${verb}(?: \\| \\w+)*\\)`, "m").test(text))
      return `${path} knows no "${verb}"`;
    return verb === "run" ? labRefuses(clone, more, at) : undefined;
  }
  for (const word of rest) {
    const flag = /^--([a-z-]+)/.exec(word)?.[1];
    if (
      flag !== undefined &&
      !text.includes(`--${flag}`) &&
      !text.includes(`"${flag}"`) &&
      !text.includes(` ${flag}: {`)
    )
      return `${path} takes no --${flag}`;
    // The folder is the list.
    if (
      path === "scripts/self-bench.sh" &&
      /^[a-z-]+$/.test(word) &&
      !clone.modes.has(`scripts/self-bench/${word}.ts`)
    )
      return `there is no self-benchmark "${word}"`;
  }
  return undefined;
};

/** What runs in the lab's own Debian, behind the lab's options. */
const labRefuses = async (clone: Clone, words: Words, at: Place): Promise<Problem> => {
  const [first = "", , ...rest] = words;
  if (first.startsWith("--")) return labRefuses(clone, rest, at);
  return first === "npm" || first === "npx" ? "the lab has no npm" : refused(clone, words, at);
};

const builtRefuses = (clone: Clone, path: string, words: Words): Problem => {
  const name = path.split("/").at(-1) ?? "";
  if (!clone.built.has(name)) return `no Makefile builds ${path}`;
  return words.flatMap((word) => (word.startsWith("--") ? (unknownFlag(clone, word) ?? []) : []))[0];
};
