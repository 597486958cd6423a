/**
 * The record: JSON Lines, one line as soon as a thing is known, each fsynced. Everything after it can be redone from it alone.
 *
 * Each line carries `digest`: the SHA-256 (hex) of the previous line's digest followed by the line's own JSON without `digest`,
 * so a changed, missing or reordered line is found and named.
 *
 * Schema versions
 *   1  first
 *   2  overflow lines
 *   3  the warm-up is in no figure; the node's clock, what helpers and the node did up to the end of the drain, mapped BPF maps, crashes
 *
 * Fields that came later without a version of their own, and what a record that lacks them gets instead, are in
 * `src/record/migrate.ts`: the types here are those of a record that has been read.
 */
import * as z from "zod";
import { AgentRole, CountedLosses, DesignGap, Injected, Injects, Overload } from "./agent.ts";
import { Claimed } from "./claim.ts";
import { ClusterNode } from "./cluster-node.ts";
import { Counting } from "./counting.ts";
import { DriverResult, Histogram } from "./driver.ts";
import { Emulation } from "./emulation.ts";
import { Failed, Skipped } from "./failure.ts";
import { CpuPlacement, Outside, Plan } from "./plan.ts";
import { Beside, StormReading } from "./beside.ts";
import { ScalePoint } from "./scale.ts";
import { Load } from "./scenario.ts";
import { type From, addedLater } from "./schema.ts";
import { Sink } from "./sink.ts";
import { TeamPolicy } from "./team-policy.ts";
import { LoadLine } from "./under-load.ts";
import { WatchLine } from "./watch.ts";
import { HeldWishes } from "./wish.ts";
import { Count, Family, Figure, NumberReading, TextReading, Time, reading } from "./units.ts";

export const RECORD_SCHEMA = 3;
/** Bumped whenever a change of method makes figures incomparable with older ones; see CHANGELOG "method changed". */
export const METHOD = "tare-2026.2";

const Settings = z.record(z.string(), z.string());

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

const TurnOutcome = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("started"),
    readyMs: Figure,
    stopMs: Figure,
    settings: Settings,
    loneEventMs: NumberReading.exactOptional().describe(
      "How long an operation that was alone took until it was in the agent's output, milliseconds; absent where none was tried, and in records from before it was.",
    ),
    startCpuNs: NumberReading.exactOptional().describe(
      "CPU time of the agent from its start until it had shown a first event; absent where nobody asked how it grows.",
    ),
  }),
  Failed,
]);
export type TurnOutcome = From<typeof TurnOutcome>;

const Foreign = z
  .array(z.string())
  .exactOptional()
  .describe(
    "What came to the node meanwhile and belongs to a program that tare did not start; absent: nothing.",
  );

export const TurnLine = z
  .object({
    type: z.literal("turn"),
    block: Count,
    turn: Count,
    agent: z.string(),
    scale: ScalePoint.exactOptional().describe("The size of the node; absent: as it is."),
    outcome: TurnOutcome,
    wishes: HeldWishes.exactOptional(),
    leftovers: z
      .array(z.string())
      .describe(
        "What was still on the node after the stop, or could not be undone; empty is what it should be.",
      ),
    foreign: Foreign,
    endedAt: Time,
  })
  .describe("One start and stop of an agent.");
export type TurnLine = From<typeof TurnLine>;

/** What told how long the node's CPUs were busy, best first (src/observe/node-clock.ts). */
export const NodeClock = z
  .enum(["cpuacct", "schedstat", "ticks"])
  .describe(
    "`cpuacct`: the scheduler's nanoseconds, by the root cgroup. `schedstat`: the same by CPU, counted when a task leaves it. `ticks`: wall time minus the idle, iowait and steal ticks of /proc/stat, 10 ms each.",
  );
export type NodeClock = From<typeof NodeClock>;

const NanosecondsByName = z.record(z.string(), Figure);

const CpuReading = z
  .object({
    windowNs: Figure.gt(0),
    clock: addedLater(NodeClock),
    systemBusyNs: NumberReading.describe("All CPUs, without idle, iowait and steal."),
    agentNs: NumberReading,
    agentDrainNs: NumberReading.describe(
      "The agent's CPU after the window until it was at rest: work that the window caused and did not pay.",
    ),
    harnessNs: NumberReading.describe("The harness itself, which should sleep; not part of `systemBusyNs`."),
    helpersNs: NanosecondsByName.describe(
      "Kernel threads and daemons that work for an agent (kauditd, journald ...), by name.",
    ),
    helpersDrainNs: addedLater(reading(NanosecondsByName)).describe(
      "The same after the window, until the agent was at rest.",
    ),
    nodeDrainNs: addedLater(NumberReading).describe(
      "All CPUs after the window until the agent was at rest, without the harness. Shown, and part of no cost: the node has work of its own.",
    ),
  })
  .describe("CPU time in nanoseconds over the window, read by the driver at its very edges.");

const MemoryReading = z.object({
  pssBytes: NumberReading.describe("Proportional set size of the agent's processes, bytes."),
  peakBytes: NumberReading.describe(
    "Peak of the agent's cgroup in this trial; `missing` where an older peak hides it.",
  ),
  bpfMapBytes: NumberReading,
  bpfMapMappedBytes: addedLater(NumberReading).describe(
    "Of `bpfMapBytes`, what the agent's processes have mapped, as they do ring buffers: it is in `pssBytes` already.",
  ),
});
export type MemoryReading = From<typeof MemoryReading>;

const beforeAndAfter = z.tuple([Figure, Figure]);

const NoiseReading = z
  .object({
    stealPercent: NumberReading.describe("Share of the window's CPU time stolen by the hypervisor, percent."),
    cpuPressurePercent: NumberReading.describe(
      "Share of the window in which some task waited for a CPU, percent.",
    ),
    othersCores: NumberReading.exactOptional().describe(
      "CPUs that others kept busy: all but workload, agent, what works for it in the kernel and for its log, and tare. Absent in records from before it.",
    ),
    wallOverCpu: Figure.describe("Wall over CPU time of the workload."),
    spinNs: beforeAndAfter.describe("The pure user loop around the window, nanoseconds."),
    syscallNs: beforeAndAfter,
    involuntarySwitches: Count,
  })
  .describe("What disturbed the trial from outside. Judged without looking at the effect.");
export type NoiseReading = From<typeof NoiseReading>;

const NotObserved = z
  .enum(["no-events", "by-design", "not-counted", "cut"])
  .describe(
    "`no-events`: the scenario raises none, whatever the agent. `by-design`: the agent does not observe them. `not-counted`: it may observe them, and nothing that it writes tells of them. `cut`: the harness cut off what it had written, so that its loss cannot be known.",
  );
export type NotObserved = From<typeof NotObserved>;

const TechniqueReading = z
  .object({
    kind: z.string(),
    operations: Count,
    delivered: NumberReading.describe(
      "`missing` where the agent is not asked for this kind, with the reason.",
    ),
  })
  .describe("One kind of a scenario's operations.");
export type TechniqueReading = From<typeof TechniqueReading>;

/** Distinct operations, of those that there were. */
const isOfThem = ({ operations, delivered }: { readonly operations: number; readonly delivered: number }) =>
  delivered <= operations;
const MORE_THAN_ALL = { error: "tells of more operations delivered than done" };

const LedgerReading = z.discriminatedUnion("kind", [
  z
    .object({
      kind: z.literal("counted"),
      operations: Count.describe(
        "Operations by the workload's own count, of the kinds that the agent is asked for.",
      ),
      delivered: Count.describe("Distinct tokens of the window found in the agent's output."),
      kinds: z
        .array(TechniqueReading)
        .exactOptional()
        .describe(
          "The same for each kind of operation, where the scenario has several and the agent tells operations apart.",
        ),
      duplicates: Count.describe("Further sightings of a token already seen."),
      declaredLost: NumberReading.describe("Lost by the agent's own counters during this trial."),
      drainMs: Figure.describe("How long after the window operations still came in, milliseconds."),
      drained: z.boolean().describe("False when they still came in when the harness stopped waiting."),
    })
    .refine(isOfThem, MORE_THAN_ALL),
  z.object({ kind: z.literal("not-observed"), why: z.string(), cause: addedLater(NotObserved) }),
]);
export type LedgerReading = From<typeof LedgerReading>;

const Phases = z
  .object({
    silent: NumberReading.describe(
      "Median of single operations while its hooks are in place and it has nothing to report.",
    ),
    unread: NumberReading.describe(
      "The same while its processes are frozen: events are made, and nobody takes them.",
    ),
    programs: NumberReading.describe(
      "In its BPF programs for one operation, mean, by the kernel's own account (bpf_stats).",
    ),
  })
  .describe(
    "Of an agent's trial: the same workload in little, to tell what is done where. Absent in older records.",
  );

const CountedOutcome = z
  .object({
    kind: z.literal("counted"),
    operation: z.string(),
    operations: Count.describe("Done in the window by the workload's own count."),
    instructions: Figure.describe(
      "All that the CPU did from the window's beginning to its end, for whomever; without the driver's own loops between the operations and its work at the edges.",
    ),
    workload: Figure.describe(
      "Of these, in the processes that do the operations, with what an agent does in their system calls; and the reading of their clocks.",
    ),
    agent: NumberReading.describe("Of these, in the agent's processes. Told in thousands."),
    agentAfterwards: NumberReading.describe(
      "In the agent's processes after the window, beyond what they take in as long a time without events.",
    ),
    kernelThreads: z.record(z.string(), Figure).describe("By name, in the window."),
    kernelThreadsAfterwards: z.record(z.string(), Figure).describe("The same as for the agent."),
    median: NumberReading.describe("Of single operations."),
    phases: Phases.exactOptional(),
    switches: NumberReading.describe(
      "How often the agent's threads were put on the CPU in the window: by event or in batches.",
    ),
    ledger: LedgerReading,
    outputBytes: NumberReading.describe("Of the agent's whole turn."),
  })
  .describe("Instructions, not time.");
export type CountedOutcome = From<typeof CountedOutcome>;

const TrialOutcome = z.discriminatedUnion("kind", [
  CountedOutcome,
  z.object({
    kind: z.literal("measured"),
    driver: DriverResult.omit({ snapshots: true }),
    cpu: CpuReading,
    memory: MemoryReading,
    noise: NoiseReading,
    ledger: LedgerReading,
    outputBytes: NumberReading,
    events: NumberReading.exactOptional().describe(
      "Events that it wrote, of whichever process, from before the window until it was at rest; absent for an agent that is no team's own policy.",
    ),
    storm: StormReading.exactOptional().describe("Absent where none was beside the workload."),
    injected: reading(Injected)
      .nullable()
      .describe("What a calibration agent truly did in this trial; null for every other agent."),
    defects: z
      .array(z.string())
      .describe("Anything that makes the trial doubtful without making it void, worded for people."),
  }),
  z.object({ ...Skipped.shape, hint: z.string() }),
  Failed,
]);
export type TrialOutcome = From<typeof TrialOutcome>;
/** Of a run on a node, which counts no instructions. */
export type TimedOutcome = Exclude<TrialOutcome, { readonly kind: "counted" }>;

export const TrialLine = z.object({
  type: z.literal("trial"),
  id: z.string(),
  block: Count,
  turn: Count,
  agent: z.string(),
  baseline: z.literal([1, 2, null]),
  scenario: z.string(),
  load: Load,
  placement: CpuPlacement,
  beside: Beside.exactOptional().describe("As in the plan."),
  scale: ScalePoint.exactOptional().describe("As in the plan."),
  attempt: Count.describe("1, or 2 and 3 for a trial that was done again in the same slot because of noise."),
  rejected: z
    .string()
    .nullable()
    .describe(
      "Why this attempt was given up for another one, from noise readings alone; null for the attempt that counts.",
    ),
  wishes: HeldWishes.exactOptional(),
  startedAt: Time,
  outcome: TrialOutcome,
});
export type TrialLine = From<typeof TrialLine>;

export const BlockLine = z
  .object({ type: z.literal("block"), block: Count, durationMs: Figure })
  .describe("Blocks whose turns all ran, so that an interrupted run resumes after the last of them.");

const BackpressureOutcome = z.discriminatedUnion("kind", [
  z
    .object({
      kind: z.literal("measured"),
      settings: Settings.describe("Of the agent with its smallest buffers."),
      operations: Count,
      delivered: Count,
      duplicates: Count,
      declaredLost: NumberReading,
      drainMs: Figure,
      drained: z.boolean(),
      stoppedMs: Figure.describe("How long the readers were stopped, milliseconds."),
      continued: z
        .enum(["window-over", "no-progress", "time-limit"])
        .describe(
          "Why they were continued: all operations were done, the workload no longer got on, or it took too long in all.",
        ),
      windowNs: Figure.gt(0),
      service: Histogram.describe("Time of each operation."),
      grownBytes: NumberReading.exactOptional().describe(
        "By how much its cgroup's memory had grown when they were continued, without pages of files (in older records: its peak, with them); absent where it was not asked.",
      ),
    })
    .refine(isOfThem, MORE_THAN_ALL),
  Skipped,
  Failed,
]);
export type BackpressureOutcome = From<typeof BackpressureOutcome>;

export const BackpressureLine = z
  .object({
    type: z.literal("overflow"),
    id: z.string(),
    agent: z.string(),
    scenario: z.string(),
    load: Load,
    outside: Outside.exactOptional().describe("As in the plan."),
    wishes: HeldWishes.exactOptional(),
    startedAt: Time,
    outcome: BackpressureOutcome,
    leftovers: z.array(z.string()).describe("As in a turn."),
    foreign: Foreign,
  })
  .describe("What an agent did when its readers were stopped and its buffers had to overflow. Never a cost.");
export type BackpressureLine = From<typeof BackpressureLine>;

const TechniqueTried = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("tried"),
    technique: z.string(),
    times: Count.describe("Operations that were done."),
    right: Count.describe("Of these, those of which it told `right`."),
    otherwise: Count,
    claimed: Claimed,
    claim: z.string().nullable().describe("What its data sheet says of it; null: nothing of its own."),
    example: z.string().exactOptional().describe("The first report that was otherwise; absent: none was."),
  }),
  z.object({
    kind: z.literal("skipped"),
    technique: z.string(),
    reason: z
      .string()
      .describe("Why this node cannot do it, or nothing that the agent hands out tells of it."),
  }),
]);
export type TechniqueTried = From<typeof TechniqueTried>;

const CoverageOutcome = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("tried"),
    settings: Settings,
    techniques: z.array(TechniqueTried),
    lost: z.number().exactOptional().describe("What the agent counted as lost meanwhile; absent: not known."),
  }),
  Skipped,
  Failed,
]);
export type CoverageOutcome = From<typeof CoverageOutcome>;

export const CoverageLine = z
  .object({
    type: z.literal("coverage"),
    id: z.string(),
    agent: z.string(),
    wishes: HeldWishes.exactOptional(),
    startedAt: Time,
    outcome: CoverageOutcome,
    leftovers: z.array(z.string()).describe("As in a turn."),
    foreign: Foreign,
  })
  .describe("What an agent told of each technique that was tried under it. Never a cost.");
export type CoverageLine = From<typeof CoverageLine>;

export const ResumeLine = z.object({
  type: z.literal("resume"),
  resumedAt: Time,
  block: Count.describe(
    "The block that is run again from its start: turns and trials of it above this line are superseded.",
  ),
  host: HostFingerprint,
});
export type ResumeLine = From<typeof ResumeLine>;

export const VoidLine = z
  .object({
    type: z.literal("void"),
    agent: z.string().describe("As in a wish."),
    wish: Count.describe("What was measured under it is in no figure."),
    why: z.string(),
    saidAt: Time,
  })
  .describe(
    "Who was to keep an agent off or on says that it was not so. Behind all other lines, by whom the record was collected.",
  );
export type VoidLine = From<typeof VoidLine>;

export const EndLine = z.object({
  type: z.literal("end"),
  endedAt: Time,
  reason: z
    .enum(["complete", "time-budget", "precise-enough"])
    .describe("`precise-enough`: the variance of the pilot asked for no more blocks than these."),
  blocks: Count,
});
export type EndLine = From<typeof EndLine>;

export const RecordLine = z.discriminatedUnion("type", [
  Header,
  TurnLine,
  TrialLine,
  BlockLine,
  BackpressureLine,
  LoadLine,
  CoverageLine,
  WatchLine,
  ResumeLine,
  EndLine,
  VoidLine,
]);
export type RecordLine = From<typeof RecordLine>;

export type Roles = readonly Pick<AgentStatus, "id" | "role" | "injects">[];

export const isCalibration = (agents: Roles, id: string): boolean =>
  agents.some((agent) => agent.id === id && agent.role === "calibration");

/** Undefined for every agent that is not there to be measured for what it injects. */
export const injectedBy = (agents: Roles, id: string): Injects | undefined =>
  agents.find((agent) => agent.id === id)?.injects;
