/** What an outlying node has and the others of its kind have not. */
import { median } from "simple-statistics";
import type { NodeDifference } from "../../domain/fleet.ts";
import { type Loaded, agentFacts, nodeFacts } from "./conditions.ts";
import { mostCommon } from "./aside.ts";

/** Beyond all others by less than so much of the nearest of them is what one of them has by chance. */
const MIN_APART = 0.05;
/** Percent of the CPU time: the hypervisor's share is not known more exactly. */
const MIN_STEAL_APART = 1;

export const differencesOf = (
  node: Loaded,
  others: readonly Loaded[],
  agent: string,
  baselineOf: (side: Loaded) => number | null,
): readonly NodeDifference[] => [
  ...textsOf(node, others, agent),
  ...beyond("steal", node, others, stealOf, (apart) => apart >= MIN_STEAL_APART),
  ...beyond("baseline", node, others, baselineOf, (apart, nearest) => apart >= MIN_APART * Math.abs(nearest)),
];

/** What varies among the others as well explains nothing. */
const textsOf = (node: Loaded, others: readonly Loaded[], agent: string): readonly NodeDifference[] =>
  [...nodeFacts, ...agentFacts([node, ...others]).filter(([, , of]) => of === agent)].flatMap(
    ([key, read]): readonly NodeDifference[] => {
      const value = read(node);
      const most = mostCommon(others.map(read));
      return value === most.value || most.count * 2 <= others.length
        ? []
        : [{ kind: "text", key, value, others: most.value }];
    },
  );

type Key = Extract<NodeDifference, { readonly kind: "number" }>["key"];

const beyond = (
  key: Key,
  node: Loaded,
  others: readonly Loaded[],
  read: (side: Loaded) => number | null,
  isFar: (apart: number, nearest: number) => boolean,
): readonly NodeDifference[] => {
  const value = read(node);
  const values = others.map(read).filter((one) => one !== null);
  if (value === null || values.length === 0) return [];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const nearest = value > most ? most : least;
  const isBeyond = value > most || value < least;
  return isBeyond && isFar(Math.abs(value - nearest), nearest)
    ? [{ kind: "number", key, value, least, most }]
    : [];
};

const stealOf = ({ view }: Loaded): number | null => {
  const read = view.trials.map(({ stealPercent }) => stealPercent).filter((one) => one !== null);
  return read.length === 0 ? null : median(read);
};
