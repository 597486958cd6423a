/**
 * What tare measures: the closed list of metrics, each with its unit.
 *
 * Where instructions are counted (docs/counting.md), only they are, and nowhere else.
 *
 * A `paired` metric exists under every agent and under `baseline`, so its cost is a contrast inside a block.
 * A `level` metric exists only where an agent runs (its own CPU, its memory): it is estimated as it stands.
 */
import * as z from "zod";

export const METRICS = {
  "workload-cpu": { title: "Workload CPU time", unit: "ns/op", kind: "paired" },
  "system-cpu": { title: "Node CPU time per delivered event", unit: "ns/op", kind: "paired" },
  wall: { title: "Wall time", unit: "ns/op", kind: "paired" },
  "latency-p50": { title: "Latency, median", unit: "ns", kind: "paired" },
  "latency-p90": { title: "Latency, 90th percentile", unit: "ns", kind: "paired" },
  "latency-p99": { title: "Latency, 99th percentile", unit: "ns", kind: "paired" },
  "latency-p999": { title: "Latency, 99.9th percentile", unit: "ns", kind: "paired" },
  "response-p50": { title: "Response time from the intended start, median", unit: "ns", kind: "paired" },
  "response-p99": {
    title: "Response time from the intended start, 99th percentile",
    unit: "ns",
    kind: "paired",
  },
  "agent-cpu": { title: "Agent CPU time", unit: "ns/op", kind: "level" },
  "agent-cores": { title: "Agent CPU while the workload runs", unit: "cores", kind: "level" },
  "agent-memory": { title: "Agent memory (PSS)", unit: "MiB", kind: "level" },
  "agent-memory-peak": { title: "Agent memory, peak charged to its cgroup", unit: "MiB", kind: "level" },
  "bpf-map-memory": { title: "BPF map memory", unit: "MiB", kind: "level" },
  "agent-memory-total": { title: "Agent memory with its BPF maps", unit: "MiB", kind: "level" },
  "output-volume": { title: "Output written", unit: "bytes/op", kind: "level" },
  instructions: { title: "Instructions per delivered event", unit: "instructions/op", kind: "paired" },
  "instructions-p50": { title: "Instructions, median", unit: "instructions", kind: "paired" },
  "workload-instructions": {
    title: "Instructions of the workload",
    unit: "instructions/op",
    kind: "paired",
  },
  "agent-instructions": { title: "Instructions of the agent", unit: "instructions/op", kind: "level" },
} as const satisfies Record<string, { title: string; unit: Unit; kind: "paired" | "level" }>;

/** The cost that decides unless a budget says otherwise: it holds what an agent leaves to kernel threads and to other daemons. */
export const DECIDING_METRIC: MetricId = "system-cpu";

/** As `Date.prototype.toISOString` writes it. */
export const Time = z.iso.datetime().meta({ id: "time" });

export const Count = z.int().min(0);
/** 32 years in nanoseconds, and more bytes than a machine has: sums of what is beyond it are no numbers any more. */
const MAX_FIGURE = 1e18;
/** Less than that is 0 or was not measured: what is divided by it is no number any more. */
const MIN_FIGURE = 1e-12;
export const Figure = z
  .number()
  .min(-MAX_FIGURE)
  .max(MAX_FIGURE)
  .refine((figure) => figure === 0 || Math.abs(figure) >= MIN_FIGURE, {
    error: ({ input }) => `${String(input)} is too near to 0 to have been measured`,
  })
  .meta({ id: "figure" });
export const Share = z.number().min(0).max(1);

export const Unit = z
  .enum(["ns/op", "ns", "cores", "MiB", "bytes/op", "instructions/op", "instructions"])
  .meta({ id: "unit" });
export type Unit = z.output<typeof Unit>;
export type MetricId = keyof typeof METRICS;
export const METRIC_IDS = Object.keys(METRICS) as MetricId[];
export const MetricId = z.enum(METRIC_IDS).meta({ id: "metric" });

/** Counted in place of time: a record has either. */
export const isCount = (metric: MetricId): boolean =>
  METRICS[metric].unit === "instructions/op" || METRICS[metric].unit === "instructions";

/** A quantile of the times of single operations, which alone are told in plain nanoseconds. */
export const isQuantile = (metric: MetricId): boolean => METRICS[metric].unit === "ns";

/** Read from the clock, and so holds the time in which something else had the CPU. */
export const isWallClock = (metric: MetricId): boolean => metric === "wall" || isQuantile(metric);

/** What every process does all the time: one event each time that it happens. */
export const PLAIN_FAMILIES = ["exec", "file", "network"] as const;
export type PlainFamily = (typeof PLAIN_FAMILIES)[number];

/** What becomes of a file once it is there: what file-integrity monitors watch (docs/changes.md). */
export const CHANGE_FAMILIES = ["write", "rename", "delete"] as const;
export type ChangeFamily = (typeof CHANGE_FAMILIES)[number];

/** What a sensor can be asked to observe. `high-value`: not everything, but what a detection team keeps of it (docs/high-value.md). */
export const Family = z.enum([...PLAIN_FAMILIES, ...CHANGE_FAMILIES, "high-value"]).meta({ id: "family" });
export type Family = z.output<typeof Family>;
export const FAMILIES: readonly Family[] = Family.options;

export const isChange = (family: Family): family is ChangeFamily =>
  CHANGE_FAMILIES.some((change) => change === family);
export const isPlain = (family: Family): family is PlainFamily =>
  PLAIN_FAMILIES.some((plain) => plain === family);

/** A reading is a value or the reason why there is none. It is never a stand-in such as 0. */
export type Reading<T> =
  { readonly kind: "value"; readonly value: T } | { readonly kind: "missing"; readonly reason: string };

export const reading = <V extends z.ZodType>(value: V) =>
  z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("value"), value }),
    z.object({ kind: z.literal("missing"), reason: z.string() }),
  ]);

const A_READING = "a value, or the reason why there is none";
export const NumberReading = reading(Figure).meta({ id: "numberReading", description: A_READING });
export const TextReading = reading(z.string()).meta({ id: "textReading", description: A_READING });

export const value = <T>(value: T): Reading<T> => ({ kind: "value", value });
export const missing = (reason: string): Reading<never> => ({ kind: "missing", reason });

export const known = <T>(reading: Reading<T>): T | undefined =>
  reading.kind === "value" ? reading.value : undefined;

/** How far a counter went up. One that went down was set back in between or counts something else: what it missed is not known. */
export const rise = (later: Reading<number>, earlier: Reading<number>, what: string): Reading<number> => {
  const by = difference(later, earlier, what);
  return by.kind === "value" && by.value < 0
    ? missing(`${what}: its counter went down by ${-by.value} meanwhile`)
    : by;
};

export const difference = (
  later: Reading<number>,
  earlier: Reading<number>,
  what: string,
): Reading<number> => {
  if (later.kind === "missing") return missing(`${what}: ${later.reason}`);
  if (earlier.kind === "missing") return missing(`${what}: ${earlier.reason}`);
  return value(later.value - earlier.value);
};
