/**
 * tare's own programs (`bpf/`): they say `{"ready":true,...}` on standard error once they are, answer SIGUSR1 by appending one line of JSON to a
 * file, and end at SIGTERM.
 */
import { basename } from "node:path";
import type { ZodType } from "zod";
import type { AgentContext } from "../../domain/agent.ts";
import type { Host, HostProcess } from "../../domain/host.ts";
import { checkedJson, type From } from "../../domain/schema.ts";
import { type Family, missing, type Reading, value } from "../../domain/units.ts";
import { awaitLogged } from "./await-start.ts";
import { launch } from "./launch.ts";
import { type Check, obstacle } from "./obstacle.ts";

/** `name`: below `build/bpf`. */
export const ownProgram = (host: Host, name: string): string => `${host.root}/build/bpf/${name}`;

export const needsBuilt =
  (name: string, hint = "run: sh scripts/setup.sh build"): Check =>
  async (host) =>
    (await host.which(ownProgram(host, name))) === undefined
      ? obstacle(`it is not built: there is no build/bpf/${name}`, hint)
      : undefined;

export const familyFlag = (families: readonly Family[]): string => `--families=${families.join(",")}`;

export interface StartedProgram {
  readonly process: HostProcess;
  readonly log: string;
  /** As the ready line names them; undefined where it names none. */
  readonly hooks: string | undefined;
}

/** What to start in the place of a command, which it becomes. */
export type Through = (command: readonly string[]) => Promise<readonly string[]>;

/** @throws TareError `run-failed` when the program ends before it is ready or never says so, with what it said instead */
export const startOwnProgram = async (
  host: Host,
  context: AgentContext,
  name: string,
  args: readonly string[],
  through: Through = (command) => Promise.resolve(command),
): Promise<StartedProgram> => {
  const who = basename(name);
  const [command = "", ...words] = await through([ownProgram(host, name), ...args]);
  const { process, stderr } = await launch(context, who, { command, args: words }, 5000);
  const ready = await awaitLogged(host, context, /^\{"ready":true.*\}$/m, {
    process,
    who,
    lacking: 'said no "ready"',
    log: stderr,
    hint: "run build/bpf/tare-sensor --explain as root: it tries every hook and says why one fails",
    every: 20,
    atMost: 10_000,
  });
  return { process, log: stderr, hooks: /"hooks":(\{.*\})\}$/.exec(ready)?.[1] };
};

const completeLines = async (host: Host, path: string): Promise<readonly string[]> => {
  const text = await host.readText(path);
  return text.kind === "value" ? text.value.split("\n").slice(0, -1) : [];
};

/** Asks the process for its `what`, which it appends to the file, and waits for it. */
export const askOwnProgram = async <S extends ZodType>(
  host: Host,
  { pid }: HostProcess,
  path: string,
  schema: S,
  what: string,
): Promise<Reading<From<S>>> => {
  const before = (await completeLines(host, path)).length;
  if (!host.signal(pid, "SIGUSR1")) return missing(`process ${pid}, which writes the ${what}, is gone`);
  const answer = await host.until(
    async () => {
      const lines = await completeLines(host, path);
      return lines.length > before ? lines.at(-1) : undefined;
    },
    { every: 20, atMost: 10_000 },
  );
  return answer.kind === "met"
    ? readAnswer(schema, answer.value, what)
    : missing(`process ${pid} wrote no ${what} within ${answer.seconds} s of SIGUSR1`);
};

export const readAnswer = <S extends ZodType>(schema: S, line: string, what: string): Reading<From<S>> => {
  const read = checkedJson(schema, line, `the ${what}`);
  return read.kind === "fits" ? value(read.content) : missing(`in the ${what}, ${read.what}`);
};
