/** Figures inside sentences. Tables and charts format for themselves, from the unrounded figures beside the sentence. */
import type { EventRange } from "../../domain/agent.ts";
import { ALL_OPERATIONS, type Condition } from "../../domain/condition.ts";
import type { Unit } from "../../domain/units.ts";

const SIGNIFICANT = 4;

/** Four significant digits, without an exponent or trailing zeros. */
export const figure = (amount: number): string => {
  const rounded = Number(amount.toPrecision(SIGNIFICANT));
  return rounded.toLocaleString("en-US", { maximumFractionDigits: 9, useGrouping: true });
};

const TIMES = [
  { name: "s", size: 1e9 },
  { name: "ms", size: 1e6 },
  { name: "us", size: 1e3 },
  { name: "ns", size: 1 },
] as const;

export const amount = (value: number, unit: Unit): string => {
  if (unit !== "ns" && unit !== "ns/op") return `${figure(value)} ${unit}`;
  const time = TIMES.find(({ size }) => Math.abs(value) >= size) ?? { name: "ns", size: 1 };
  return `${figure(value / time.size)} ${unit.replace("ns", time.name)}`;
};

/** A difference from the baseline, with its sign: "+4.123 us/op". */
export const cost = (value: number, unit: Unit): string => `${value > 0 ? "+" : ""}${amount(value, unit)}`;

/** A ratio as a difference in percent, with its sign: 1.05 is "+5 %". */
export const percentCost = (ratio: number): string => `${ratio > 1 ? "+" : ""}${figure(100 * (ratio - 1))} %`;

export const percent = (share: number): string => `${figure(100 * share)} %`;

/** "1 block", "3 blocks". */
export const counted = (number: number, noun: string): string =>
  `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

/** "62,620", or "23,187 to 62,620" where it is known within bounds only. */
export const countRange = ({ low, high }: EventRange): string =>
  low === high ? count(low) : `${count(low)} to ${count(high)}`;

export const count = (amount: number): string => amount.toLocaleString("en-US");

export const operationTitle = (at: Pick<Condition, "scenario" | "operation">): string =>
  `${at.scenario} / ${at.operation === ALL_OPERATIONS ? "all operations" : at.operation}`;

export const operationUnderLoad = (at: Pick<Condition, "scenario" | "operation" | "load">): string =>
  `${operationTitle(at)} (${at.load})`;
