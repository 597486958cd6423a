/** Holm's step-down procedure (1979): many one-sided tests, of which with 95 % none rejects what is true. They may depend on each other. */

/** Error that a whole family may have. */
export const FAMILY_ALPHA = 0.05;

export interface Decision {
  readonly rejected: boolean;
  /** Error of the single test at which it was decided: a one-sided bound at `1 - alpha` lies on the side that `rejected` tells. */
  readonly alpha: number;
  /** Tests in the family. */
  readonly comparisons: number;
}

/** In the order of `ps`. */
export const holm = (ps: readonly number[], alpha: number = FAMILY_ALPHA): readonly Decision[] => {
  const ascending = [...ps.keys()].sort((a, b) => (ps[a] ?? 1) - (ps[b] ?? 1));
  const levelAt = (rank: number): number => alpha / (ps.length - rank);
  const firstKept = ascending.findIndex((index, rank) => (ps[index] ?? 1) > levelAt(rank));
  const rejected = firstKept < 0 ? ps.length : firstKept;
  const decisions = new Map(
    ascending.map((index, rank): [number, Decision] => [
      index,
      {
        rejected: rank < rejected,
        // All that are kept were tested at the level at which the procedure stopped.
        alpha: levelAt(Math.min(rank, rejected)),
        comparisons: ps.length,
      },
    ]),
  );
  return ps.flatMap((_, index) => decisions.get(index) ?? []);
};
