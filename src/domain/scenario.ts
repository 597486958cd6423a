/** A workload: operations that the driver performs, times and counts itself. */
import type { Family } from "./units.ts";

/** The shape of the offered load. Results of different loads are never mixed. */
export type Load =
  | {
      readonly kind: "closed";
      readonly batches: number;
      readonly batchOperations: number;
      readonly warmupOperations: number;
    }
  /** Operations start at their intended time whether or not earlier ones are done; response time counts from there. */
  | {
      readonly kind: "open";
      readonly ratePerSecond: number;
      readonly batches: number;
      readonly batchOperations: number;
      readonly warmupOperations: number;
    };

/** The load's name in every output: `closed`, `open@500/s`. */
export const loadName = (load: Load): string => {
  switch (load.kind) {
    case "closed":
      return "closed";
    case "open":
      return `open@${load.ratePerSecond}/s`;
  }
};

export const operationsOf = (load: Load): number => load.batches * load.batchOperations;

/** How much a profile asks of a scenario: the smallest that still gives honest batches, or more. */
export type Size = "small" | "medium" | "large";

export interface Scenario {
  /** Same as the file's name. */
  readonly id: string;
  readonly title: string;
  /** One sentence: what one operation is. */
  readonly summary: string;
  /** The family whose events it raises and counts in the ledger; undefined when nothing is to be observed. */
  readonly family: Family | undefined;
  /** Names of the operations that it times; one for native loops. */
  readonly operations: readonly string[];
  /** How it is driven: a C program below `build/scenarios/`, or a TypeScript module run by Node in a process of its own. */
  readonly driver:
    | { readonly kind: "native"; readonly program: string }
    | { readonly kind: "tinybench"; readonly module: string };
  loads(size: Size): readonly Load[];
}

export const defineScenario = (scenario: Scenario): Scenario => scenario;
