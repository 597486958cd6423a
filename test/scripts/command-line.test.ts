/** The commands of `npm run` beside tare: each teaches by `--help`, and says what it does not understand. */
import { execa } from "execa";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../support/agent-session.ts";

const SCRIPTS: Readonly<Record<string, { readonly file: string; readonly wrong: readonly string[] }>> = {
  fuzz: { file: "scripts/fuzz.ts", wrong: ["--minutes", "0"] },
  "test:soak": { file: "scripts/soak.ts", wrong: ["--every", "soon"] },
  "self-bench": { file: "scripts/self-bench.ts", wrong: ["no-such-bench"] },
  "test:faults": { file: "test/faults/matrix.ts", wrong: ["--stage", "yesterday"] },
  "test:kills": { file: "test/faults/kills.ts", wrong: ["--count", "0.5"] },
};

const run = async (file: string, args: readonly string[]) =>
  await execa(process.execPath, [join(ROOT, file), ...args], { reject: false, cwd: ROOT });

describe.each(Object.entries(SCRIPTS))("npm run %s", (name, { file, wrong }) => {
  test("--help says how to type it and what it does, and does nothing", async () => {
    const { exitCode, stdout } = await run(file, ["--help"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: npm run ${name} -- \\[options\\]`));
    expect(stdout).not.toContain(ROOT);
  });

  test("names the option and the value that it does not understand, and what to type next", async () => {
    const option = await run(file, ["--no-such-option"]);
    expect([option.exitCode, option.stdout]).toEqual([2, ""]);
    expect(option.stderr).toContain("--no-such-option");
    const value = await run(file, wrong);
    expect([value.exitCode, value.stdout]).toEqual([2, ""]);
    expect(value.stderr).toContain(wrong.at(-1));
    expect(value.stderr).toContain(`npm run ${name} -- --help`);
  });
});
