/** The scripts in the shells that they are for. A shell that is not installed is skipped aloud. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tare } from "../support/tare-command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

const isInstalled = (shell: string): boolean => spawnSync(shell, ["-c", "exit 0"]).status === 0;

const scriptFor = (shell: string): string => {
  const path = join(folder, `tare.${shell}`);
  writeFileSync(path, tare(["completion", shell]).stdout);
  return path;
};

const wordsIn = (text: string): readonly string[] => text.split("\n").filter((word) => word !== "");

/** What each shell offers for the last of these words. */
const OFFERS: Readonly<Record<string, (script: string, words: readonly string[]) => readonly string[]>> = {
  bash: (script, words) => {
    const set = `COMP_WORDS=(tare ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}`;
    const asked = `source '${script}'; ${set}; _tare; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return wordsIn(spawnSync("bash", ["-c", asked], { encoding: "utf8" }).stdout);
  },
  fish: (script, words) => {
    const asked = `source '${script}'; complete -C 'tare ${words.join(" ")}'`;
    const shown = spawnSync("fish", ["--no-config", "-c", asked], { encoding: "utf8" }).stdout;
    return wordsIn(shown).map((line) => line.split("\t")[0] ?? "");
  },
};

describe.each(Object.keys(OFFERS))("%s completes", (shell) => {
  const installed = isInstalled(shell);
  const script = installed ? scriptFor(shell) : "";
  const offers = (...words: readonly string[]): readonly string[] => OFFERS[shell]?.(script, words) ?? [];

  test.for([
    [["ag"], ["agents"]],
    [["agents", "ins"], ["install"]],
    [["agents", "install", "audi"], ["auditd"]],
    [["run", "--prof"], ["--profile"]],
    [["run", "--profile", "sm"], ["smoke"]],
    [["run", "--agents", "sensor,bpft"], ["sensor,bpftrace"]],
    [["run", "--scenarios", "file-"], ["file-open"]],
    [["explain", "inc"], ["inconclusive"]],
    [["export", "--format", "open"], ["openmetrics"]],
  ] as const)("%j", ([words, expected], context) => {
    context.skip(!installed, `${shell} is not installed`);
    const found = offers(...words);
    for (const word of expected)
      expect(
        found.some((one) => one.startsWith(word)),
        `got ${found.join(" ")}`,
      ).toBe(true);
    const typed = words.at(-1) ?? "";
    expect(found.filter((word) => !word.startsWith(typed))).toEqual([]);
  });

  test("every command", (context) => {
    context.skip(!installed, `${shell} is not installed`);
    const [commands = ""] = tare(["--help"]).stdout.split("Examples:");
    const listed = [...commands.matchAll(/^ {2}([a-z]+) .*\S/gm)].map(([, name]) => name);
    expect(listed.length).toBeGreaterThan(8);
    expect(offers("")).toEqual(expect.arrayContaining(listed.filter((name) => name !== "help")));
  });
});

test("zsh reads the script without a complaint", (context) => {
  context.skip(!isInstalled("zsh"), "zsh is not installed");
  const ran = spawnSync("zsh", ["-f", "-c", `source '${scriptFor("zsh")}'; print -r -- \${_comps[tare]}`], {
    encoding: "utf8",
    env: { ...process.env, ZDOTDIR: folder, HOME: folder },
  });
  expect(ran.stderr).toBe("");
  expect(ran.stdout).toContain("_tare");
});

test("an unknown shell is a usage error", () => {
  expect(tare(["completion", "tcsh"])).toMatchObject({
    status: 2,
    stdout: "",
    stderr: expect.stringContaining("Allowed choices are bash, fish, zsh") as string,
  });
});
