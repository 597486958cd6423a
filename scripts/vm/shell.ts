/** Commands that must succeed; what fails says its last words. */
import { execa } from "execa";
import { TareError } from "../../src/domain/errors.ts";
import { lastLines } from "./last-lines.ts";

/** Steps are told on standard error: standard output is for what was asked for. */
export const say = (text: string): void => {
  process.stderr.write(`vm: ${text}\n`);
};

export interface ShellOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** What to do when the command fails; the default names its package. */
  readonly hint?: string;
}

/** Runs a command without a shell and returns its standard output. Throws `host-unfit` with its last lines when it fails. */
export const run = async (
  command: string,
  args: readonly string[],
  options: ShellOptions = {},
): Promise<string> => {
  const result = await execa(command, [...args], {
    reject: false,
    env: { ...options.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`, LC_ALL: "C" },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
  });
  if (result.exitCode === 0) return result.stdout;
  const why = result.exitCode === undefined ? (result.originalMessage ?? result.shortMessage) : "";
  throw new TareError(
    "host-unfit",
    `${command} ${args.join(" ")}: ${why === "" ? `exit status ${result.exitCode}` : why}\n${lastLines(`${result.stdout}\n${result.stderr}`)}`,
    options.hint ?? `is ${command} installed, and has it what it needs? Its last lines are above`,
  );
};

/** Whether a program is to be found. */
export const has = async (program: string): Promise<boolean> =>
  (
    await execa("sh", ["-c", 'command -v "$1"', "sh", program], {
      reject: false,
      env: { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` },
    })
  ).exitCode === 0;

/** Checks for programs by the Debian package that holds each. Throws `host-unfit` naming what is missing. */
export const need = async (programs: Readonly<Record<string, string>>, purpose: string): Promise<void> => {
  const missing: string[] = [];
  for (const program of Object.keys(programs)) if (!(await has(program))) missing.push(program);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => programs[program]))].join(" ");
  throw new TareError(
    "host-unfit",
    `${purpose} needs ${missing.join(", ")}, which ${missing.length === 1 ? "is" : "are"} not here`,
    `apt-get install --no-install-recommends ${packages}`,
  );
};
