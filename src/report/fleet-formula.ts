/**
 * What an agent takes over a fleet. These two functions run here and, as text, in the page: they stand for themselves, and use nothing from
 * outside of them.
 */

/** What one agent needs on one node; null where it was not measured. Ends of intervals as [value, low, high]; low and high may be null. */
export interface FleetAgent {
  /** In the order of the operations. */
  readonly operations: readonly {
    /** Whole-system CPU time above baseline, ns for each operation. */
    readonly cpuNs: readonly [value: number, low: number | null, high: number | null] | null;
    /** Output, bytes for each operation. */
    readonly bytes: number | null;
  }[];
  readonly memoryMib: number | null;
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

/** A figure with its range; null where something that it needs is missing. */
export type FleetFigure = readonly [value: number, low: number | null, high: number | null] | null;

export interface FleetFigures {
  readonly cores: FleetFigure;
  readonly memoryGib: FleetFigure;
  readonly gigabytesADay: FleetFigure;
  /** A month of 730 hours. */
  readonly priceAMonth: FleetFigure;
}

/**
 * Cores are rate times cost, added over the operations. Ends of intervals are added too, which is wider than the truth where operations vary
 * independently. An operation with no rate or rate 0 does not happen; one that happens and was not measured makes the figure missing.
 */
export const fleetFigures = (agent: FleetAgent, inputs: FleetInputs): FleetFigures => {
  const { nodes, rates, corePrice, storagePrice } = inputs;
  const happening = agent.operations
    .map((operation, index) => ({ ...operation, rate: rates[index] ?? 0 }))
    .filter(({ rate }) => rate > 0);
  const costs = happening.map(({ cpuNs, rate }) =>
    cpuNs === null
      ? null
      : cpuNs.map((one) => (one === null || nodes === null ? null : (nodes * rate * one) / 1e9)),
  );
  const sum = (end: 0 | 1 | 2): number | null =>
    costs.reduce<number | null>((total, cost) => {
      const one = cost === null ? null : (cost[end] ?? null);
      return total === null || one === null ? null : total + one;
    }, 0);
  const [value, low, high] = [sum(0), sum(1), sum(2)];
  const cores: FleetFigure = nodes === null || value === null ? null : [value, low, high];
  const bytes = happening.reduce<number | null>(
    (total, operation) =>
      total === null || operation.bytes === null ? null : total + operation.bytes * operation.rate,
    0,
  );
  const gigabytes = nodes === null || bytes === null ? null : (nodes * bytes * 86_400) / 1e9;
  const hours = 730;
  const storage =
    gigabytes === null || storagePrice === null ? null : ((gigabytes * hours) / 24) * storagePrice;
  const priced = (one: number | null): number | null =>
    one === null || corePrice === null || storage === null ? null : one * hours * corePrice + storage;
  const price = cores === null ? null : priced(cores[0]);
  return {
    cores,
    memoryGib:
      nodes === null || agent.memoryMib === null ? null : [(nodes * agent.memoryMib) / 1024, null, null],
    gigabytesADay: gigabytes === null ? null : [gigabytes, null, null],
    priceAMonth: cores === null || price === null ? null : [price, priced(cores[1]), priced(cores[2])],
  };
};

/** "12.3 [11.8, 12.9]" to three significant digits, "–" where there is no figure. */
export const fleetText = (figure: FleetFigure): string => {
  const print = (one: number): string => {
    const rounded = Number(one.toPrecision(3));
    const [whole = "", fraction] = Math.abs(rounded).toString().split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
    return (rounded < 0 ? "\u2212" : "") + grouped + (fraction === undefined ? "" : `.${fraction}`);
  };
  if (figure === null) return "\u2013";
  const [value, low, high] = figure;
  return print(value) + (low === null || high === null ? "" : ` [${print(low)}, ${print(high)}]`);
};
