/**
 * Counters in the Prometheus text format, as servers offer them on /metrics:
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format.
 */
import type { Reading } from "../../domain/units.ts";
import { missing, value } from "../../domain/units.ts";

/** A name, labels that may hold anything between quotes, a number, a time that nobody asks for. */
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?\s+(\S+)(?:\s+-?\d+)?\s*$/;

/** Sum of each counter over its labels. */
export const countersIn = (text: string): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, number] = SAMPLE.exec(line) ?? [];
    const sample = Number(number);
    if (name !== undefined && !Number.isNaN(sample)) sums.set(name, (sums.get(name) ?? 0) + sample);
  }
  return sums;
};

export interface Wanted {
  /** Without one of these, the page is not what it is taken for. */
  readonly always: readonly string[];
  /** Appear with what they first count, as counters with labels do, so that their absence says 0. */
  readonly whenCounted: readonly string[];
}

/** The sum of all wanted counters; `missing` when one that must be there is not. */
export const sumOfCounters = (page: Reading<string>, wanted: Wanted): Reading<number> => {
  if (page.kind === "missing") return page;
  const counters = countersIn(page.value);
  const absent = wanted.always.find((name) => !counters.has(name));
  if (absent !== undefined) return missing(`its metrics have no ${absent}`);
  const names = [...wanted.always, ...wanted.whenCounted];
  return value(names.reduce((sum, name) => sum + (counters.get(name) ?? 0), 0));
};
