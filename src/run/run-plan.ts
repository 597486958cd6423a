/**
 * Conducts a plan block by block, from `firstBlock` on, until it is done or the next block would not end within the time budget. Overflows
 * are forced after that, and agents put under rising load, so that they can be in no figure.
 * Interrupted, it stops what runs and leaves a record that can be resumed.
 */
import type { EndLine } from "../domain/record.ts";
import { OVERFLOW_SECONDS } from "../domain/plan.ts";
import { type LoadLine, loadTurnSeconds } from "../domain/under-load.ts";
import type { RunContext } from "./context.ts";
import { runLoad } from "./load/run-load.ts";
import { runBackpressure } from "./run-backpressure.ts";
import { runTurn } from "./run-turn.ts";

export interface RunOutcome {
  readonly reason: EndLine["reason"];
  readonly blocks: number;
}

/** A block never takes exactly as long as those before it did. */
const FORECAST_MARGIN = 1.04;

/** `startedMs`: the host's clock when the command began, so that set-up counts towards the time budget. */
export const runPlan = async (
  context: RunContext,
  firstBlock: number,
  startedMs: number,
): Promise<RunOutcome> => {
  const { host, plan } = context;
  const overflows = (plan.overflow ?? []).filter(({ trial }) => context.overflowed?.has(trial.id) !== true);
  const loaded: LoadLine[] = [...(context.loaded ?? [])];
  const loads = (plan.load ?? []).filter(({ id }) => loaded.every(({ turn }) => turn.id !== id));
  const endMs = startedMs + (plan.timeBudgetSeconds ?? Infinity) * 1000;
  const afterwards = loads.reduce(
    (sum, turn) => sum + loadTurnSeconds(turn),
    overflows.length * OVERFLOW_SECONDS,
  );
  const budgetMs = endMs - startedMs - afterwards * 1000;
  let blocksMs = 0;
  let done = firstBlock;
  let reason: EndLine["reason"] = "complete";
  for (const block of plan.blocks.slice(firstBlock)) {
    const usualMs = blocksMs / Math.max(1, done - firstBlock);
    if (usualMs > 0 && host.now() - startedMs + usualMs * FORECAST_MARGIN > budgetMs) {
      reason = "time-budget";
      break;
    }
    const began = host.now();
    context.emit({ kind: "block", block: block.index, elapsedMs: began - startedMs });
    for (const [index, turn] of block.turns.entries()) {
      context.signal.throwIfAborted();
      await runTurn(context, block.index, index, turn);
    }
    const durationMs = host.now() - began;
    blocksMs += durationMs;
    done = block.index + 1;
    await context.append({ type: "block", block: block.index, durationMs: Math.round(durationMs) });
    if (done < plan.blocks.length && done >= (context.blocksNeeded?.() ?? Infinity)) {
      reason = "precise-enough";
      break;
    }
  }
  for (const turn of overflows) {
    context.signal.throwIfAborted();
    await runBackpressure(context, turn);
  }
  for (const [index, turn] of loads.entries()) {
    context.signal.throwIfAborted();
    if (index > 0 && host.now() + loadTurnSeconds(turn) * 1000 > endMs) {
      reason = "time-budget";
      break;
    }
    loaded.push(await runLoad(context, turn, loaded));
  }
  await context.append({ type: "end", endedAt: host.date(), reason, blocks: done });
  return { reason, blocks: done };
};
