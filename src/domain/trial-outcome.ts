/** What a trial tells: CPU time, memory, noise, events; or instructions; or why it tells nothing. */
import * as z from "zod";
import { Injected } from "./agent.ts";
import { DriverResult } from "./driver.ts";
import { Failed, Skipped } from "./failure.ts";
import { StormReading } from "./beside.ts";
import { type From, addedLater } from "./schema.ts";
import { Count, Figure, NumberReading, reading } from "./units.ts";

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
export const isOfThem = ({
  operations,
  delivered,
}: {
  readonly operations: number;
  readonly delivered: number;
}) => delivered <= operations;

export const MORE_THAN_ALL = { error: "tells of more operations delivered than done" };

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
    client: z
      .object({ inWindow: Figure, afterwards: Figure })
      .exactOptional()
      .describe(
        "Of the agent's, in the program that takes its events from it. Absent where it has none, and in older records.",
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

export const TrialOutcome = z.discriminatedUnion("kind", [
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
