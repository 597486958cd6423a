/** Every command that a page, a help text, a hint or a script tells its reader would run in a clone as git delivers it. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tare } from "../support/tare-command.ts";
import { problemOf } from "./commands/check.ts";
import { cloneAt, type Clone } from "./commands/clone.ts";
import { commandsInHelp } from "./commands/help.ts";
import { commandsInMarkdown } from "./commands/markdown.ts";
import type { Quoted } from "./commands/quoted.ts";
import { commandsInScript, usageIn } from "./commands/scripts.ts";
import { allCommands, helpOf, PROGRAM } from "./commands/tare-command.ts";
import { commandsInTypeScript } from "./commands/typescript.ts";

const clone = cloneAt(resolve(import.meta.dirname, "../.."));
const folder = temporaryFolder();
const files = [...clone.modes.keys()];
const matching = (pattern: RegExp): readonly string[] => files.filter((file) => pattern.test(file));
const inAll = (pattern: RegExp, read: (file: string, text: string) => readonly Quoted[]): readonly Quoted[] =>
  matching(pattern).flatMap((file) => read(file, readFileSync(join(clone.root, file), "utf8")));

/** What would not run, with the place where it stands. */
const broken = async (quoted: readonly Quoted[]): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const one of quoted) {
    const problem = await problemOf(clone, one);
    if (problem !== undefined) found.push(`${one.file}:${one.line}: \`${one.text}\`: ${problem}`);
  }
  return found;
};

test("commands in pages run", async () => {
  const quoted = inAll(/\.md$/, commandsInMarkdown);
  expect(quoted.length).toBeGreaterThan(200);
  expect(await broken(quoted)).toEqual([]);
});

test("commands in help texts run", async () => {
  const quoted = allCommands().flatMap(({ command, path }) => {
    const name = ["tare", ...path].join(" ");
    return commandsInHelp(name, helpOf(command));
  });
  const root = tare(["--help"]).stdout;
  const listed = [
    ...(root.split(/\n(?:Commands|Examples):\n/)[1] ?? "").matchAll(/^ {2}([a-z][a-z0-9]*)/gm),
  ].map(([, name]) => name);
  expect(new Set(listed)).toEqual(new Set([...PROGRAM.commands.map((command) => command.name()), "help"]));
  expect(quoted.length).toBeGreaterThan(30);
  expect(await broken([...quoted, ...commandsInHelp("tare", root)])).toEqual([]);
});

test("commands in hints, errors and other strings run", async () => {
  const quoted = commandsInTypeScript(
    clone.root,
    matching(/^(?:src|scripts|scenarios)\/(?!report\/page\/).*\.ts$/),
    folder,
  );
  expect(quoted.length).toBeGreaterThan(200);
  expect(await broken(quoted)).toEqual([]);
});

test("commands in scripts run", async () => {
  const quoted = [
    ...inAll(/\.(?:sh|rb)$|^Vagrantfile$|^\.ci\/run$/, commandsInScript),
    ...inAll(/^scripts\/.*\.ts$/, usageIn),
  ];
  expect(quoted.length).toBeGreaterThan(30);
  expect(await broken(quoted)).toEqual([]);
});

test("scripts that name their own interpreter may be executed", () => {
  const scripts = files.filter((file) => /(?:^|\/)(?:[\w-]+\.sh|run)$/.test(file));
  expect(scripts.length).toBeGreaterThan(5);
  expect(scripts.filter((file) => clone.modes.get(file) !== "100755")).toEqual([]);
});

test("environment variables that anything names are read somewhere", () => {
  const texts = matching(/\.(?:md|ts|sh|rb)$|^Vagrantfile$/)
    .filter((file) => file !== "test/docs/commands.test.ts")
    .map((file) => readFileSync(join(clone.root, file), "utf8"));
  const all = texts.join("\n");
  const read = new Set(
    [...all.matchAll(/(?:["'`]|\$\{?|env\.)(TARE_[A-Z\d_]*[A-Z\d])\b/g)].map(([, name]) => name),
  );
  // Made from the architecture.
  const made = /^TARE_(?:BOX|PAYLOAD|TEST_OBSTACLE)_/;
  const named = new Set([...all.matchAll(/\b(TARE_[A-Z\d_]*[A-Z\d])\b/g)].map(([, name = ""]) => name));
  expect([...named].filter((name) => !read.has(name) && !made.test(name))).toEqual([]);
});

/** A clone in which one script may not be executed. */
const lacking: Clone = {
  ...clone,
  modes: new Map([...clone.modes, ["scripts/machines/lab.sh", "100644"]]),
};

test.each([
  ["npm run benhc", "package.json has no script"],
  ["npm run bench --agents sensor", 'without "--"'],
  ["npm test -- test/nowhere", "vitest is not known"],
  ["tare runn --profile smoke", "unknown command"],
  ["tare run --profil smoke", "unknown option"],
  ["tare run --profile slow", "Allowed choices"],
  ["tare run --agents auditt", "unknown agent"],
  ["tare run --scenarios file-opne", "unknown scenario"],
  ["tare run --blocks many", "not a whole number"],
  ["tare report", "missing required argument"],
  ["tare vms run --arch arm46", "arm46"],
  ["tare vms box", "not specified"],
  ["tare explain inconclusiv", "nothing is known"],
  ["tare doctor | tare lits && tare list", "unknown command"],
  ["scripts/vagrant/lab.sh build", "not in the clone"],
  ["scripts/machines/lab.sh build", "cannot be executed"],
  ["sudo sh scripts/machines/lab.sh biuld", "knows no"],
  ["sh scripts/machines/lab.sh run npm run tare -- vms run", "has no npm"],
  ["npm run test:vm -- --agnets", "takes no --agnets"],
  ["npm run self-bench -- sensr", "no self-benchmark"],
  ["build/bpf/tare-sensr --explain", "no Makefile builds"],
  ["build/bpf/tare-sensor --explian", "no program of the project takes"],
  ["make -C bfp", "there is no bfp/Makefile"],
  ["vagrant upp", "is not what outside.ts says"],
  ["zypper install vagrant", "nothing is known of a program"],
])("%s would be found", async (text, reason) => {
  expect(await problemOf(lacking, { file: "docs/vms.md", line: 1, text, how: "line" })).toContain(reason);
});

test("commands are found in blocks, between back-ticks and in hints, and nowhere else", () => {
  const page =
    "Run `tare runn`.\n\n    npm run x \\\n        -- y   # why\n\n```yaml\na: `b c`\n```\n\n```sh\n$ vagrant upp\n```\n";
  expect(commandsInMarkdown("a.md", page).map(({ line, text, how }) => [line, text, how])).toEqual([
    [3, "npm run x -- y   # why", "line"],
    [11, "vagrant upp", "line"],
    [1, "tare runn", "named"],
  ]);
  expect(
    commandsInHelp("tare x", "A `b c`.\n\nExamples:\n  tare x   why\n           more\n\nEnd").map(
      ({ line, text }) => [line, text],
    ),
  ).toEqual([
    [4, "tare x   why"],
    [1, "b c"],
  ]);
  expect(
    commandsInScript("scripts/x.sh", '#   x.sh build   why\nfail "no $x" "sudo $0 biuld; or not"\n').map(
      ({ text }) => text,
    ),
  ).toEqual(["x.sh build   why", "no <hole>", "sudo scripts/x.sh biuld", "not"]);
});
