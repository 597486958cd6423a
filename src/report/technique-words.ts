/** Coverage by kind of operation, in the words and the order of every format. */
import type { TechniqueCoverage, Summary } from "../domain/verdict.ts";
import { formatCount } from "./format.ts";
import { conditionsOf } from "./select.ts";

export interface TechniqueGroup {
  readonly scenario: string;
  readonly conditions: string;
  /** In turn. */
  readonly kinds: readonly string[];
  readonly agents: readonly { readonly agent: string; readonly rows: readonly TechniqueCoverage[] }[];
}

export const NOT_ASKED = "not observed by design";

/** "60 of 60"; undefined where the agent is not asked for the kind. */
export const seenOfTechnique = ({ operations, delivered }: TechniqueCoverage): string | undefined =>
  delivered === null ? undefined : `${formatCount(delivered)} of ${formatCount(operations)}`;

export const isMissed = ({ operations, delivered }: TechniqueCoverage): boolean =>
  delivered !== null && delivered < operations;

const groupBy = <T>(
  items: readonly T[],
  nameOf: (item: T) => string,
): readonly (readonly [string, T[]])[] => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = nameOf(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return [...groups];
};

/** By scenario and load, and in there by agent. */
export const techniqueGroupsOf = ({ kinds = [] }: Pick<Summary, "kinds">): readonly TechniqueGroup[] =>
  groupBy(kinds, ({ scenario, load, placement }) => JSON.stringify([scenario, load, placement])).flatMap(
    ([, rows]) => {
      const [first] = rows;
      if (first === undefined) return [];
      const agents = groupBy(rows, ({ agent }) => agent);
      return [
        {
          scenario: first.scenario,
          conditions: conditionsOf(first),
          kinds: [...new Set(rows.map(({ kind }) => kind))],
          agents: agents.map(([agent, own]) => ({ agent, rows: own })),
        },
      ];
    },
  );
