/** Doing and undoing each kind of effect. Undoing twice is harmless: what is gone already counts as undone. */
import { lstat, readFile, readdir, rmdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Effect, titleOf } from "../domain/effect.ts";
import { TareError, codeOf, failedTo, messageOf } from "../domain/errors.ts";
import type { StopProcedure } from "../domain/host.ts";
import type { Wishes } from "../domain/wish.ts";
import { systemClock } from "./clock.ts";
import { runCommand } from "./command.ts";
import { which } from "./files.ts";
import { makeFolder, makeNewFolder } from "./make-folder.ts";
import { restoreMountOptions } from "./mount-options.ts";
import { markedProcesses, startTimeOf } from "./process-table.ts";
import { signalProcess } from "./process.ts";
import { exists, removeTree, unmountBelow } from "./remove-tree.ts";

/** Only folders whose name says that they are tare's are ever removed recursively. */
const isOurs = (path: string): boolean =>
  resolve(path)
    .split("/")
    .some((part) => /^\.?tare([-.].*)?$/.test(part)) && resolve(path).split("/").length > 2;

const timeLimit = (effect: { readonly timeoutMs?: number }): { readonly timeoutMs?: number } =>
  effect.timeoutMs === undefined ? {} : { timeoutMs: effect.timeoutMs };

/** Throws for what cannot even begin. Asked before it is noted, because what never began is not left either. */
export const refuseImpossible = async (effect: Effect): Promise<void> => {
  switch (effect.kind) {
    case "directory":
      if (!isOurs(effect.path))
        throw new Error(`refusing to own the directory ${effect.path}: no part of it is named tare`);
      return;
    case "command": {
      const [command = ""] = effect.do;
      if ((await which(command)) === undefined)
        throw new TareError("run-failed", `${command} is not on this node`, `while doing: ${effect.title}`);
      return;
    }
    case "cgroup":
    case "suspension":
    case "leavings":
    case "mount-options":
    case "wish":
      return;
  }
};

/** `wishes`: who is asked for what only others can do; absent: there is nobody. */
export const perform = async (effect: Effect, wishes?: Wishes, signal?: AbortSignal): Promise<void> => {
  switch (effect.kind) {
    case "directory":
      await made(effect, () => makeNewFolder(effect.path, effect.mode ?? 0o755));
      return;
    case "cgroup":
      await made(effect, () => makeFolder(effect.path, 0o755));
      return;
    case "suspension":
      for (const pid of effect.pids) signalProcess(pid, "SIGSTOP");
      return;
    case "leavings":
    case "mount-options":
      return;
    case "wish":
      if (wishes === undefined)
        throw new TareError(
          "run-failed",
          `${effect.title}: there is nobody here to ask`,
          "only a bench of its cluster has it done",
        );
      await wishes.fulfil({ agent: effect.agent, state: effect.do }, signal);
      return;
    case "command": {
      const [command = "", ...args] = effect.do;
      const done = await runCommand(command, args, timeLimit(effect));
      if (done.exitCode !== 0) {
        const said = (done.stderr + done.stdout).trim();
        throw new TareError("run-failed", `${effect.do.join(" ")}: ${said}`, `while doing: ${effect.title}`);
      }
      return;
    }
  }
};

/** What the system refuses is a failure of the turn, with its reason. */
const made = async (
  effect: Extract<Effect, { readonly path: string }>,
  make: () => Promise<void>,
): Promise<void> => {
  try {
    await make();
  } catch (error) {
    throw failedTo("run-failed", `make the ${titleOf(effect)}`, error, "may this folder be written to?");
  }
};

/** Undoes an effect; the result is what is still there, worded for people, or undefined. */
export const undo = async (effect: Effect, wishes?: Wishes): Promise<string | undefined> => {
  switch (effect.kind) {
    case "directory":
      if (!isOurs(effect.path)) return `directory ${effect.path} is not tare's: not removed`;
      return (await isOwnFolder(effect.path)) ? await removeTree(effect.path) : undefined;
    case "cgroup":
      return await removeCgroup(effect.path);
    case "suspension":
      for (const pid of effect.pids) signalProcess(pid, "SIGCONT");
      return undefined;
    case "leavings": {
      const problems: string[] = [];
      for (const { path, mounts } of effect.places) {
        const problem = await (mounts === undefined ? removeTree(path) : unmountBelow(path, mounts));
        if (problem !== undefined) problems.push(problem);
      }
      return problems.length === 0 ? undefined : `${titleOf(effect)}: ${problems.join("; ")}`;
    }
    case "mount-options":
      return await restoreMountOptions(effect.options);
    case "wish":
      // After a kill nobody is left to ask: whoever was asked gives back by itself what is no longer wished for.
      if (wishes === undefined) return undefined;
      try {
        await wishes.fulfil({ agent: effect.agent, state: effect.undo });
        return undefined;
      } catch (error) {
        return messageOf(error);
      }
    case "command": {
      const problems: string[] = [];
      for (const [command = "", ...args] of effect.undo) {
        const done = await runCommand(command, args, timeLimit(effect));
        const said = (done.stderr + done.stdout).trim();
        const nothingLeft = effect.undoneWhen !== undefined && said.includes(effect.undoneWhen);
        if (done.exitCode !== 0 && !nothingLeft)
          problems.push(`${[command, ...args].join(" ")}: ${shortened(said)}`);
      }
      return problems.length === 0 ? undefined : `${effect.title}: ${problems.join("; ")}`;
    }
  }
};

const MAX_LINES = 4;

/** A command that goes on after each failure may say one line a file. */
const shortened = (said: string): string => {
  const lines = said.split("\n");
  return lines.length <= MAX_LINES
    ? said
    : [...lines.slice(0, MAX_LINES), `and ${lines.length - MAX_LINES} lines more`].join("\n");
};

/**
 * Whatever is still in there, the agent has started, and without the mark by which it would have been found. A process that has just ended
 * leaves its cgroup a moment later. Any other refusal stays as it is.
 */
const removeCgroup = async (path: string): Promise<string | undefined> => {
  let problem = "";
  const removed = await systemClock().until(
    async () => {
      try {
        await rmdir(path);
        return "gone";
      } catch (error) {
        problem = messageOf(error);
        // A read-only file system says so before it looks whether there is anything to remove.
        if (!(await exists(path))) return "gone";
        if (codeOf(error) !== "EBUSY") return "refused";
        for (const below of await cgroupsIn(path)) await removeCgroup(below);
        for (const pid of await pidsIn(path)) signalProcess(pid, "SIGKILL");
        return undefined;
      }
    },
    { every: 10, atMost: 10_000 },
  );
  return removed.kind === "met" && removed.value === "gone" ? undefined : `cgroup ${path}: ${problem}`;
};

/** What another user put in its place, a link or a folder, was never ours. */
const isOwnFolder = async (path: string): Promise<boolean> => {
  if (!(await exists(path))) return false;
  const found = await lstat(path);
  return found.isDirectory() && found.uid === process.geteuid?.();
};

const pidsIn = async (path: string): Promise<readonly number[]> => {
  const text = await readFile(`${path}/cgroup.procs`, "utf8").catch(() => "");
  return text
    .split("\n")
    .map(Number)
    .filter((pid) => pid > 0);
};

const cgroupsIn = async (path: string): Promise<readonly string[]> => {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
};

/** What the process that started it knows besides its mark, which a program can take off its environment. */
interface Started {
  /** Itself, while it runs. */
  readonly running: () => readonly number[];
  /** Aborted when nothing is waited for any more. */
  readonly hurry: AbortSignal;
}

const FOUND: Started = { running: () => [], hurry: new AbortController().signal };

/**
 * Stops every process that carries the mark: the one that was started and whatever it left behind.
 * Found by the mark and not by a recorded pid, so that it works even when tare died between starting it and noting its pid.
 */
export const stopMarked = async (
  mark: string,
  command: string,
  stop: StopProcedure,
  { running, hurry }: Started = FOUND,
): Promise<string | undefined> => {
  const find = async (): Promise<readonly number[]> => [
    ...new Set([
      ...(await markedProcesses(mark)),
      ...running().filter((pid) => startTimeOf(pid) !== undefined),
    ]),
  ];
  for (const signal of [...stop.signals, "SIGKILL"] as const) {
    if (hurry.aborted && signal !== "SIGKILL") continue;
    const pids = await find();
    if (pids.length === 0) return undefined;
    for (const pid of pids) signalProcess(pid, signal);
    if (signal === "SIGKILL") for (const pid of pids) signalProcess(pid, "SIGCONT");
    const gone = signal === "SIGKILL" ? await allGone(pids, 5000) : await allGone(pids, stop.graceMs, hurry);
    if (gone && (await find()).length === 0) return undefined;
  }
  const left = await find();
  return left.length === 0 ? undefined : `${command} (pid ${left.join(", ")}) survived SIGKILL`;
};

const allGone = async (
  pids: readonly number[],
  atMost: number,
  hurry: AbortSignal = FOUND.hurry,
): Promise<boolean> => {
  const gone = await systemClock().until(
    () => {
      if (pids.every((pid) => startTimeOf(pid) === undefined)) return true;
      return hurry.aborted ? false : undefined;
    },
    { every: 5, atMost },
  );
  return gone.kind === "met" && gone.value;
};
