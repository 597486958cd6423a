/** Ticks of a logarithmic axis. */

/** 1, 2 and 5 times powers of ten, or the powers alone where those are enough. Nothing below or at zero. */
export const logTicks = (low: number, high: number, count: number): number[] => {
  if (!(low > 0 && high < Infinity)) return [];
  const powers = Array.from(
    { length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 },
    (_, index) => Math.floor(Math.log10(low)) + index,
  );
  const ticksOf = (factors: readonly number[]): number[] =>
    powers
      .flatMap((power) => factors.map((factor) => Number((factor * 10 ** power).toPrecision(12))))
      .filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
  const all = ticksOf([1, 2, 5]);
  return all.length > count + 2 ? ticksOf([1]) : all;
};
