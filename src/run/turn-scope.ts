/** Work in its own effect scope: undone on every path. What an agent or a driver did wrong is the outcome. */
import type { Agent } from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";
import type { Failed } from "../domain/failure.ts";
import { describeExit, type EffectScope } from "../domain/host.ts";
import { changedSince, holdersOf, newPrograms, readNodeState } from "../observe/node-state.ts";
import { type RunContext, StageFailure } from "./context.ts";

export interface Scoped<T> {
  readonly outcome: T | Failed;
  readonly undoMs: number;
}

/** Rethrows what is no failure of an agent or a driver: an interruption, a full disk, a bug. */
export const inScope = async <T>(
  context: RunContext,
  name: string,
  work: (effects: EffectScope) => Promise<T>,
): Promise<Scoped<T>> => {
  const { host } = context;
  const effects = host.effects.scope(name);
  let outcome: T | Failed;
  let undoMs = 0;
  try {
    outcome = await work(effects);
  } catch (error) {
    outcome = failureOf(error);
  } finally {
    const start = host.now();
    for (const problem of await effects.undo()) context.emit({ kind: "problem", message: problem });
    undoMs = host.now() - start;
  }
  return { outcome, undoMs };
};

/** An agent's start and the node's commands throw a TareError; they know no stages. */
const failureOf = (error: unknown): Failed => {
  if (error instanceof StageFailure) {
    const { stage, message, lastLines, crash } = error;
    return {
      kind: "failed",
      stage,
      message,
      lastLines,
      ...(crash === undefined ? {} : { cause: "crashed", exit: describeExit(crash) }),
    };
  }
  if (error instanceof TareError && error.kind === "run-failed") {
    return { kind: "failed", stage: "start", message: error.message, lastLines: [] };
  }
  throw error;
};

/** The kernel frees BPF programs and moves audit's owner a moment after a process has ended. */
const LEFTOVERS = { every: 150, atMost: 1500 } as const;

export const findLeftovers = async (context: RunContext, agent: Agent): Promise<readonly string[]> => {
  const { host, before, signal } = context;
  let after = before;
  const clean = await host.until(
    async () => {
      after = await readNodeState(host);
      return changedSince(before, after).length === 0 ? true : undefined;
    },
    { ...LEFTOVERS, signal },
  );
  if (clean.kind === "met") return [];
  const programs = newPrograms(before, after).map(({ id }) => id);
  const leftovers = changedSince(
    before,
    after,
    programs.length === 0 ? undefined : await holdersOf(host, programs),
  );
  for (const leftover of leftovers)
    context.emit({ kind: "problem", message: `after ${agent.id}: ${leftover}` });
  return leftovers;
};
