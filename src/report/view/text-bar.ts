/** A cost against its budget in characters of one width: "███▒▒·│··", the line being the budget. */
import type { Interval } from "../../domain/verdict.ts";

/** Characters up to the budget, and beyond it. */
const BUDGET = 6;
const BEYOND = 2;

/** Full up to the interval's lower end, shaded to its upper end; what goes on further ends in an arrow. */
export const textBar = ({ value, low, high }: Interval): string => {
  const [from, to] = [cellsIn(low ?? value), cellsIn(high ?? value)];
  const partAt = (index: number): string => (index < from ? "█" : index < to ? "▒" : "·");
  const bar = Array.from({ length: BUDGET + BEYOND }, (_, index) => partAt(index));
  if (to > bar.length) bar[bar.length - 1] = "▶";
  return [...bar.slice(0, BUDGET), "│", ...bar.slice(BUDGET)].join("");
};

/** Never more than there is up to the budget where the share is below it, and never less than one for a cost. */
const cellsIn = (share: number): number => {
  const cells = share * BUDGET;
  if (share <= 0) return 0;
  return share <= 1 ? Math.max(1, Math.floor(cells)) : Math.max(BUDGET + 1, Math.ceil(cells));
};
