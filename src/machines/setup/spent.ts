/** What the set-up before the guests took, by what was made. */

/** Anything shorter was there already. */
const MIN_SECONDS = 1;

export interface Spent {
  time<T>(title: string, work: () => Promise<T>): Promise<T>;
  /** What has one title is one stage; stages of different titles may have gone on side by side. */
  readonly stages: readonly (readonly [title: string, seconds: number])[];
}

export const createSpent = (now: () => number): Spent => {
  const stages = new Map<string, number>();
  return {
    get stages() {
      return [...stages].filter(([, seconds]) => seconds >= MIN_SECONDS);
    },
    time: async (title, work) => {
      const began = now();
      try {
        return await work();
      } finally {
        stages.set(title, (stages.get(title) ?? 0) + (now() - began) / 1000);
      }
    },
  };
};
