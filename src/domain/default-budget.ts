/**
 * What a sensor may cost where its user declares no budget: a share of a busy node, divided among what that node does
 * (docs/budgets.md argues both). Doses of known costs are scaled to it.
 */
import { MAX_LOSS_BY_DEFAULT } from "./limits.ts";
import type { PlainFamily } from "./units.ts";

/** CPUs that all of it may take together. */
export const BUSY_NODE_CORES = 0.2;

export interface NodeWork {
  /** What the node does so often, in words. */
  readonly what: string;
  readonly perSecond: number;
  /** CPU time of the whole node that a sensor may add to one of them. */
  readonly limitNs: number;
}

/** By scenario. Of an operation, its rate times its limit is its share of `BUSY_NODE_CORES`. */
export const BUSY_NODE = {
  "process-exec": { what: "process starts", perSecond: 400, limitNs: 50_000 },
  "file-open": { what: "file opens", perSecond: 20_000, limitNs: 5_000 },
  "network-connect": { what: "TCP connections", perSecond: 3_000, limitNs: 10_000 },
  "syscall-tax": { what: "other system calls", perSecond: 500_000, limitNs: 100 },
} as const satisfies Record<string, NodeWork>;

/** Percent of the operations that may never show in a sensor's output. */
export const LOSS_PERCENT = 100 * MAX_LOSS_BY_DEFAULT;

export const FAMILY_LIMIT_NS: Readonly<Record<PlainFamily, number>> = {
  exec: BUSY_NODE["process-exec"].limitNs,
  file: BUSY_NODE["file-open"].limitNs,
  network: BUSY_NODE["network-connect"].limitNs,
};
