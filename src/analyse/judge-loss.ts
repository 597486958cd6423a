/**
 * True loss of one row of the ledger against a budget: what is missing counts, declared or not.
 *
 * The replicate is the operation, so a few blocks may be enough; the bounds are exact for losses that are independent of each other and
 * too narrow where they come in bursts.
 */
import type { Budget } from "../domain/plan.ts";
import type { JudgedLoss } from "../domain/reason.ts";
import { type LedgerRow, type Ruling, invalid } from "../domain/verdict.ts";
import { lowerShare, upperShare } from "./distributions.ts";

const ALPHA = 0.05;
/** Beyond this many times the run no one waits for the answer. */
const MAX_TIMES = 4096;

/** `familySize`: how many rows are looked at for one that is over; the lower bound shares its error among them (Bonferroni). */
export const judgeLoss = (row: LedgerRow, budget: Budget["limit"], familySize: number): Ruling => {
  const { operations, trials } = row;
  const lost = operations - row.delivered;
  if (!row.balanced || lost < 0) return invalid({ kind: "unbalanced", notes: row.notes });
  const limit = shareOf(budget, operations);
  const lowerAlpha = ALPHA / Math.max(1, familySize);
  const lower = lowerShare(lost, operations, lowerAlpha);
  const upper = upperShare(lost, operations, ALPHA);
  const loss: JudgedLoss = { lost, operations, trials, limit };
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
  const needed = trialsNeeded(trials, lost, operations, limit, lowerAlpha);
  return {
    kind: "inconclusive",
    reason: { kind: "loss-straddles", loss, lower, upper, blocksNeeded: needed },
    blocksNeeded: needed,
  };
};

const shareOf = (budget: Budget["limit"], operations: number): number => {
  switch (budget.kind) {
    case "percent":
      return budget.percent / 100;
    case "absolute":
      return budget.value / operations;
  }
};

/** Trials, one a block, after which the same share of loss would be decided; null where it lies on the budget or too near. */
const trialsNeeded = (
  trials: number,
  lost: number,
  operations: number,
  limit: number,
  lowerAlpha: number,
): number | null => {
  const decided = (times: number): boolean => {
    const [more, all] = [lost * times, operations * times];
    return upperShare(more, all, ALPHA) <= limit || lowerShare(more, all, lowerAlpha) > limit;
  };
  if (!decided(MAX_TIMES)) return null;
  let [low, high] = [1, MAX_TIMES];
  while (Math.ceil(low * trials) + 1 < Math.ceil(high * trials)) {
    const middle = (low + high) / 2;
    if (decided(middle)) high = middle;
    else low = middle;
  }
  return Math.ceil(high * trials);
};
