/**
 * Conducts a plan block by block, from `firstBlock` on, until it is done or the next block would not end within the time budget. After that
 * techniques are tried, overflows forced, agents put under rising load and watched second by second, so that they can be in no figure.
 * Interrupted, it stops what runs and leaves a record that can be resumed.
 */
import type { EndLine } from "../domain/record.ts";
import { COVERAGE_SECONDS, type CoveragePlan, OVERFLOW_SECONDS } from "../domain/plan.ts";
import { type LoadLine, loadTurnSeconds } from "../domain/under-load.ts";
import type { RunContext } from "./context.ts";
import { runLoad } from "./load/run-load.ts";
import { runBackpressure } from "./run-backpressure.ts";
import { runCoverage } from "./run-coverage.ts";
import { runTurn } from "./run-turn.ts";
import { runWatch } from "./run-watch.ts";

export interface RunOutcome {
  readonly reason: EndLine["reason"];
  readonly blocks: number;
}

const NO_COVERAGE: CoveragePlan = { times: 0, techniques: [], turns: [] };

/** A block never takes exactly as long as those before it did. */
const FORECAST_MARGIN = 1.04;

/** @throws what ends the run: at once, or as soon as the turn before is over */
const endHere = ({ signal, ends }: RunContext): void => {
  signal.throwIfAborted();
  ends?.throwIfAborted();
};

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
  const { coverage = NO_COVERAGE } = plan;
  const coverages = coverage.turns.filter(({ id }) => context.covered?.has(id) !== true);
  const afterwards = loads.reduce(
    (sum, turn) => sum + loadTurnSeconds(turn),
    overflows.length * OVERFLOW_SECONDS + coverages.length * COVERAGE_SECONDS,
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
      endHere(context);
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
  for (const turn of coverages) {
    endHere(context);
    await runCoverage(context, coverage, turn);
  }
  for (const turn of overflows) {
    endHere(context);
    await runBackpressure(context, turn);
  }
  for (const [index, turn] of loads.entries()) {
    endHere(context);
    if (index > 0 && host.now() + loadTurnSeconds(turn) * 1000 > endMs) {
      reason = "time-budget";
      break;
    }
    loaded.push(await runLoad(context, turn, loaded));
  }
  for (const { index, turns } of plan.watches ?? []) {
    for (const turn of turns.filter(({ id }) => context.watched?.has(id) !== true)) {
      endHere(context);
      await runWatch(context, index, turn);
    }
  }
  await context.append({ type: "end", endedAt: host.date(), reason, blocks: done });
  return { reason, blocks: done };
};
