/**
 * True loss of one row of the ledger against a budget: what is missing counts, declared or not.
 *
 * The replicate is the block, as for a cost: losses come in bursts, and one block says nothing of how often they come. So two blocks are the
 * least; where they lost nothing, the events alone bound the loss (at most 3 of n with 95 % confidence).
 */
import type { Budget } from "../domain/plan.ts";
import type { JudgedLoss } from "../domain/reason.ts";
import { type LedgerRow, type Ruling, invalid } from "../domain/verdict.ts";
import { ALPHA } from "./interval.ts";
import { type Loss, lossBounds } from "./loss-interval.ts";

const MIN_LOSS_BLOCKS = 2;
/** Beyond this many times the run no one waits for the answer. */
const MAX_TIMES = 4096;

/** `familySize`: how many rows are looked at for one that is over; the lower bound shares its error among them (Bonferroni). */
export const judgeLoss = (row: LedgerRow, budget: Budget["limit"], familySize: number): Ruling => {
  const { operations, trials, blocks } = row;
  const lost = operations - row.delivered;
  if (!row.balanced || lost < 0) return invalid({ kind: "unbalanced", notes: row.notes });
  const limit = shareOf(budget, operations);
  const loss: JudgedLoss = { lost, operations, trials, blocks, limit };
  if (blocks < MIN_LOSS_BLOCKS) {
    return {
      kind: "inconclusive",
      reason: { kind: "loss-few-blocks", loss, blocksNeeded: MIN_LOSS_BLOCKS },
      blocksNeeded: MIN_LOSS_BLOCKS,
    };
  }
  const alpha = { low: ALPHA / Math.max(1, familySize), high: ALPHA };
  const seen: Loss = { lost, operations, blocks, error: row.lossError };
  const { low: lower, high: upper } = lossBounds(seen, alpha);
  if (lower > limit) {
    return {
      kind: "over",
      reason: { kind: "loss-over", loss, lower, rows: familySize },
      blocksNeeded: null,
    };
  }
  if (upper <= limit) {
    return { kind: "within", reason: { kind: "loss-within", loss, upper }, blocksNeeded: null };
  }
  const needed = blocksNeeded(seen, limit, alpha);
  return {
    kind: "inconclusive",
    reason: { kind: "loss-straddles", loss, lower, upper, blocksNeeded: needed },
    blocksNeeded: needed,
  };
};

export const shareOf = (budget: Budget["limit"], operations: number): number => {
  switch (budget.kind) {
    case "percent":
      return budget.percent / 100;
    case "absolute":
      return budget.value / operations;
  }
};

/** Blocks after which the same share of loss, as unevenly spread, would be decided; null where it lies on the budget or too near. */
const blocksNeeded = (
  { lost, operations, blocks, error }: Loss,
  limit: number,
  alpha: { readonly low: number; readonly high: number },
): number | null => {
  const decided = (times: number): boolean => {
    const more: Loss = {
      lost: lost * times,
      operations: operations * times,
      blocks: blocks * times,
      error: error === null ? null : error / Math.sqrt(times),
    };
    const { low, high } = lossBounds(more, alpha);
    return high <= limit || low > limit;
  };
  if (!decided(MAX_TIMES)) return null;
  let [low, high] = [1, MAX_TIMES];
  while (Math.ceil(low * blocks) + 1 < Math.ceil(high * blocks)) {
    const middle = (low + high) / 2;
    if (decided(middle)) high = middle;
    else low = middle;
  }
  return Math.ceil(high * blocks);
};
