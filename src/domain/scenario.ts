/** A workload: operations that the driver performs, times and counts itself. */
import * as z from "zod";
import type { Agent } from "./agent.ts";
import type { BesidePlan } from "./beside.ts";
import type { From } from "./schema.ts";
import type { Family, PlainFamily } from "./units.ts";

const size = { batches: z.number(), batchOperations: z.number(), warmupOperations: z.number() };

export const Load = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("closed"), ...size }),
    z
      .object({ kind: z.literal("open"), ratePerSecond: z.number(), ...size })
      .describe(
        "Operations start at their intended time whether or not earlier ones are done; response time counts from there.",
      ),
  ])
  .meta({
    id: "load",
    description: "The shape of the offered load. Results of different loads are never mixed.",
  });
export type Load = From<typeof Load>;

export const loadName = (load: Load): string => {
  switch (load.kind) {
    case "closed":
      return "closed";
    case "open":
      return `open@${load.ratePerSecond}/s`;
  }
};

/** Operations a second that an open load asks for; null for a closed loop, which asks for as many as it gets. */
export const offeredRate = (load: Load): number | null => {
  switch (load.kind) {
    case "closed":
      return null;
    case "open":
      return load.ratePerSecond;
  }
};

export const operationsOf = (load: Load): number => load.batches * load.batchOperations;

/** How much a profile asks of a scenario: the smallest that still gives honest batches, or more. */
export type Size = "small" | "medium" | "large";

/** One of several things that a scenario does in turn: operation n is of technique n modulo their number. */
export interface Technique {
  readonly id: string;
  readonly title: string;
  /** Events of this family carry its token too, so an agent that observes all of them sees it as well. */
  readonly alsoSeenAs?: PlainFamily;
}

/** Where an operation carries the token that tells it from every other: `argv[1]`, the path, or the address (docs/driver-protocol.md). */
export type TokenPlace = "argument" | "path" | "address";

export interface Emission {
  readonly family: Family;
  readonly tokenIn: TokenPlace;
  /** How each operation raises its event, where all do it alike; absent: in several ways. */
  readonly by?: {
    readonly program: string;
    /** The system call, made through the C library's function of that name. */
    readonly call: string;
    readonly executes?: string;
  };
}

/**
 * A command with all that it starts, run by `sh` without a terminal: what a build or a job is to a node. Its process tree's CPU time is what is
 * measured first.
 */
export interface CommandDriver {
  readonly kind: "command";
  /** Programs that it needs, each with the Debian package that brings it. Where one is missing, its trials are skipped. */
  readonly needs: Readonly<Record<string, string>>;
  /** Lines of shell that make what it works on, in the folder where it runs. Once a run, in no figure, and again after an interruption. */
  readonly preparation?: string;
  readonly run: string;
  /** Where it runs; absent: in a folder of its own below the run's. */
  readonly directory?: string;
}

export interface Watch {
  /** Starts of each agent, unless the user says how many. */
  readonly blocks: number;
  readonly seconds: Readonly<Record<Size, number>>;
  /** What the driver does all the while; absent: there is no workload, and the baseline is watched as well. */
  readonly ratePerSecond?: number;
  /** What there is of it at once at most, for whoever asks before a run. */
  readonly atOnce?: string;
  readonly afterSeconds: number;
}

export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  /** The events that it raises and that the ledger counts; absent: none. */
  readonly emits?: Emission;
  /** It stands for its family where one workload is enough: sentinels, forced overflow. One scenario of each family does. */
  readonly represents?: true;
  readonly techniques?: readonly Technique[];
  /** Names of the operations that it times; one for native loops. */
  readonly operations: readonly string[];
  /** How it is driven: a C program below `build/scenarios/`, a TypeScript module run by Node in a process of its own, a command, or not at all. */
  readonly driver:
    | { readonly kind: "native"; readonly program: string }
    | { readonly kind: "tinybench"; readonly module: string }
    | CommandDriver
    | { readonly kind: "none" };
  /** It is no matter of operations: agents are watched second by second. Absent: its loads are timed. */
  readonly watch?: Watch;
  /** Why a run that names no scenarios leaves it out; absent: it takes part. */
  readonly optIn?: string;
  /** It is a service that is looked at alone and beside a storm, and of which nothing else is told. */
  readonly beside?: BesidePlan;
  /** About how long one operation takes, where that is not a matter of microseconds: for the forecast. */
  readonly secondsEach?: number;
  /** None where it is watched. */
  readonly loads: Readonly<Record<Size, readonly Load[]>>;
  /** What is run to count instructions: so much that the mean of a trial is steady to some permille. Absent: they are not counted. */
  readonly counted?: Extract<Load, { readonly kind: "closed" }>;
}

/** So many runs of a command in a trial, each by a process of its own. */
export const runsOf = (small: number): Scenario["loads"] => {
  const runs = (batches: number): readonly Load[] => [
    { kind: "closed", batches, batchOperations: 1, warmupOperations: 0 },
  ];
  return { small: runs(small), medium: runs(2 * small), large: runs(4 * small) };
};

/** Of a service, in every profile: ten batches of a quarter of a second. */
export const requestsAt = (ratePerSecond: number): Scenario["loads"] => {
  const load: Load = {
    kind: "open",
    ratePerSecond,
    batches: 10,
    batchOperations: ratePerSecond / 4,
    warmupOperations: 500,
  };
  return { small: [load], medium: [load], large: [load] };
};

/** Of what takes seconds, and whose figures no default budget limits. */
export const TAKES_LONG = "it takes seconds for a figure that no default budget limits";

export const defineScenario = (scenario: Scenario): Scenario => scenario;

/** As what an agent is asked for a scenario's events. */
export interface View {
  readonly family: Family;
  readonly tokenIn: TokenPlace;
  /** Its techniques in turn, and whether the agent is asked for them; absent where all operations are alike. */
  readonly techniques?: readonly { readonly id: string; readonly asked: boolean }[];
}

/** Undefined where the scenario raises no events, or none that the agent observes. */
export const viewOf = (
  agent: Pick<Agent, "observes">,
  { emits, techniques }: Pick<Scenario, "emits" | "techniques">,
): View | undefined => {
  if (emits === undefined) return undefined;
  const { family, tokenIn } = emits;
  const viewAs = (seenAs: Family, isAsked: (technique: Technique) => boolean): View => ({
    family: seenAs,
    tokenIn,
    ...(techniques === undefined
      ? {}
      : { techniques: techniques.map((one) => ({ id: one.id, asked: isAsked(one) })) }),
  });
  const sees = (one: Family | undefined): boolean => one !== undefined && agent.observes.includes(one);
  if (sees(family)) return viewAs(family, () => true);
  const plain = techniques?.find(({ alsoSeenAs }) => sees(alsoSeenAs))?.alsoSeenAs;
  return plain === undefined ? undefined : viewAs(plain, ({ alsoSeenAs }) => alsoSeenAs === plain);
};
