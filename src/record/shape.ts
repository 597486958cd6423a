/**
 * Whether a line holds what a line of its type must hold. A digest shows that a line is as it was written, not that tare wrote it: a count that
 * is a string would become NaN, and an outcome that is null would end the command. Members that are not named here may be there.
 */
import type { RecordLine } from "../domain/record.ts";

interface Fault {
  /** From the outside to the inside; empty: the thing itself. */
  readonly at: readonly string[];
  readonly what: string;
}

type Shape = (found: unknown) => Fault | undefined;

/** "outcome.driver.operations[0].count is "12", which is no number"; undefined where nothing is wrong. */
export const shapeFault = (line: { readonly type: RecordLine["type"] }): string | undefined => {
  const fault = LINES[line.type](line);
  return fault === undefined ? undefined : `${fault.at.join("").replace(/^\./, "")} ${fault.what}`;
};

const MAX_SHOWN = 40;
const shown = (found: unknown): string => JSON.stringify(found).slice(0, MAX_SHOWN);

const must = (isSo: (found: unknown) => boolean, otherwise: string): Shape => {
  return (found) => {
    if (isSo(found)) return undefined;
    return {
      at: [],
      what: found === undefined ? "is missing" : `is ${shown(found)}, which is ${otherwise}`,
    };
  };
};

const isRecord = (found: unknown): found is Readonly<Record<string, unknown>> =>
  typeof found === "object" && found !== null && !Array.isArray(found);

const text = must((found) => typeof found === "string", "no text");
/** JSON has no NaN and no Infinity: they are written as null. */
const number = must((found) => typeof found === "number", "no number");
const flag = must((found) => typeof found === "boolean", "neither true nor false");
const record = must(isRecord, "no object");
const array = must(Array.isArray, "no list");
const time = must(
  (found) => typeof found === "string" && !Number.isNaN(Date.parse(found)),
  "no point in time",
);

const oneOf = (...known: readonly unknown[]): Shape =>
  must((found) => known.includes(found), `none of ${known.map(shown).join(", ")}`);

const nullable =
  (shape: Shape): Shape =>
  (found) =>
    found === null ? undefined : shape(found);

/** Left out where there is none, or where the record is older than the member. */
const optional =
  (shape: Shape): Shape =>
  (found) =>
    found === undefined ? undefined : shape(found);

const inside = (name: string, fault: Fault | undefined): Fault | undefined =>
  fault === undefined ? undefined : { ...fault, at: [name, ...fault.at] };

const list =
  (item: Shape): Shape =>
  (found) => {
    if (!Array.isArray(found)) return array(found);
    for (const [index, one] of found.entries()) {
      const fault = item(one);
      if (fault !== undefined) return inside(`[${index}]`, fault);
    }
    return undefined;
  };

const pair = (item: Shape): Shape => {
  const items = list(item);
  const two = must((found) => Array.isArray(found) && found.length === 2, "no pair");
  return (found) => items(found) ?? two(found);
};

/** An object whose members have names that nobody knows beforehand. */
const each =
  (member: Shape): Shape =>
  (found) => {
    if (!isRecord(found)) return record(found);
    for (const [name, one] of Object.entries(found)) {
      const fault = member(one);
      if (fault !== undefined) return inside(`.${name}`, fault);
    }
    return undefined;
  };

const object = (members: Readonly<Record<string, Shape>>): Shape => {
  const named = Object.entries(members);
  return (found) => {
    if (!isRecord(found)) return record(found);
    for (const [name, shape] of named) {
      const fault = shape(found[name]);
      if (fault !== undefined) return inside(`.${name}`, fault);
    }
    return undefined;
  };
};

/** One of several objects, told apart by their `kind`. */
const kinds = (shapes: Readonly<Record<string, Shape>>): Shape => {
  const kind = object({ kind: oneOf(...Object.keys(shapes)) });
  return (found) => kind(found) ?? (isRecord(found) ? shapes[String(found["kind"])]?.(found) : undefined);
};

const reading = (value: Shape): Shape =>
  kinds({ value: object({ value }), missing: object({ reason: text }) });

const load = kinds({
  closed: object({ batches: number, batchOperations: number }),
  open: object({ ratePerSecond: number, batches: number, batchOperations: number }),
});
const placement = oneOf("pinned", "free");

const host = object({
  hostname: text,
  machineIdHash: reading(text),
  arch: text,
  kernel: text,
  distribution: text,
  cpuModel: text,
  cpus: number,
  possibleCpus: reading(text),
  memoryBytes: number,
  pageSize: reading(number),
  virtualisation: text,
  emulated: flag,
  emulation: optional(object({ kind: oneOf("emulated", "hardware", "unknown"), evidence: list(text) })),
  cgroup: oneOf("v1", "v2", "none"),
  clocksource: reading(text),
  governor: reading(text),
  mitigations: reading(text),
  node: text,
  bootId: reading(text),
});

const plan = object({
  seed: number,
  profile: text,
  agents: list(text),
  scenarios: list(text),
  blocks: list(object({ index: number, turns: list(object({ agent: text, trials: array })) })),
  budgets: list(
    object({
      scenario: text,
      metric: text,
      limit: kinds({ percent: object({ percent: number }), absolute: object({ value: number }) }),
    }),
  ),
  budgetSource: text,
});

const agent = object({
  id: text,
  title: text,
  status: oneOf("measured", "skipped"),
  version: nullable(text),
  reason: nullable(text),
  hint: nullable(text),
  observes: list(text),
  blindSpots: list(text),
  blindTo: optional(list(object({ scenario: text, extent: oneOf("all", "some"), why: text }))),
});

const histogram = object({ minNs: number, maxNs: number, buckets: list(pair(number)) });

const operation = object({
  operation: text,
  count: number,
  errors: number,
  batches: list(object({ operations: number, wallNs: number, cpuNs: number })),
  service: histogram,
  response: nullable(histogram),
});

const ledger = kinds({
  counted: object({
    operations: number,
    delivered: number,
    kinds: optional(list(object({ kind: text, operations: number, delivered: reading(number) }))),
    duplicates: number,
    declaredLost: reading(number),
    drainMs: number,
    drained: flag,
  }),
  "not-observed": object({ why: text }),
});

const failed = object({ stage: text, message: text, lastLines: list(text) });

const measuredTrial = object({
  driver: object({ startNs: number, endNs: number, operations: list(operation) }),
  cpu: object({
    windowNs: number,
    systemBusyNs: reading(number),
    agentNs: reading(number),
    agentDrainNs: reading(number),
    harnessNs: reading(number),
    helpersNs: each(number),
  }),
  memory: object({
    pssBytes: reading(number),
    peakBytes: reading(number),
    bpfMapBytes: reading(number),
  }),
  noise: object({
    stealPercent: reading(number),
    cpuPressurePercent: reading(number),
    wallOverCpu: number,
    spinNs: pair(number),
    syscallNs: pair(number),
    involuntarySwitches: number,
  }),
  ledger,
  outputBytes: reading(number),
  injected: nullable(
    reading(object({ operations: number, workloadNs: number, agentNs: number, discarded: number })),
  ),
  defects: list(text),
});

const LINES: Readonly<Record<RecordLine["type"], Shape>> = {
  header: object({
    schema: number,
    method: text,
    tool: object({ name: text, version: text, commit: reading(text) }),
    run: text,
    startedAt: time,
    command: list(text),
    plan,
    host,
    agents: list(agent),
    notMeasurable: list(text),
  }),
  turn: object({
    block: number,
    turn: number,
    agent: text,
    outcome: kinds({ started: object({ readyMs: number, stopMs: number, settings: each(text) }), failed }),
    leftovers: list(text),
  }),
  trial: object({
    id: text,
    block: number,
    turn: number,
    agent: text,
    baseline: oneOf(1, 2, null),
    scenario: text,
    load,
    placement,
    attempt: number,
    rejected: nullable(text),
    startedAt: time,
    outcome: kinds({ measured: measuredTrial, skipped: object({ reason: text }), failed }),
  }),
  block: object({ block: number, durationMs: number }),
  overflow: object({
    agent: text,
    scenario: text,
    load,
    outcome: kinds({
      measured: object({
        settings: each(text),
        operations: number,
        delivered: number,
        duplicates: number,
        declaredLost: reading(number),
        stoppedMs: number,
        continued: oneOf("window-over", "no-progress", "time-limit"),
        windowNs: number,
        service: histogram,
      }),
      skipped: object({ reason: text }),
      failed,
    }),
    leftovers: list(text),
  }),
  resume: object({ block: number, host }),
  end: object({ endedAt: time, reason: oneOf("complete", "time-budget", "precise-enough"), blocks: number }),
};
