/** The agents and operations that the built data are about. */
import type { Load } from "../../../../src/domain/scenario.ts";
import type { Family } from "../../../../src/domain/units.ts";

export interface AgentModel {
  readonly id: string;
  readonly title: string;
  readonly observes: readonly Family[];
  /** Cost on the workload's CPU time, as a share of the operation. */
  readonly weight: number;
  readonly memoryMib: number;
  /** Share of events that is lost, and the part of it that the agent declares. */
  readonly loss: number;
  readonly declares: number | null;
}

export interface OperationModel {
  readonly scenario: string;
  readonly operation: string;
  readonly family: Family | undefined;
  readonly load: Load;
  readonly baseNs: number;
  readonly operations: number;
}

export const AGENTS: readonly AgentModel[] = [
  {
    id: "sensor",
    title: "tare's own eBPF sensor",
    observes: ["exec", "file", "network"],
    weight: 0.012,
    memoryMib: 3.1,
    loss: 0,
    declares: 1,
  },
  {
    id: "auditd",
    title: "Linux audit (auditd)",
    observes: ["exec", "file", "network"],
    weight: 0.19,
    memoryMib: 5.6,
    loss: 0,
    declares: 1,
  },
  {
    id: "bpftrace",
    title: "bpftrace script",
    observes: ["exec", "file", "network"],
    weight: 0.045,
    memoryMib: 92.4,
    loss: 0.004,
    declares: 1,
  },
  {
    id: "execsnoop",
    title: "execsnoop (libbpf-tools)",
    observes: ["exec"],
    weight: 0.021,
    memoryMib: 7.9,
    loss: 0,
    declares: 1,
  },
  {
    id: "opensnoop",
    title: "opensnoop (libbpf-tools)",
    observes: ["file"],
    weight: 0.038,
    memoryMib: 7.7,
    loss: 0.174,
    declares: null,
  },
];

const closed = (batches: number, batchOperations: number): Load => ({
  kind: "closed",
  batches,
  batchOperations,
  warmupOperations: 100,
});
const open = (ratePerSecond: number): Load => ({
  kind: "open",
  ratePerSecond,
  batches: 10,
  batchOperations: 200,
  warmupOperations: 50,
});

export const OPERATIONS: readonly OperationModel[] = [
  {
    scenario: "process-exec",
    operation: "exec",
    family: "exec",
    load: closed(10, 200),
    baseNs: 612_000,
    operations: 24_000,
  },
  {
    scenario: "file-open",
    operation: "open",
    family: "file",
    load: closed(20, 1000),
    baseNs: 2_150,
    operations: 240_000,
  },
  {
    scenario: "file-open",
    operation: "open",
    family: "file",
    load: open(500),
    baseNs: 6_900,
    operations: 24_000,
  },
  {
    scenario: "network-connect",
    operation: "connect",
    family: "network",
    load: closed(20, 500),
    baseNs: 38_400,
    operations: 120_000,
  },
  {
    scenario: "syscall-tax",
    operation: "getppid",
    family: undefined,
    load: closed(20, 20_000),
    baseNs: 118,
    operations: 4_800_000,
  },
  {
    scenario: "node-service",
    operation: "spawn",
    family: undefined,
    load: closed(10, 50),
    baseNs: 2_910_000,
    operations: 6_000,
  },
  {
    scenario: "node-service",
    operation: "read-file",
    family: undefined,
    load: closed(10, 500),
    baseNs: 71_200,
    operations: 60_000,
  },
  {
    scenario: "node-service",
    operation: "http",
    family: undefined,
    load: closed(10, 200),
    baseNs: 248_000,
    operations: 24_000,
  },
];
