/**
 * The only rounding in the project: everything before this file keeps full precision, everything after it is text.
 *
 * A figure is given as many digits as its interval can carry: the last digit printed is about a tenth of the interval's width.
 * Where there is no interval, three significant digits.
 */
import type { EventRange } from "../domain/agent.ts";
import type { Interval } from "../domain/verdict.ts";
import type { Unit } from "../domain/units.ts";

/** Stands where a figure is missing. Never 0. */
export const MISSING = "-";

/** Narrow no-break space: groups digits without letting a line break split a number. */
const THIN = "\u202f";
const MAX_DECIMALS = 6;
const SIGNIFICANT = 3;

export interface Scale {
  readonly name: string;
  readonly size: number;
}

type Scales = readonly [Scale, ...Scale[]];

const TIME: Scales = [
  { name: "ns", size: 1 },
  { name: "us", size: 1e3 },
  { name: "ms", size: 1e6 },
  { name: "s", size: 1e9 },
];
const BYTES: Scales = [
  { name: "B", size: 1 },
  { name: "KiB", size: 1024 },
  { name: "MiB", size: 1024 ** 2 },
  { name: "GiB", size: 1024 ** 3 },
  { name: "TiB", size: 1024 ** 4 },
];

const finite = (value: number): number => {
  if (!Number.isFinite(value))
    throw new RangeError(`cannot print ${value} as a figure: a missing figure must be null`);
  return value;
};

const magnitude = (value: number): number => Math.floor(Math.log10(Math.abs(value)));

const clamp = (decimals: number): number => Math.min(MAX_DECIMALS, Math.max(0, decimals));

const decimalsBySignificance = (value: number): number =>
  value === 0 ? 0 : clamp(SIGNIFICANT - 1 - magnitude(Number(value.toPrecision(SIGNIFICANT))));

/** Decimals that an interval of this width can carry; by significance where it has no width. */
const decimalsFor = (value: number, width: number | null): number =>
  width === null || width <= 0 ? decimalsBySignificance(value) : clamp(1 - magnitude(width));

const group = (digits: string): string => digits.replaceAll(/\B(?=(\d{3})+(?!\d))/g, THIN);

/** Fixed decimals, thin separators, no negative zero. */
const fixed = (value: number, decimals: number): string => {
  const [whole = "", fraction] = Math.abs(finite(value)).toFixed(decimals).split(".");
  const text = fraction === undefined ? group(whole) : `${group(whole)}.${fraction}`;
  return value < 0 && /[1-9]/.test(text) ? `-${text}` : text;
};

const signed = (text: string): string => (text.startsWith("-") || !/[1-9]/.test(text) ? text : `+${text}`);

const widthOf = (interval: Interval): number | null =>
  interval.low === null || interval.high === null ? null : interval.high - interval.low;

const numbersOf = (interval: Interval): readonly number[] =>
  [interval.value, interval.low, interval.high].filter((one) => one !== null);

const scaleIn = (scales: Scales, values: readonly number[]): Scale => {
  const largest = values.reduce((most, one) => Math.max(most, Math.abs(finite(one))), 0);
  // The half unit in the last of three digits, so that 999.9 ns is 1.00 us and not 1000 ns.
  const fitting = scales.findLast((scale) => largest >= scale.size * 0.9995);
  return fitting ?? scales[0];
};

const perOperation = ({ name, size }: Scale): Scale => ({ name: `${name}/op`, size });

/** The unit in which figures of one column or axis are printed: the largest that keeps the largest of them at 1 or more. */
export const scaleOf = (unit: Unit, values: readonly number[]): Scale => {
  switch (unit) {
    case "ns":
      return scaleIn(TIME, values);
    case "ns/op":
      return perOperation(scaleIn(TIME, values));
    case "bytes/op":
      return perOperation(scaleIn(BYTES, values));
    case "MiB":
    case "cores":
    case "instructions":
    case "instructions/op":
      return { name: unit, size: 1 };
  }
};

export interface Figure {
  readonly value: string;
  readonly range: string | null;
  readonly unit: string;
}

/** `sign`: for costs, which are differences. `scale`: the unit of a whole column; by the figure itself when absent. */
export const figureOf = (
  interval: Interval,
  unit: Unit,
  options: { readonly sign?: boolean; readonly scale?: Scale } = {},
): Figure => {
  const scale = options.scale ?? scaleOf(unit, numbersOf(interval));
  const width = widthOf(interval);
  const decimals = decimalsFor(interval.value / scale.size, width === null ? null : width / scale.size);
  const print = (one: number): string => fixed(one / scale.size, decimals);
  const text = print(interval.value);
  return {
    value: options.sign === true ? signed(text) : text,
    range: rangeOf(interval, print),
    unit: scale.name,
  };
};

const rangeOf = (interval: Interval, print: (one: number) => string): string | null =>
  interval.low === null || interval.high === null
    ? null
    : `[${print(interval.low)}, ${print(interval.high)}]`;

/** "+4.1 us/op [3.6, 4.7]"; without an interval "+4.1 us/op". */
export const formatFigure = (figure: Figure): string =>
  [figure.value, figure.unit, figure.range].filter((part) => part !== null && part !== "").join(" ");

export const formatCost = (interval: Interval, unit: Unit): string =>
  formatFigure(figureOf(interval, unit, { sign: true }));

export const formatLevel = (interval: Interval, unit: Unit): string => formatFigure(figureOf(interval, unit));

export const formatValue = (value: number, unit: Unit): string =>
  formatLevel({ value, low: null, high: null }, unit);

export const formatNs = (ns: number): string => formatValue(ns, "ns");

export const formatBytes = (bytes: number): string => {
  const scale = scaleIn(BYTES, [bytes]);
  const inUnit = bytes / scale.size;
  return `${fixed(inUnit, scale.size === 1 ? 0 : decimalsBySignificance(inUnit))} ${scale.name}`;
};

/** Of a mean of counts, or anything else without a unit: three significant digits. */
export const formatNumber = (number: number): string => fixed(number, decimalsBySignificance(number));

export const formatCount = (count: number): string => fixed(count, 0);

/** Of a count that is known within bounds only. */
export const formatRange = ({ low, high }: EventRange): string =>
  low === high ? formatCount(low) : `${formatCount(low)} to ${formatCount(high)}`;

export const formatNumberOf = (count: number, singular: string, plural = `${singular}s`): string =>
  `${formatCount(count)} ${count === 1 ? singular : plural}`;

/** A ratio as a factor: value "x1.12", range "[1.10, 1.14]". At least two decimals. */
export const ratioOf = (ratio: Interval): Figure => {
  const decimals = Math.max(2, decimalsFor(ratio.value, widthOf(ratio)));
  const print = (one: number): string => fixed(one, decimals);
  return { value: `x${print(ratio.value)}`, range: rangeOf(ratio, print), unit: "" };
};

/** A ratio as a change: value "+12.3", range "[10.1, 14.5]", unit "%". */
export const percentOf = (ratio: Interval): Figure => {
  const change = asPercent(ratio);
  const width = widthOf(change);
  const decimals =
    width === null ? Math.min(1, decimalsBySignificance(change.value)) : decimalsFor(change.value, width);
  const print = (one: number): string => fixed(one, decimals);
  return { value: signed(print(change.value)), range: rangeOf(change, print), unit: "%" };
};

/** What is in percent already: value "5.6", range "[5.0, 6.3]", unit "%". */
export const percentFigure = (percent: Interval): Figure => {
  const decimals = decimalsFor(percent.value, widthOf(percent));
  const print = (one: number): string => fixed(one, decimals);
  return { value: print(percent.value), range: rangeOf(percent, print), unit: "%" };
};

/** A ratio and its interval as percent above 1; unrounded. */
export const asPercent = (ratio: Interval): Interval => ({
  value: (ratio.value - 1) * 100,
  low: ratio.low === null ? null : (ratio.low - 1) * 100,
  high: ratio.high === null ? null : (ratio.high - 1) * 100,
});

/**
 * A loss rate (0 to 1) with its exact interval: "0.21 % [0.18, 0.25]", and for no loss at all "0 % (at most 0.005 %)",
 * because nothing lost of n does not mean that nothing is ever lost.
 */
export const formatLoss = (loss: {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}): string => {
  const high = loss.high * 100;
  if (loss.value === 0) {
    // Rounded up to two digits: a bound that is rounded down claims too much.
    const step = high > 0 ? 10 ** (magnitude(high) - 1) : 1;
    const bound = Math.ceil(Number((high / step).toPrecision(12))) * step;
    return `0 % (at most ${fixed(bound, clamp(1 - (high > 0 ? magnitude(high) : 0)))} %)`;
  }
  const low = loss.low * 100;
  const decimals = decimalsFor(loss.value * 100, high - low);
  const print = (one: number): string => fixed(one, decimals);
  return `${print(loss.value * 100)} % [${print(low)}, ${print(high)}]`;
};

/** An upper bound of a share in percent, never rounded down: "45.1 %", "100 %". */
export const formatShareBound = (share: number): string =>
  `${fixed(Math.ceil(Number((share * 1000).toPrecision(12))) / 10, share === 1 ? 0 : 1)} %`;

/** A share of counted things in percent, which is exact: "100 %", "99.9963 %", "0.0037 %". Never rounded to all or nothing. */
export const formatShare = (percent: number): string => {
  const rest = Math.min(percent, 100 - percent);
  if (rest <= 0) return `${fixed(percent, 0)} %`;
  return `${fixed(percent, Math.max(1, clamp(1 - magnitude(rest))))} %`;
};

/** How much of something is used up, in whole percent: "41 %", "under 1 %", "163 %". */
export const formatPart = (share: number): string => {
  const percent = fixed(share * 100, 0);
  return share > 0 && percent === "0" ? "under 1 %" : `${percent} %`;
};

export const formatConfidence = (level: number): string =>
  `${fixed(level * 100, Number.isInteger(level * 100) ? 0 : 1)} %`;

/** Milliseconds as people say them: "350 ms", "43 s", "12 min 5 s", "3 h 4 min". */
export const formatDuration = (ms: number): string => {
  if (finite(ms) < 999.5) return `${fixed(ms, 0)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return join(`${minutes} min`, seconds % 60, "s");
  return join(`${group(String(Math.floor(minutes / 60)))} h`, minutes % 60, "min");
};

const join = (larger: string, rest: number, unit: string): string =>
  rest === 0 ? larger : `${larger} ${rest} ${unit}`;

/** An ISO time to the minute, in UTC whatever the reader's zone: "2026-11-22 21:28 UTC". As given where it is no time. */
export const formatTime = (iso: string): string => {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? iso : `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
};
