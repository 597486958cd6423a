/**
 * Counters in the Prometheus text format, as servers offer them on /metrics:
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format.
 */
import { missing, type Reading, value } from "../../domain/units.ts";
import { fromOneLine, inOneLine } from "./guest-shell.ts";

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?\s+(\S+)(?:\s+-?\d+)?\s*$/;
/** Each begins where the one before it ends: sought anywhere, a long name would be tried from each of its letters. */
const LABEL = /[\s,]*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"/gy;

/** The largest that is exact; no counter of events gets there. */
const MAX_COUNT = Number.MAX_SAFE_INTEGER;

interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  /** Not a number where it cannot be read as one. */
  readonly number: number;
  readonly said: string;
}

const samplesIn = (text: string): readonly Sample[] =>
  text.split("\n").flatMap((line) => {
    const [, name, labels = "", digits] = SAMPLE.exec(line) ?? [];
    if (name === undefined) return [];
    const number = Number(digits);
    const pairs = Array.from(labels.matchAll(LABEL), ([, label = "", text = ""]) => [label, text] as const);
    return [{ name, labels: new Map(pairs), number, said: digits ?? "" }];
  });

/** For a guest's shell, whose busybox has wget: the page as one line, and read again. */
export const pageInGuest = (address: string): string => inOneLine(`wget -q -O - http://${address}/metrics`);

export const pageFrom = (line: string): Reading<string> => {
  const page = fromOneLine(line);
  return samplesIn(page).length === 0 ? missing(`no metrics came: ${page.slice(0, 100)}`) : value(page);
};

/** Of a counter the samples alone whose label has one of these values. */
export interface Selected {
  readonly name: string;
  /** The label's name; several where versions name it differently. A sample without any of them counts, because it may be of the wanted kind. */
  readonly labels: readonly string[];
  readonly among?: readonly string[];
  /** Or whose label has none of these. */
  readonly except?: readonly string[];
}

export interface Wanted {
  /** Without one of these, the page is not what it is taken for. */
  readonly always: readonly string[];
  /** Appear with what they first count, as counters with labels do, so that their absence says 0. */
  readonly whenCounted: readonly (string | Selected)[];
}

const isOf = (sample: Sample, wanted: string | Selected): boolean => {
  if (typeof wanted === "string") return sample.name === wanted;
  if (sample.name !== wanted.name) return false;
  const label = wanted.labels.find((name) => sample.labels.has(name));
  if (label === undefined) return true;
  const is = sample.labels.get(label) ?? "";
  return wanted.among?.includes(is) ?? wanted.except?.includes(is) !== true;
};

export const sumOfCounters = (page: Reading<string>, wanted: Wanted): Reading<number> => {
  if (page.kind === "missing") return page;
  const samples = samplesIn(page.value);
  const absent = wanted.always.find((name) => samples.every((sample) => sample.name !== name));
  if (absent !== undefined) return missing(`its metrics have no ${absent}`);
  const all = [...wanted.always, ...wanted.whenCounted];
  const counted = samples.filter((sample) => all.some((one) => isOf(sample, one)));
  const strange = counted.find(({ number }) => !(number >= 0 && number <= MAX_COUNT));
  if (strange !== undefined) return missing(`its ${strange.name} is ${strange.said}, which is no count`);
  return value(counted.reduce((sum, { number }) => sum + number, 0));
};
