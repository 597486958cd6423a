/** What a session is given: the node behind its port, what there is to measure, and a listener. It knows no terminal. */
import type { Agent } from "../domain/agent.ts";
import type { ToldOfNode } from "../domain/cluster-node.ts";
import type { Host } from "../domain/host.ts";
import type { Plan } from "../domain/plan.ts";
import type { RecordLine } from "../domain/record.ts";
import type { AgentStatus } from "../domain/run-header.ts";
import type { Scenario } from "../domain/scenario.ts";
import type { Reading } from "../domain/units.ts";
import type { HeldWish, Wishes } from "../domain/wish.ts";
import type { RunEvent } from "../run/context.ts";
import type { RunOutcome } from "../run/run-plan.ts";

export interface Session {
  readonly host: Host;
  readonly journalDirectory: string;
  /** The host's clock when the command began. */
  readonly startedMs: number;
  agents(): Promise<ReadonlyMap<string, Agent>>;
  scenarios(): Promise<ReadonlyMap<string, Scenario>>;
  readonly tell: (event: SessionEvent) => void;
  /** What is otherwise in a pod of a cluster; absent: it is none. */
  readonly pod?: PodSetting;
}

export interface PodSetting {
  /** Who stops and starts the cluster's agents. */
  readonly wishes: Wishes;
  /** Of each agent the one that was fulfilled last and that holds while the agent of this id is measured, or the baseline. */
  readonly held: (id: string) => readonly HeldWish[];
  /** Where this node has the logs of its pods. */
  readonly podLogs: string;
  /** For what is written, on the node's own disk: the root may be read-only. */
  readonly workFolder: string;
  /** Below the mount point, the pod's own control group: what tare makes lies below it, and the workload in it. Empty: not found. */
  readonly controlGroup: string;
  readonly told: ToldOfNode;
  /** Pods with a process on the node, before anything was changed. */
  readonly pods: Reading<number>;
  /** Called with each line of the record once it is on disk. */
  readonly recorded: (line: RecordLine, text: string) => void;
}

export type SessionEvent =
  /** What a killed run left was undone. */
  | {
      readonly kind: "cleaned";
      readonly journal: string;
      readonly undone: readonly string[];
      /** Of its record, where it had begun one. */
      readonly folder: string | undefined;
    }
  /** Audit belonged to a process that is dead, and belongs to nobody now. */
  | { readonly kind: "audit-freed"; readonly pid: number }
  /** Something could not be put back as it was. */
  | { readonly kind: "left"; readonly problem: string }
  /** A record's file is not as it was written. */
  | { readonly kind: "damaged"; readonly path: string; readonly line: number; readonly why: string }
  /** Of several records one cannot be read; the others are reported without it. */
  | { readonly kind: "unread"; readonly path: string; readonly why: string }
  /** The run's folder was removed under the run; it has been made again, with the record so far. */
  | { readonly kind: "removed"; readonly folder: string }
  /** A team's own policy: what of it is not followed, and how many rules are measured together only. */
  | {
      readonly kind: "policy";
      readonly of: string;
      readonly leftOut: readonly string[];
      readonly together?: number;
    }
  /** The time has room for fewer blocks than intervals take, which so many seconds would have. */
  | {
      readonly kind: "few-blocks";
      readonly fitting: number;
      readonly least: number;
      readonly seconds: number;
      /** Than the 99.9th percentile of a service takes. */
      readonly tails?: true;
    }
  /** What is done in any case takes more than the time budget. */
  | { readonly kind: "short-budget"; readonly seconds: number }
  /** A workload that this node cannot run; its trials are skipped. */
  | {
      readonly kind: "scenario-skipped";
      readonly scenario: string;
      readonly reason: string;
      readonly hint: string;
    }
  | { readonly kind: "service-stopped"; readonly title: string }
  | {
      readonly kind: "started";
      readonly plan: Plan;
      readonly statuses: readonly AgentStatus[];
      /** Agents that take part only when they are named, and were not. */
      readonly leftOut: readonly string[];
      readonly forecastSeconds: number;
    }
  | { readonly kind: "resumed"; readonly plan: Plan; readonly firstBlock: number }
  | { readonly kind: "measuring"; readonly plan: Plan; readonly emulated: boolean }
  | { readonly kind: "progress"; readonly event: RunEvent }
  | { readonly kind: "interrupted"; readonly signal: string }
  /** Something else than an interruption stopped a run that has a record. */
  | { readonly kind: "kept"; readonly folder: string }
  /** Ctrl-C again. */
  | { readonly kind: "hurried" }
  | { readonly kind: "measured"; readonly outcome: RunOutcome; readonly planned: number };
