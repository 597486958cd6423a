/** Kinds of node against each other: what an agent costs on one more than on the other. */
import { keyOf } from "../../domain/condition.ts";
import type { FleetContrast, FleetFigure } from "../../domain/fleet.ts";
import { tQuantile } from "../distributions.ts";
import { groupsBy } from "../groups.ts";
import { holm } from "../holm.ts";
import { LEVEL } from "../interval.ts";
import { type Mean, welch, welchP } from "./difference.ts";

interface Fitted {
  readonly figure: FleetFigure;
  readonly mean: Mean;
}

/**
 * Every two kinds that have an interval for the same cost. All of them are judged together (Holm), so that with many kinds none differs by
 * chance; each interval is the one at which its own was decided.
 */
export const contrastsOf = (figures: readonly FleetFigure[]): readonly FleetContrast[] => {
  const fitted = figures.flatMap((figure): readonly Fitted[] => {
    const mean = meanOf(figure);
    return mean === undefined ? [] : [{ figure, mean }];
  });
  const pairs = groupsBy(fitted, ({ figure }) => keyOf(figure) + figure.metric).flatMap((kinds) =>
    kinds.flatMap((from, index) =>
      kinds
        .slice(index + 1)
        .filter(({ figure }) => figure.stratum !== from.figure.stratum)
        .map((to) => ({ from, to })),
    ),
  );
  const decisions = holm(pairs.map(({ from, to }) => welchP(from.mean, to.mean)));
  return pairs.map(({ from: { figure, mean }, to }, index): FleetContrast => {
    const decision = decisions[index];
    return {
      agent: figure.agent,
      figures: [figures.indexOf(figure), figures.indexOf(to.figure)],
      difference: welch(mean, to.mean, 1 - (decision?.alpha ?? 1 - LEVEL)),
      isKnown: decision?.rejected === true,
    };
  });
};

/** Its interval is by a t with one degree less than there are nodes, which tells the error of the mean. */
const meanOf = ({ fit, nodes }: FleetFigure): Mean | undefined => {
  if (fit === null || fit.mean.low === null || fit.mean.high === null) return undefined;
  const degrees = nodes.filter(({ error }) => error !== null).length - 1;
  const half = (fit.mean.high - fit.mean.low) / 2;
  return { value: fit.mean.value, standardError: half / tQuantile((1 + LEVEL) / 2, degrees), degrees };
};
