/**
 * The budget that is declared when the user declares none, so that a first run has something to be judged by.
 * Deliberately in absolute terms: a percentage of a 1 us operation says little about a node. Every output names it as tare's default.
 */
import type { Budget } from "../domain/plan.ts";

export const DEFAULT_BUDGET_SOURCE = "tare's default (declare your own with --budget FILE)";

export const DEFAULT_BUDGET: readonly Budget[] = [
  { scenario: "process-exec", metric: "workload-cpu", limit: { kind: "absolute", value: 50_000 } },
  { scenario: "file-open", metric: "workload-cpu", limit: { kind: "absolute", value: 2_000 } },
  { scenario: "network-connect", metric: "workload-cpu", limit: { kind: "absolute", value: 5_000 } },
  { scenario: "syscall-tax", metric: "workload-cpu", limit: { kind: "absolute", value: 100 } },
  { scenario: "*", metric: "loss", limit: { kind: "percent", percent: 0.1 } },
];
