/** What a record begins with: the plan, the node, the agents that it is about. */
import * as z from "zod";
import { AgentRole, CountedLosses, DesignGap, Injects, Overload } from "./agent.ts";
import { ClusterNode } from "./cluster-node.ts";
import { Counting } from "./counting.ts";
import { Emulation } from "./emulation.ts";
import { Plan } from "./plan.ts";
import { type From, addedLater } from "./schema.ts";
import { Sink } from "./sink.ts";
import { TeamPolicy } from "./team-policy.ts";
import { Count, Family, Figure, NumberReading, TextReading, Time } from "./units.ts";

export const RECORD_SCHEMA = 3;

/** Bumped whenever a change of method makes figures incomparable with older ones; see CHANGELOG "method changed". */
export const METHOD = "tare-2026.2";

export const HostFingerprint = z
  .object({
    hostname: z.string(),
    machineIdHash: TextReading,
    arch: z.string(),
    kernel: z.string(),
    distribution: z.string(),
    cpuModel: z.string(),
    cpus: Count,
    possibleCpus: TextReading,
    onlineCpus: TextReading.exactOptional().describe(
      "Of the whole node; `cpus` are those that the run could use. Absent in records from before it.",
    ),
    memoryBytes: Figure,
    pageSize: NumberReading,
    virtualisation: z.string(),
    emulated: z
      .boolean()
      .describe(
        "True under full CPU emulation: figures are functional only. False where instructions are counted, which an emulated CPU does exactly.",
      ),
    emulation: Emulation.exactOptional().describe(
      "On what `emulated` rests, and whether it could be told at all; absent in records from before it was asked.",
    ),
    cgroup: z.enum(["v1", "v2", "none"]),
    clocksource: TextReading,
    governor: TextReading,
    mitigations: TextReading,
    workloadCore: TextReading.exactOptional().describe(
      "The CPUs of the core on which pinned workloads run, as the kernel lists them; absent in records from before it was asked.",
    ),
    seccomp: TextReading.exactOptional().describe(
      "Of tare and so of its workloads: off, strict or filter. A filter costs every system call. Absent in records from before it was asked.",
    ),
    kubernetes: ClusterNode.exactOptional().describe(
      "Absent where it was not measured from a cluster's pod.",
    ),
    node: z.string(),
    bootId: TextReading,
  })
  .meta({ id: "host", description: "The node that was measured." });
export type HostFingerprint = From<typeof HostFingerprint>;

export const AgentStatus = z
  .object({
    id: z.string(),
    title: z.string(),
    role: addedLater(AgentRole),
    injects: Injects.exactOptional().describe('Only where `role` is "calibration".'),
    status: z.enum(["measured", "skipped"]),
    version: z.string().nullable(),
    reason: z.string().nullable().describe("Why it was skipped."),
    hint: z.string().nullable().describe("What to do about it."),
    observes: z.array(Family),
    blindSpots: z.array(z.string()),
    overload: Overload.exactOptional().describe(
      "What its data sheet says of it when it cannot keep up; absent in records that did not ask.",
    ),
    knob: z
      .string()
      .exactOptional()
      .describe(
        "Its setting that decides how many events it can hold; absent: it has none, or none is known.",
      ),
    lossCounter: CountedLosses.exactOptional().describe("Absent: it has no counter of losses."),
    policy: TeamPolicy.exactOptional().describe(
      "Absent: what it watches for is tare's choice, or its owner's.",
    ),
    sink: Sink.exactOptional().describe("Absent: it is not compared with variants that export otherwise."),
    named: z
      .literal(true)
      .exactOptional()
      .describe(
        "The user named it, so that a run without it has not done what it was asked; absent: not named.",
      ),
    blindTo: z
      .array(z.object({ ...DesignGap.shape, scenario: z.string() }))
      .exactOptional()
      .describe(
        "Scenarios of the plan of which it does not see every event by design; absent: it sees all that it observes.",
      ),
  })
  .meta({ id: "agent" });
export type AgentStatus = From<typeof AgentStatus>;

export const Header = z
  .object({
    type: z.literal("header"),
    schema: z.literal([1, 2, RECORD_SCHEMA]),
    method: z.string(),
    tool: z.object({ name: z.literal("tare"), version: z.string(), commit: TextReading }),
    run: z.string(),
    startedAt: Time,
    command: z.array(z.string()),
    plan: Plan,
    host: HostFingerprint,
    agents: z.array(AgentStatus),
    foreignSensors: z
      .array(z.string())
      .min(1)
      .exactOptional()
      .describe("Other sensors that were on the node from the start (`--allow-foreign`); absent: none."),
    counting: Counting.exactOptional().describe(
      "Where instructions were counted in place of time; absent: time was measured.",
    ),
    notMeasurable: z
      .array(z.string())
      .describe(
        'Capabilities that this node lacks, worded for people: "hardware counters: not measurable here (...)".',
      ),
  })
  .describe("The first line: what was planned, and where it ran.");
export type Header = From<typeof Header>;

export type Roles = readonly Pick<AgentStatus, "id" | "role" | "injects">[];

export const isCalibration = (agents: Roles, id: string): boolean =>
  agents.some((agent) => agent.id === id && agent.role === "calibration");

/** Undefined for every agent that is not there to be measured for what it injects. */
export const injectedBy = (agents: Roles, id: string): Injects | undefined =>
  agents.find((agent) => agent.id === id)?.injects;
