/** A cost against its budget as a small drawing. The figure stands beside it as text, so a screen reader is spared the drawing. */
import type { Cell } from "../view/section.ts";
import { html, type Markup } from "./markup.ts";

const WIDTH = 120;
const HEIGHT = 14;
/** Where the budget's line stands: the same in every bar of a page. */
const BUDGET = 80;

/** Within the drawing, whatever the cost. */
const xOf = (share: number): number => Math.round(10 * Math.min(WIDTH - 3, Math.max(0, share * BUDGET))) / 10;

export const costBar = ({ share, look }: Extract<Cell, { readonly kind: "bar" }>): Markup => {
  const { value, low, high } = share;
  const [from, to] = [xOf(low ?? value), xOf(high ?? value)];
  const isBeyond = (high ?? value) * BUDGET > WIDTH - 3;
  return html`<svg class="bar ${look}" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true">
    <path class="track" d="M0 7H${WIDTH}" />
    <path class="cost" d="M0 3H${xOf(value)}V11H0Z" />
    <path
      class="ends"
      d="M${from} 7H${to}M${from} 4V10${isBeyond ? html`M${WIDTH - 4} 3L${WIDTH} 7L${WIDTH - 4} 11` : html`M${to} 4V10`}"
    />
    <path class="budget" d="M${BUDGET} 0V${HEIGHT}" />
  </svg>`;
};
