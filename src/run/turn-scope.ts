/** Work in its own effect scope: undone on every path. What an agent or a driver did wrong is the outcome. */
import { TareError } from "../domain/errors.ts";
import type { Failed } from "../domain/failure.ts";
import { describeExit, type EffectScope } from "../domain/host.ts";
import { changesOfTurn, changesSince, type TurnChanges } from "../observe/node-changes.ts";
import { type NodeState, readNodeState } from "../observe/node-state.ts";
import { type RunContext, StageFailure } from "./context.ts";

export interface Scoped<T> {
  readonly outcome: T | Failed;
  readonly undoMs: number;
  /** What could not be undone. */
  readonly problems: readonly string[];
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
  let problems: readonly string[] = [];
  try {
    outcome = await work(effects);
  } catch (error) {
    outcome = failureOf(error);
  } finally {
    const start = host.now();
    problems = (await effects.undo()).map((problem) => `not undone: ${problem}`);
    for (const message of problems) context.emit({ kind: "problem", message });
    undoMs = host.now() - start;
  }
  return { outcome, undoMs, problems };
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

/** `turn`: the node before it. */
export const findLeftovers = async (
  context: RunContext,
  agent: string,
  turn: NodeState,
): Promise<TurnChanges> => {
  const { host, before, signal } = context;
  let after = turn;
  const clean = await host.until(
    async () => {
      after = await readNodeState(host);
      return changesSince(turn, after).length === 0 ? true : undefined;
    },
    { ...LEFTOVERS, signal },
  );
  if (clean.kind === "met") return { leftovers: [], foreign: [] };
  const changes = await changesOfTurn(host, { run: before, turn, after });
  for (const leftover of changes.leftovers)
    context.emit({ kind: "problem", message: `after ${agent}: ${leftover}` });
  for (const foreign of changes.foreign)
    context.emit({ kind: "problem", message: `while ${agent} ran, and not its own: ${foreign}` });
  return changes;
};
