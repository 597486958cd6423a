/** What the set-up before the guests took, by what was made. */

/** Anything shorter was there already. */
const MIN_SECONDS = 1;

export interface Spent {
  time<T>(title: string, work: () => Promise<T>): Promise<T>;
  readonly stages: readonly (readonly [title: string, seconds: number])[];
}

export const createSpent = (now: () => number): Spent => {
  const stages: (readonly [string, number])[] = [];
  return {
    stages,
    time: async (title, work) => {
      const began = now();
      try {
        return await work();
      } finally {
        const seconds = (now() - began) / 1000;
        if (seconds >= MIN_SECONDS) stages.push([title, seconds]);
      }
    },
  };
};
