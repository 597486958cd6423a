/** Commands that must succeed. One that fails is an error with its last lines. */
import { execa } from "execa";
import { TareError } from "../../domain/errors.ts";
import { lastLines } from "../last-lines.ts";

/** Where long work reports its steps, and what ends it early. */
export interface BuildContext {
  info(text: string): void;
  readonly signal?: AbortSignal | undefined;
}

export interface ShellOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly signal?: AbortSignal | undefined;
  readonly hint?: string;
  /** What an interruption sends to the command and all that it started: as Ctrl-C does, unless it says otherwise. */
  readonly endsBy?: "SIGINT" | "SIGKILL";
}

/** Work side by side, as one part waits for the network while another computes. No part goes on behind the back of an error. */
export const allOf = async <T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> => {
  await Promise.allSettled(work);
  return await Promise.all(work);
};

const searchPath = (): string => `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;

export const run = async (
  command: string,
  args: readonly string[],
  options: ShellOptions = {},
): Promise<string> => {
  const { signal } = options;
  const running = execa(command, [...args], {
    reject: false,
    // In a separate process group, which an interruption ends as Ctrl-C would: make then removes what it has begun.
    detached: signal !== undefined,
    env: { ...options.env, PATH: searchPath(), LC_ALL: "C" },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
  });
  const interrupt = (): void => {
    try {
      if (running.pid !== undefined) process.kill(-running.pid, options.endsBy ?? "SIGINT");
    } catch {
      // It has just ended by itself.
    }
  };
  signal?.addEventListener("abort", interrupt);
  const result = await running;
  signal?.removeEventListener("abort", interrupt);
  signal?.throwIfAborted();
  if (result.exitCode === 0) return result.stdout;
  const why = result.exitCode === undefined ? (result.originalMessage ?? result.shortMessage) : "";
  const last = lastLines(`${result.stdout}\n${result.stderr}`).join("\n");
  throw new TareError(
    "host-unfit",
    `${command} ${args.join(" ")}: ${why === "" ? `exit status ${result.exitCode}` : why}\n${last}`,
    options.hint ?? `is ${command} installed, and has it what it needs? Its last lines are above`,
  );
};

export const has = async (program: string): Promise<boolean> =>
  (
    await execa("sh", ["-c", 'command -v "$1"', "sh", program], {
      reject: false,
      env: { PATH: searchPath() },
    })
  ).exitCode === 0;

export const need = async (programs: Readonly<Record<string, string>>, purpose: string): Promise<void> => {
  const missing: string[] = [];
  for (const program of Object.keys(programs)) if (!(await has(program))) missing.push(program);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => programs[program]))].join(" ");
  throw new TareError(
    "host-unfit",
    `${purpose} needs ${missing.join(", ")}, which ${missing.length === 1 ? "is" : "are"} not here`,
    `Debian: apt-get install --no-install-recommends ${packages}`,
  );
};
