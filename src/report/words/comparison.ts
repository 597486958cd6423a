/** What a comparison of records says in words. */
import type { ApartFigures, Obstacle, OpenReason } from "../../domain/comparison.ts";
import { EMULATED } from "../../domain/emulation.ts";
import { checkFailureText } from "./self-checks.ts";

export const obstacleText = (obstacle: Obstacle): string => {
  switch (obstacle.kind) {
    case "emulated":
      return `the ${obstacle.record} record is ${EMULATED}`;
    case "methods":
      return `the records were made by different methods, ${obstacle.old} and ${obstacle.new}: their figures are not figures of the same thing`;
    case "instrument-failed":
      return `the instrument failed in the ${obstacle.record} record: ${checkFailureText(obstacle.failure)}`;
    case "sheds":
      return `${obstacle.agent} sheds events in the ${obstacle.record} record, so its costs are not those of the work`;
    case "crashed":
      return `${obstacle.agent} failed in the ${obstacle.record} record`;
    case "unbalanced":
      return `the ledger of ${obstacle.agent} does not balance in the ${obstacle.record} record`;
  }
};

export const openText = (reason: OpenReason): string => {
  switch (reason.kind) {
    case "too-few-blocks":
      return `too few blocks for an interval (${reason.old} and ${reason.new})`;
    case "obstacle":
      return obstacleText(reason.obstacle);
    case "undecided":
      return "the interval holds both no change and more than the tolerance";
  }
};

export const apartText = ({ scenario, load }: ApartFigures): string => `${scenario}, ${load}`;
