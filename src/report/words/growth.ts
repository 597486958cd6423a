/** How costs grow with the node, in sentences. */
import type { Growth, GrowthRow } from "../../domain/growth.ts";
import { GROWTH_PER, type ScaleAxis, type ScalePoint } from "../../domain/scale.ts";
import type { Unit } from "../../domain/units.ts";
import type { Interval } from "../../domain/verdict.ts";
import { formatCost, formatCount, formatNumberOf } from "../format.ts";
import { operationTitle } from "../select.ts";

export const axisTitle = (axis: ScaleAxis): string => {
  switch (axis) {
    case "processes":
      return "sleeping processes";
    case "files":
      return "open files";
    case "cpus":
      return "CPUs";
  }
};

/** "1,000 sleeping processes". */
export const perText = (axis: ScaleAxis): string =>
  axis === "cpus" ? "CPU more" : `${formatCount(GROWTH_PER[axis])} ${axisTitle(axis)}`;

/** "2 CPUs", "500 processes". */
export const sizeText = ({ axis, at }: ScalePoint): string =>
  axis === "cpus" ? formatNumberOf(at, "CPU") : `${formatCount(at)} ${axis}`;

/** For each thousand, or each CPU: from the smallest size to the largest, as if it were a straight line. */
export const perThousand = ({ value, low, high }: Interval, { axis, steps }: GrowthRow): Interval => {
  const more = ((steps.at(-1)?.at ?? 0) - (steps[0]?.at ?? 0)) / GROWTH_PER[axis];
  return {
    value: value / more,
    low: low === null ? null : low / more,
    high: high === null ? null : high / more,
  };
};

const growthText = (growth: Growth, row: GrowthRow, unit: Unit): string => {
  if (growth.known === null) return "was measured in too few blocks to say whether it grows";
  if (!growth.known) return "is not known to grow";
  const each = perThousand(growth.difference, row);
  return `${each.value > 0 ? "grows" : "shrinks"} by ${formatCost(each, unit)} for each ${perText(row.axis)}`;
};

/** "sensor, file-open / open: what an operation costs grows by +12 ns/op [8, 16] for each 1,000 sleeping processes; its start is not known to grow." */
export const growthSentence = (row: GrowthRow): string => {
  const { cost, own, start } = row.growth;
  const operation = own ?? cost;
  const parts = [
    ...(operation === null ? [] : [`what an operation costs ${growthText(operation, row, "ns/op")}`]),
    ...(start === null ? [] : [`what its start costs ${growthText(start, row, "ns")}`]),
  ];
  const where = `${row.agent}, ${operationTitle(row)}`;
  return parts.length === 0
    ? `${where}: measured at one size of the node alone, so that no growth with ${axisTitle(row.axis)} is told.`
    : `${where}, with more ${axisTitle(row.axis)}: ${parts.join("; ")}.`;
};
