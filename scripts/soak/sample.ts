/** What the harness holds over a long run, and whether it grows. */
import { medianSorted, quantileSorted } from "simple-statistics";

export interface Sample {
  /** Since the process began. */
  readonly seconds: number;
  readonly rss: number;
  readonly heap: number;
  /** Bytes outside the heap: buffers. */
  readonly external: number;
  readonly descriptors: number;
  /** What keeps the event loop alive: timers, pipes, processes. */
  readonly resources: number;
}

type Quantity = Exclude<keyof Sample, "seconds">;

interface Measure {
  readonly quantity: Quantity;
  readonly title: string;
  readonly perUnit: number;
  readonly unit: string;
  /** Of the samples of a part: memory that is collected now and then says what is held by its lowest readings. */
  readonly summary: (sorted: readonly number[]) => number;
  /** What the last quarter may have more than the second. */
  readonly slack: (earlier: number) => number;
}

const MIB = 2 ** 20;
const lowest = (sorted: readonly number[]): number => quantileSorted([...sorted], 0.05);
/** What is open or waited for rises and falls with every trial. */
const quartile = (sorted: readonly number[]): number => quantileSorted([...sorted], 0.25);
const median = (sorted: readonly number[]): number => medianSorted([...sorted]);

export const MEASURES: readonly Measure[] = [
  {
    quantity: "heap",
    title: "heap",
    perUnit: MIB,
    unit: "MiB",
    summary: lowest,
    slack: (earlier) => Math.max(MIB, 0.05 * earlier),
  },
  {
    quantity: "rss",
    title: "memory (RSS)",
    perUnit: MIB,
    unit: "MiB",
    summary: median,
    slack: (earlier) => 0.1 * earlier,
  },
  {
    quantity: "external",
    title: "buffers",
    perUnit: MIB,
    unit: "MiB",
    summary: lowest,
    slack: () => MIB,
  },
  {
    quantity: "descriptors",
    title: "open descriptors",
    perUnit: 1,
    unit: "",
    summary: quartile,
    slack: () => 0,
  },
  {
    quantity: "resources",
    title: "handles",
    perUnit: 1,
    unit: "",
    summary: quartile,
    slack: () => 0,
  },
];

export interface Growth {
  readonly title: string;
  /** In the second and in the last quarter: the first is for what is loaded once. */
  readonly earlier: number;
  readonly later: number;
  readonly unit: string;
  readonly grew: boolean;
}

/** Fewer samples in a quarter say nothing. */
const MIN_SAMPLES = 5;

/** Undefined where there are too few samples to tell. */
export const growthOf = (samples: readonly Sample[]): readonly Growth[] | undefined => {
  const quarter = (index: number): readonly Sample[] =>
    samples.slice((samples.length * (index - 1)) / 4, (samples.length * index) / 4);
  const [earlier, later] = [quarter(2), quarter(4)];
  if (earlier.length < MIN_SAMPLES) return undefined;
  return MEASURES.map(({ quantity, title, perUnit, unit, summary, slack }) => {
    const of = (part: readonly Sample[]): number =>
      summary(part.map((sample) => sample[quantity]).sort((a, b) => a - b));
    const [before, after] = [of(earlier), of(later)];
    return {
      title,
      earlier: before / perUnit,
      later: after / perUnit,
      unit,
      grew: after > before + slack(before),
    };
  });
};
