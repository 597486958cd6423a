/** `summary.json`: the whole summary, unrounded. Its schema is `summary.schema.json` beside this file. */
import type { Summary } from "../domain/verdict.ts";

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const ordered = (path: string, value: unknown): unknown => {
  if (typeof value === "number" && !Number.isFinite(value)) {
    // JSON would turn it into null, which means "too few blocks" here.
    throw new RangeError(`${path} is ${value}: a missing figure must be null`);
  }
  if (Array.isArray(value)) return value.map((item, index) => ordered(`${path}[${index}]`, item));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
      .map(([key, item]) => [key, ordered(`${path}.${key}`, item)]),
  );
};

/**
 * Keys are sorted at every level, so that two summaries can be compared line by line.
 *
 * @throws RangeError naming the field that holds NaN or an infinity
 */
export const renderSummaryJson = (summary: Summary): string => renderJson("summary", summary);

/** Anything else of ours, in the same way; `name` stands in the error. */
export const renderJson = (name: string, content: unknown): string =>
  `${JSON.stringify(ordered(name, content), null, 2)}\n`;
