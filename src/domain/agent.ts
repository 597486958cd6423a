/**
 * A runtime-security sensor, described so that its file reads like a data sheet: what it observes, how it starts,
 * how its output names an event, what it reports of its losses.
 *
 * An agent starts things through `context` only. The run undoes everything that was started or changed there, last in, first out,
 * so there is no stop function to forget: how to stop is part of how to start.
 */
import * as z from "zod";
import type { Claim } from "./claim.ts";
import type { EffectScope, Host, HostProcess, StartSpec, StopProcedure } from "./host.ts";
import type { Plan } from "./plan.ts";
import type { Emission } from "./scenario.ts";
import type { From } from "./schema.ts";
import type { Sink } from "./sink.ts";
import type { TeamPolicy } from "./team-policy.ts";
import type { BufferFactor } from "./under-load.ts";
import type { Telling } from "./telling.ts";
import { Count, type Family, type Reading } from "./units.ts";

export type Probe =
  | { readonly kind: "available"; readonly version: string; readonly path: string }
  | { readonly kind: "unavailable"; readonly reason: string; readonly hint: string };

/**
 * How an operation's token appears in the agent's output (see `docs/driver-protocol.md` for tokens).
 * A line counts once however often it repeats the token.
 */
export type TokenForm =
  /** The token as text: `TK-<trial>-<operation>` in an argument, `TK-<trial>/<operation>` in a path. */
  | { readonly kind: "text" }
  /** The same text as upper-case hexadecimal digits, as audit writes whole command lines. */
  | { readonly kind: "hex" }
  /** A dotted IPv4 address straight after `before`. */
  | { readonly kind: "ipv4"; readonly before: string }
  /** A hexadecimal sockaddr_in straight after `before`: family, port, address, as audit writes it. */
  | { readonly kind: "sockaddr"; readonly before: string }
  /**
   * No token: a line that holds all of these texts is one operation, but not known which. For agents that name only what all operations have in
   * common; the texts have to be such that nothing but the workload's operations causes them. An inner list matches if any of its texts does.
   * With `bytes`, records are so many bytes of a binary file instead of lines.
   */
  | {
      readonly kind: "records";
      readonly holding: readonly (string | readonly string[])[];
      readonly bytes?: number;
    };

export interface AgentOutput {
  readonly path: string;
  /** By family, as its lines would show each; the run looks only for those that it asked for. */
  readonly forms: Readonly<Partial<Record<Family, TokenForm>>>;
  /** By family, how the lines begin that tell of its operations, where others name their tokens a second time. Absent: all lines do. */
  readonly lines?: Readonly<Partial<Record<Family, string>>>;
  /** How the one line of each event begins, where an event has several; absent: every line is an event. */
  readonly event?: string;
  /** What a container runtime puts around each line that the agent prints, cutting some in two; absent: nothing. */
  readonly framing?: "kubernetes" | "docker";
}

export interface RunningAgent {
  readonly processes: readonly HostProcess[];
  readonly outputs: readonly AgentOutput[];
  /** Files whose last lines explain a failure (standard error, the agent's own log). */
  readonly logs: readonly string[];
  /** What it said last, of one whose manager keeps that: lines. */
  said?(): Promise<readonly string[]>;
  /** Processes that read events out of the kernel: stopping them overflows it. Absent: all of `processes`. */
  readonly consumers?: readonly HostProcess[];
  /** The other ends of its sockets where tare has started them, such as clients that take its events. Absent: it has none. */
  readonly peers?: readonly HostProcess[];
  /** Where it was not started in the agent's cgroup: the path of its own below the hierarchy's mount point, `/system.slice/x.service`. */
  readonly controlGroup?: string;
  /**
   * Only for tracers that attach to processes instead of the node: called with the processes of each workload and sentinel when they have
   * prepared themselves and before they are measured. Resolves once all are traced; the tracer ends with them.
   *
   * @throws TareError `run-failed` when one cannot be traced
   */
  readonly attach?: (pids: readonly number[]) => Promise<void>;
  /** What decides its cost and is not visible elsewhere: buffer sizes, rules, hooks. Goes into the record. */
  readonly settings: Readonly<Record<string, string>>;
  /** What the setting is that its data sheet names as its `knob`. */
  readonly knob?: string;
  /** Its own count of lost events since it started, or since any fixed moment; or why it has none. */
  lost(): Promise<Reading<number>>;
  /** Only calibration agents: what it truly did since it started. Read before and after each window. */
  injected?(): Promise<Reading<Injected>>;
}

export interface AgentContext {
  readonly directory: string;
  /** Families to observe: what the agent can, restricted to what the run asks for. */
  readonly families: readonly Family[];
  /** Workloads of the run whose events it is asked for. */
  readonly workloads: readonly Workload[];
  /** Every file that the workload opens lies below this directory. */
  readonly watchedDirectory: string;
  /** `smallest`: the least buffer that it can be set to, for a forced overflow; an agent without such a setting ignores it. */
  readonly buffers: "usual" | "smallest";
  /** By what the setting is multiplied that its data sheet names as its `knob`; absent: by 1. Only with usual buffers. */
  readonly bufferFactor?: BufferFactor;
  readonly effects: EffectScope;
  /** The command that runs the given one in the namespaces that the agent asked for; without isolation, the same command. */
  inside(command: readonly string[]): readonly string[];
  /** Starts one of the agent's processes in the agent's cgroup, and in its namespaces. */
  launch(spec: Omit<StartSpec, "cgroup" | "cpus">, stop: StopProcedure): Promise<HostProcess>;
  readonly signal: AbortSignal;
}

export const Injected = z
  .object({
    operations: z.number().describe("Operations of the workload that it acted on."),
    workloadNs: z.number().describe("CPU time that it burned on the workload's path, nanoseconds."),
    agentNs: z.number().describe("CPU time that it burned in its own process, nanoseconds."),
    discarded: z.number().describe("Events that it discarded although it had seen them."),
    mapBytes: z.number().describe("Bytes of BPF maps that it holds without using them."),
  })
  .describe(
    "What a calibration agent truly did so far, counted by itself: the known answer that the measurement must give back.",
  );
export type Injected = From<typeof Injected>;

/** Namespaces that the workload shares with an agent which would otherwise act on the whole node. */
export const Namespace = z.enum(["network", "mount"]).meta({ id: "namespace" });
export type Namespace = From<typeof Namespace>;

/** What happens when it cannot keep up. */
export const Overload = z.enum(["drops", "blocks", "none"]);
export type Overload = From<typeof Overload>;

export interface Workload {
  readonly scenario: string;
  /** As what the agent sees it: an agent that watches every exec sees those among high-value events as `exec`. */
  readonly family: Family;
  readonly emits: Emission;
  readonly filesOn: Plan["filesOn"];
}

/** What an agent cannot see of a workload by design. What is missing there cannot be told from loss and is never called silent loss. */
export const DesignGap = z.object({
  extent: z.enum(["all", "some"]).describe("Nothing of it, or not every event."),
  why: z.string().describe("In plain words, for the report."),
});
export type DesignGap = From<typeof DesignGap>;

/**
 * How an agent is started where there is no Node but a shell: in a guest that holds what is named here and little else (docs/counting.md). Texts
 * are lines of busybox's shell, run in the agent's directory.
 */
export interface GuestStart {
  /** Programs of Debian's packages, by name. The libraries that they are linked with come along. */
  readonly programs: readonly string[];
  /** Those of Debian's packages that bring them and that not every guest has. */
  readonly packages?: readonly string[];
  /** Of the machine that makes the guest: files and folders by their paths in the guest, with the libraries of the programs among them. */
  readonly brought?: Readonly<Record<string, string>>;
  /** What of the clone's `build` it takes, as patterns of paths. */
  readonly built?: readonly string[];
  /** Files in its directory, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly version: string;
  /** Replaces the shell by the agent. */
  readonly exec: string;
  /** Succeeds once it is attached. */
  readonly ready: string;
  /** Replaces the shell by what takes the agent's events from it, started once the agent is ready; what that does is told apart. */
  readonly client?: string;
  readonly before?: string;
  readonly after?: string;
  /** What is to be done before it is told to end. */
  readonly end?: string;
  /** Files in its directory. */
  readonly outputs: readonly AgentOutput[];
  /** How it is started so that its hooks are in place and it has nothing to report; absent: not known. */
  readonly silent?: Partial<Pick<GuestStart, "exec" | "after">>;
  /** What it says that it has lost so far: a line, and how to read it. Absent: it has no counter. */
  readonly lost?: { readonly ask: string; readonly read: (line: string) => Reading<number> };
  readonly settings: Readonly<Record<string, string>>;
  readonly memoryMegabytes?: number;
}

export interface GuestContext {
  /** Below which its files lie in the guest, such as `/run/agent`. */
  readonly directory: string;
  /** Where the clone's `build` is in the guest. */
  readonly build: string;
  readonly families: readonly Family[];
  /** As `uname -m` tells it. */
  readonly arch: string;
  /** Debian's, of which its programs are. */
  readonly release: "bookworm" | "trixie";
  readonly watchedDirectory: string;
}

/** What an agent does not see by design: shown as coverage, never counted as loss. */
export interface Coverage {
  /** What is not among the techniques that `tare coverage` tries. */
  readonly notes: readonly string[];
  /** What is. Absent: it tells of every technique of its families. */
  readonly claims?: readonly Claim[];
  /** Undefined where it sees every event as long as it loses none. Absent: of every workload. */
  readonly gapFor?: (workload: Workload) => DesignGap | undefined;
}

export interface VendorRelease {
  readonly version: string;
  /** Completes "its SHA-256 is from ...". */
  readonly checksumsFrom: string;
  readonly files: Readonly<Record<string, VendorFile>>;
}

export interface VendorFile {
  readonly url: string;
  /** Hexadecimal; null where no published checksum could be verified, so that the user has to give one. */
  readonly sha256: string | null;
}

/**
 * What an agent is in a run. `sensor`: under test. `attached`: a service of the node's owner under test, started and stopped by its own manager.
 * `calibration`: a known cost or loss by which the instrument proves itself: measured like a sensor, never judged or compared as one.
 */
export const AgentRole = z.enum(["baseline", "sensor", "attached", "calibration"]);
export type AgentRole = From<typeof AgentRole>;

const Doses = z
  .object({ exec: z.number(), file: z.number(), network: z.number() })
  .describe("By the family of the operation. One number in older records: the same for all.");

export const Injects = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("nothing") }).describe("It goes through an agent's turn and starts nothing."),
    z
      .object({ kind: z.literal("cost"), doseNs: z.union([z.number(), Doses]) })
      .describe("CPU time on the workload's path, nanoseconds for each operation."),
    z.object({ kind: z.literal("loss"), every: z.number() }).describe("One event in so many is discarded."),
    z.object({ kind: z.literal("cpu") }).describe("CPU time in its own process."),
    z.object({ kind: z.literal("memory") }).describe("BPF maps that are held without use."),
    z
      .object({ kind: z.literal("rate"), perSecond: z.number(), waiting: z.number() })
      .describe("Events are dropped beyond this rate in the long run; so many may wait."),
  ])
  .describe("What a calibration agent does on purpose.");
export type Injects = From<typeof Injects>;

/** What one lost event adds to a counter, at least and at most. */
const PerEvent = z.tuple([z.int().min(1), z.int().min(1)]);
export type PerEvent = From<typeof PerEvent>;

const CounterScope = z
  .enum(["workload", "node"])
  .describe("`node`: what was lost of other programs' events is counted with it.");

/** What an agent's count of losses counts; what it says is in events of the workload only within these bounds. */
export interface LossCounter {
  readonly unit: "events" | "records";
  readonly scope: z.output<typeof CounterScope>;
  /** By family; absent: exactly one. Records of an event, or events of another kind that come with it. */
  readonly perEvent?: Readonly<Partial<Record<Family, PerEvent>>>;
}

/** The same in a record, by the scenarios of its plan. */
export const CountedLosses = z
  .object({
    unit: z.enum(["events", "records"]),
    scope: CounterScope,
    perEvent: z
      .record(z.string(), PerEvent)
      .describe("By scenario: what one lost event adds to the counter, at least and at most; absent: one."),
    span: z
      .enum(["window", "with-warm-up"])
      .describe("What lies between its two readings. `with-warm-up`: the losses of the warm-up are in it."),
  })
  .meta({ id: "lossCounter", description: "What the agent's own count of losses counts." });
export type CountedLosses = From<typeof CountedLosses>;

/** Events that a counter tells of only within bounds; both are equal where it is exact. */
export const EventRange = z
  .strictObject({ low: Count, high: Count })
  .meta({ id: "eventRange", description: "At least and at most so many events; equal where it is exact." });
export type EventRange = From<typeof EventRange>;

export interface Agent {
  /** The file's name, or `<file>@<variant>` for one of several variants in a file. */
  readonly id: string;
  readonly title: string;
  readonly role: AgentRole;
  readonly injects?: Injects;
  readonly homepage: string;
  readonly observes: readonly Family[];
  readonly coverage: Coverage;
  /** Absent: its output is not read event by event, so that `tare coverage` cannot try it. */
  readonly telling?: Telling;
  readonly overload: Overload;
  /** What `lost` of the running agent counts; absent: it has no counter. */
  readonly lossCounter?: LossCounter;
  /** `audit`: once it has run, processes forked later are slower until reboot unless guarded. */
  readonly residue: "none" | "audit";
  /** Debian packages that install it; empty when there are none or nothing is needed. */
  readonly packages: readonly string[];
  /** What a guest with that Debian release gets for it, where that is not `packages`; empty: the release does not have it. */
  readonly guestPackages?: Readonly<Partial<Record<"bookworm" | "trixie", readonly string[]>>>;
  /**
   * Why this node could not run it even with its packages installed: what `agents install --missing` leaves out. Absent: nothing that not
   * every node has. The probe asks the same, and more.
   */
  readonly unfit?: (host: Host) => Promise<{ readonly reason: string; readonly hint: string } | undefined>;
  readonly release?: VendorRelease;
  /** Why a run that names no agents leaves it out; absent: it takes part wherever it can run. */
  readonly optIn?: string;
  /** The setting that decides how many events it can hold, as its users know it; absent: it has none, or none that was tried. */
  readonly knob?: string;
  /** Private namespaces in which it and every workload of the run live, baselines included; absent: the node's. */
  readonly isolation?: readonly Namespace[];
  /** It hands events out by schedule: after so many silent milliseconds it has none left. Absent: it hands them out at once. */
  readonly flushIntervalMs?: number;
  /**
   * It hands events out when many have come or none for a while, so that on a busy node the last ones wait for the next: others have to push
   * them out before they are counted.
   */
  readonly handsOutInBatches?: true;
  readonly units?: readonly string[];
  /**
   * The node's owner decides what it writes, or it is a closed product. A family that none of its outputs shows, or whose sentinel does not appear,
   * is measured for its cost only; without this, such a turn fails.
   */
  readonly costOnly?: true;
  /** It runs before and after its turns and is its owner's: it is not moved to other CPUs, and no guard ends it. */
  readonly untouched?: true;
  /** Families of which it hands out no event that could be counted: their cost alone is measured. Of its others a sentinel has to appear. */
  readonly uncounted?: readonly Family[];
  /**
   * With `costOnly`: it is attached when its start resolves, so that what it does not show of a family within so many milliseconds, and writes
   * nothing more, it was not told to report. Absent: it may still be compiling, and is waited for longer.
   */
  readonly showsWithinMs?: number;
  /** It stands for a team's own policy, or for one rule of it: the events that it writes are counted, whichever program caused them. */
  readonly policy?: TeamPolicy;
  /** Where its events go; only of variants that differ in nothing else, of which one hands out none. */
  readonly sink?: Sink;
  /** Why a trial of so many operations would not end in the time that a run has for it; it is skipped then. Absent: none is too long. */
  readonly tooManyOperations?: (operations: number) => string | undefined;
  /** For `tare count`; absent: it cannot be counted. The host is that which makes the guest. */
  readonly inGuest?: (host: Host, context: GuestContext) => Promise<GuestStart>;
  /** Why it has no `inGuest`, for those who ask for it there. */
  readonly notInGuest?: string;
  probe(host: Host): Promise<Probe>;
  /**
   * Starts it. Resolves once its processes are started; readiness is proved by a sentinel in its output. What it returns answers for the
   * running agent: no file or process has to be found again.
   */
  start(host: Host, context: AgentContext): Promise<RunningAgent>;
}

const USUAL = { role: "sensor", residue: "none", packages: [] } as const satisfies Partial<Agent>;

/** An agent as its file writes it: what is usual may be left out. */
export type AgentSheet = Omit<Agent, keyof typeof USUAL> & Partial<Pick<Agent, keyof typeof USUAL>>;

export interface AgentVariants {
  readonly id: string;
  readonly variants: readonly Agent[];
}

export const defineAgent = (sheet: AgentSheet): Agent => ({ ...USUAL, ...sheet });

export const defineVariants = (file: {
  readonly id: string;
  readonly variants: readonly AgentSheet[];
}): AgentVariants => ({ id: file.id, variants: file.variants.map(defineAgent) });
