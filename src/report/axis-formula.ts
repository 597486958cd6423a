/**
 * Ticks of an axis that a reader's choice of agents moved. These functions run here and, as text, in the page: they use nothing from outside of
 * each other.
 */

/** About `count` round numbers from `low` to `high`, in even steps of 1, 2 or 5 times a power of ten. Nothing where the ends are equal. */
export const evenTicks = (low: number, high: number, count: number): number[] => {
  const rough = (high - low) / Math.max(1, count);
  if (!(rough > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((one) => one * power >= rough * 0.8) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
};

/** 1, 2 and 5 times powers of ten, or the powers alone where they are enough; for a logarithmic axis. Nothing below or at zero. */
export const logTicks = (low: number, high: number, count: number): number[] => {
  if (!(low > 0 && high < Infinity)) return [];
  const ticksOf = (factors: readonly number[]): number[] => {
    const found: number[] = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
      for (const factor of factors) {
        const tick = Number((factor * 10 ** power).toPrecision(12));
        if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) found.push(tick);
      }
    }
    return found;
  };
  const all = ticksOf([1, 2, 5]);
  return all.length > count + 2 ? ticksOf([1]) : all;
};

/** A tick's number with the digits that its axis needs: "1 200", "−0.5". */
export const tickNumber = (value: number, ticks: readonly number[]): string => {
  const decimals = ticks.reduce((most, one) => {
    const [digits = "", exponent] = String(one).split("e-");
    return Math.max(most, (digits.split(".")[1] ?? "").length + Number(exponent ?? 0));
  }, 0);
  const [whole = "", fraction] = Math.abs(value).toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
  return (value < 0 ? "\u2212" : "") + grouped + (fraction === undefined ? "" : `.${fraction}`);
};

/** Nanoseconds as a tick of an axis: "500 ns", "20 µs". */
export const tickTime = (ns: number): string => {
  for (const [size, unit] of [
    [1e9, "s"],
    [1e6, "ms"],
    [1e3, "\u00b5s"],
  ] as const) {
    if (ns >= size) return `${Number((ns / size).toPrecision(3))} ${unit}`;
  }
  return `${Number(ns.toPrecision(3))} ns`;
};
