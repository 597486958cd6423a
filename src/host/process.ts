/**
 * Long-lived processes. Each gets its own session, so that a Ctrl-C on the terminal reaches tare alone, which then stops
 * them in order; and, where util-linux offers it, a SIGTERM from the kernel should tare itself be killed.
 */
import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { failedTo } from "../domain/errors.ts";
import { refusedHint } from "../domain/refused.ts";
import type { Exit, HostProcess, Signal, StartSpec } from "../domain/host.ts";
import { SEARCH_PATH } from "./command.ts";
import { which } from "./files.ts";
import { notExecutable, notStarted } from "./not-started.ts";

/**
 * Moves itself into the given cgroups, says so, then becomes the command: the agent's first instruction is already accounted. The kernel may
 * take a second for each on a busy node, and until then it is no agent.
 */
const ENTER_CGROUPS = `n=$1; shift
while [ "$n" -gt 0 ]; do echo $$ > "$1/cgroup.procs" || exit 125; shift; n=$((n-1)); done
echo >&3; exec 3>&-; exec "$@"`;

const wrap = async (spec: StartSpec): Promise<readonly [command: string, args: readonly string[]]> => {
  const guard = (await which("setpriv")) === undefined ? [] : ["setpriv", "--pdeathsig", "SIGTERM", "--"];
  const pin = spec.cpus === undefined ? [] : ["taskset", "-c", spec.cpus.join(",")];
  const inner = [...guard, ...pin, spec.command, ...spec.args];
  const cgroups = spec.cgroup ?? [];
  return ["/bin/sh", ["-c", ENTER_CGROUPS, "sh", String(cgroups.length), ...cgroups, ...inner]];
};

/** As "a", but a link in the file's place is refused. */
const APPEND_NO_LINK = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;

export const startProcess = async (spec: StartSpec): Promise<HostProcess> => {
  const resolved = await which(spec.command);
  if (resolved === undefined) throw await notExecutable(spec);
  const [command, args] = await wrap({ ...spec, command: resolved });
  const piped = spec.stdout === "pipe";
  const stderr = await openLog(spec, spec.stderr);
  let stdout: FileHandle | undefined;
  try {
    if (!piped) stdout = await openLog(spec, spec.stdout);
    const child = await spawned(spec, command, args, [
      piped ? "pipe" : "ignore",
      stdout?.fd ?? "pipe",
      stderr.fd,
      "pipe",
    ]);
    const adopted = adopt(child);
    await entered(child);
    return adopted;
  } finally {
    await stdout?.close();
    await stderr.close();
  }
};

const openLog = async ({ command }: StartSpec, path: string): Promise<FileHandle> => {
  try {
    return await open(path, APPEND_NO_LINK, 0o640);
  } catch (error) {
    throw failedTo(
      "run-failed",
      `write what ${command} says to ${path}`,
      error,
      refusedHint(error, "run with another TMPDIR"),
    );
  }
};

/** Once its first instruction is due. */
const spawned = async (
  spec: StartSpec,
  command: string,
  args: readonly string[],
  stdio: StdioOptions,
): Promise<ChildProcess> => {
  try {
    const child = spawn(command, args, {
      detached: true,
      stdio,
      env: { ...process.env, PATH: SEARCH_PATH, LC_ALL: "C", ...spec.env },
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    });
    await once(child, "spawn");
    return child;
  } catch (error) {
    throw await notStarted(spec, error);
  }
};

/** When it is in its cgroups, or has ended before that. */
const entered = async (child: ChildProcess): Promise<void> => {
  const said = child.stdio[3];
  if (!(said instanceof Readable)) return;
  await new Promise<void>((resolve) => {
    said.once("data", resolve).once("error", resolve).once("close", resolve);
  });
  said.destroy();
};

const adopt = (child: ChildProcess): HostProcess => {
  let ended: Exit | undefined;
  const exited = new Promise<Exit>((resolve) => {
    child.once("exit", (code, signal) => {
      ended = { code, signal };
      resolve(ended);
    });
  });
  const input = child.stdout;
  const lines = input === null ? undefined : createInterface({ input })[Symbol.asyncIterator]();
  // A driver that has died closes its input; what it died of is told by its exit, not by a broken pipe.
  child.stdin?.on("error", () => undefined);
  return {
    pid: child.pid ?? -1,
    exited,
    exit: () => ended,
    readLine: async () => {
      const line = await lines?.next();
      return line === undefined || line.done === true ? undefined : line.value;
    },
    writeLine: (line) => {
      child.stdin?.write(`${line}\n`);
    },
    closeInput: () => {
      child.stdin?.end();
    },
  };
};

export const signalProcess = (pid: number, signal: Signal | 0): boolean => {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
};
