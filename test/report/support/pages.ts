/** Pages that several tests open. */
import type { Page } from "playwright-core";
import { compare } from "../../../src/analyse/compare/compare.ts";
import { renderComparisonHtml } from "../../../src/report/comparison/page.ts";
import { sideOf } from "../../analyse/support/sides.ts";
import { renderHtml } from "./render.ts";
import { buildView, withTrials } from "./view-builder.ts";

export const report = (): Promise<string> =>
  renderHtml(withTrials(buildView()), {
    downloads: [
      { name: "summary.csv", what: "estimates", content: "a,b\n1,2\n", compressed: false, elsewhere: "" },
    ],
  });

export const joint = async (): Promise<string> => {
  const compared = compare([
    sideOf({ host: { arch: "x86_64" } }),
    ...[1, 2, 3].map((seed) => sideOf({ host: { arch: "aarch64", hostname: `n${seed}` }, seed })),
  ]);
  if (compared.kind === "refused") throw new Error("refused");
  return await renderComparisonHtml(compared.comparison);
};

/** What is folded is not visible; most tests look at all there is. */
export const unfold = (page: Page): Promise<void> =>
  page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
