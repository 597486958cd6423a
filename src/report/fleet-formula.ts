/**
 * What an agent takes over a fleet. These two functions run here and, as text, in the page: they stand for themselves, and use nothing from
 * outside of them.
 */

/** What one agent needs on one node; null where it was not measured. Ends of intervals as [value, low, high]; low and high may be null. */
export interface FleetAgent {
  /** In the order of the operations. */
  readonly operations: readonly {
    readonly title: string;
    /** Whole-system CPU time above baseline, ns for each operation. */
    readonly cpuNs: readonly [value: number, low: number | null, high: number | null] | null;
    /** Output, bytes for each operation. */
    readonly bytes: number | null;
  }[];
  readonly memoryMib: number | null;
  /** A self-check of the run failed, so its CPU times must not be used. */
  readonly invalid: boolean;
}

export interface FleetInputs {
  readonly nodes: number | null;
  /** Operations a second on each node, in the order of the operations. */
  readonly rates: readonly (number | null)[];
  /** For one core and one hour, in any currency. */
  readonly corePrice: number | null;
  /** For one GB (10^9 bytes) of output. */
  readonly storagePrice: number | null;
}

/** A figure with its range, and what a reader must know of it. */
export interface FleetFigure {
  readonly range: readonly [value: number, low: number | null, high: number | null];
  /** It rests on a CPU time without an interval. */
  readonly exploratory: boolean;
  /** Something that happens was not measured and is not in it. */
  readonly part: boolean;
}

/** Null where nothing of what it needs is there. */
export type FleetCell = FleetFigure | "invalid" | null;

export interface FleetFigures {
  readonly cores: FleetCell;
  readonly memoryGib: FleetCell;
  readonly gigabytesADay: FleetCell;
  /** A month of 730 hours. */
  readonly priceAMonth: FleetCell;
  /** What happens and was not measured: operations without a CPU time, and those without an output. */
  readonly leftOut: readonly string[];
}

/**
 * Cores are rate times cost, added over the operations that were measured. Ends of intervals are added too, which is wider than the truth where
 * operations vary independently. An operation with no rate or rate 0 does not happen; one that happens and was not measured is left out and named.
 */
export const fleetFigures = (agent: FleetAgent, inputs: FleetInputs): FleetFigures => {
  const { nodes, rates, corePrice, storagePrice } = inputs;
  const happening = agent.operations
    .map((operation, index) => ({ ...operation, rate: rates[index] ?? 0 }))
    .filter(({ rate }) => rate > 0);
  const timed = happening.flatMap(({ cpuNs, rate }) => (cpuNs === null ? [] : [{ cpuNs, rate }]));
  const written = happening.flatMap(({ bytes, rate }) => (bytes === null ? [] : [bytes * rate]));
  const untimed = happening.filter(({ cpuNs }) => cpuNs === null);
  const unwritten = happening.filter(({ bytes }) => bytes === null);
  const hours = 730;

  const sum = (end: 0 | 1 | 2): number | null =>
    timed.reduce<number | null>((total, { cpuNs, rate }) => {
      const one = cpuNs[end];
      return total === null || one === null || nodes === null ? null : total + (nodes * rate * one) / 1e9;
    }, 0);
  const [value, low, high] = [sum(0), sum(1), sum(2)];
  const marks = { exploratory: low === null || high === null, part: untimed.length > 0 };
  const isTimed = happening.length === 0 || timed.length > 0;
  const cores: FleetFigure | null =
    nodes === null || value === null || !isTimed ? null : { range: [value, low, high], ...marks };

  const isWritten = happening.length === 0 || written.length > 0;
  const gigabytes =
    nodes === null || !isWritten ? null : (nodes * written.reduce((all, one) => all + one, 0) * 86_400) / 1e9;
  const plain = (one: number | null, part: boolean): FleetFigure | null =>
    one === null ? null : { range: [one, null, null], exploratory: false, part };

  const priced = (one: number | null): number | null =>
    one === null || corePrice === null || storagePrice === null
      ? null
      : one * hours * corePrice + (((gigabytes ?? 0) * hours) / 24) * storagePrice;
  const price = cores === null ? null : priced(value);
  return {
    cores: agent.invalid ? "invalid" : cores,
    memoryGib: plain(
      nodes === null || agent.memoryMib === null ? null : (nodes * agent.memoryMib) / 1024,
      false,
    ),
    gigabytesADay: plain(gigabytes, unwritten.length > 0),
    priceAMonth: agent.invalid
      ? "invalid"
      : price === null
        ? null
        : {
            range: [price, priced(low), priced(high)],
            exploratory: marks.exploratory,
            part: marks.part || unwritten.length > 0,
          },
    leftOut: [...untimed.map(({ title }) => title), ...unwritten.map(({ title }) => `output of ${title}`)],
  };
};

/** "12.3 [11.8, 12.9]" to three significant digits, "part: ~12.3" where it is marked, "–" where there is no figure. */
export const fleetText = (cell: FleetCell): string => {
  const print = (one: number): string => {
    const rounded = Number(one.toPrecision(3));
    const [whole = "", fraction] = Math.abs(rounded).toString().split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
    return (rounded < 0 ? "\u2212" : "") + grouped + (fraction === undefined ? "" : `.${fraction}`);
  };
  if (cell === null) return "\u2013";
  if (cell === "invalid") return cell;
  const [value, low, high] = cell.range;
  const ends = low === null || high === null ? "" : ` [${print(low)}, ${print(high)}]`;
  return `${cell.part ? "part: " : ""}${cell.exploratory ? "~" : ""}${print(value)}${ends}`;
};

/** What a row leaves out, in its last cell. */
export const leftOutText = ({ leftOut }: { readonly leftOut: readonly string[] }): string =>
  leftOut.length === 0 ? "nothing" : leftOut.join(", ");
