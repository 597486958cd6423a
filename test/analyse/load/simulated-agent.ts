/** Agents whose knee is known, made of arithmetic: what a start of one under rising load would put into the record. */
import { createKneeSearch } from "../../../src/analyse/load/knee-search.ts";
import type { Agent } from "../../../src/domain/agent.ts";
import { createRng, toUnit } from "../../../src/domain/random.ts";
import type { Load } from "../../../src/domain/scenario.ts";
import type { Knee, Probe, ProbeKind } from "../../../src/domain/under-load.ts";
import { normalQuantile } from "../../../src/analyse/distributions.ts";
import { histogramOf } from "../support/record-builder.ts";

export interface Chance {
  /** In (0, 1). */
  unit(): number;
  normal(): number;
  poisson(mean: number): number;
}

export const chanceOf = (seed: number): Chance => {
  const next = createRng(seed);
  const unit = (): number => toUnit(next()) * (1 - 1e-9) + 5e-10;
  const normal = (): number => normalQuantile(unit());
  return {
    unit,
    normal,
    poisson: (mean) => {
      if (mean > 200) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
      let count = 0;
      for (let product = unit(); product > Math.exp(-mean); product *= unit()) count++;
      return count;
    },
  };
};

/** What becomes of operations at a rate, for so many seconds. */
export interface Fate {
  readonly lost: number;
  readonly late: number;
  /** Of those that were not lost, what had to wait. */
  readonly waited?: number;
  /** Of the agent, operations a second that it works off in an overload. */
  readonly worksOff: number;
}

export interface Truth {
  readonly knee: number;
  readonly overload: Agent["overload"];
  readonly fate: (rate: number, seconds: number, chance: Chance) => Fate;
}

/** The usual delay, and the moment more that is no sign of a backlog. */
const LAG_SECONDS = 0.01;
const MOMENT_SECONDS = 0.05;
const BUFFER = 8192;
/** Of a service rate, from window to window. More of it lowers the knee: in the long run the slow windows decide. */
const JITTER = 0.005;

const lateOf = (held: number, rate: number): number =>
  held > rate * (LAG_SECONDS + MOMENT_SECONDS) ? Math.round(held - rate * LAG_SECONDS) : 0;

/** A service rate with some jitter, and a buffer: nothing is bad up to it, and all that exceeds it is. */
export const sharp = (knee: number): Truth => ({
  knee,
  overload: "drops",
  fate: (rate, seconds, chance) => {
    const rateNow = knee * Math.exp(JITTER * chance.normal());
    const backlog = Math.max(0, (rate - rateNow) * seconds);
    const held = Math.min(backlog, BUFFER);
    return {
      lost: Math.round(backlog - held),
      late: lateOf(held, rateNow),
      worksOff: rateNow,
    };
  },
});

/** One that loses some at any rate, the more the higher it is: 0.1 % at the knee. */
export const gentle = (knee: number): Truth => ({
  knee,
  overload: "drops",
  fate: (rate, seconds, chance) => ({
    lost: chance.poisson(rate * seconds * Math.min(0.9, 0.001 * (rate / knee) ** 3)),
    late: 0,
    worksOff: rate,
  }),
});

const STALLS_A_SECOND = 0.25;
/** Of the logarithm of how long a stall takes. */
const SPREAD = 0.1;
const CHANCES = Array.from({ length: 400 }, (_, index) => normalQuantile((index + 0.5) / 400));

/** One that stands still about every four seconds, for a time that varies, and loses then what its buffer does not hold. */
export const bursty = (knee: number): Truth => {
  const lostIn = (rate: number, usual: number, normal: number): number =>
    Math.max(0, rate * usual * Math.exp(SPREAD * normal) - BUFFER);
  const share = (usual: number): number =>
    (STALLS_A_SECOND * CHANCES.reduce((sum, one) => sum + lostIn(knee, usual, one), 0)) /
    CHANCES.length /
    knee;
  // How long a stall usually takes, so that 0.1 % are lost at the knee in the long run.
  let [low, high] = [0, (4 * BUFFER) / knee];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (share(middle) > 0.001) high = middle;
    else low = middle;
  }
  return {
    knee,
    overload: "drops",
    fate: (rate, seconds, chance) => {
      let lost = 0;
      for (let stall = chance.poisson(STALLS_A_SECOND * seconds); stall > 0; stall--)
        lost += Math.round(lostIn(rate, low, chance.normal()));
      return { lost: Math.min(lost, Math.round(0.9 * rate * seconds)), late: 0, worksOff: 4 * knee };
    },
  };
};

/** One that delivers a third of its best once it is overloaded. */
export const collapsing = (knee: number): Truth => ({
  knee,
  overload: "drops",
  fate: (rate, seconds, chance) => {
    const rateNow = knee * Math.exp(JITTER * chance.normal());
    if (rate <= rateNow) return { lost: 0, late: 0, worksOff: rateNow };
    const worksOff = 0.3 * rateNow;
    const backlog = (rate - worksOff) * seconds;
    const held = Math.min(backlog, BUFFER);
    return { lost: Math.round(backlog - held), late: Math.round(held), worksOff };
  },
});

/** One that loses nothing and makes the workload wait for it. */
export const blocking = (knee: number): Truth => ({
  knee,
  overload: "blocks",
  fate: (rate, seconds, chance) => {
    const rateNow = knee * Math.exp(JITTER * chance.normal());
    const operations = rate * seconds;
    const waited = rate <= rateNow ? chance.poisson(0.002 * operations) : 0.95 * operations;
    return { lost: 0, late: 0, waited: Math.min(operations, Math.round(waited)), worksOff: rateNow };
  },
});

export const FASTEST = 60_000;

const QUICK_NS = 10_000;
const SLOW_NS = 900_000;

const closed = (operations: number): Load => ({
  kind: "closed",
  batches: 1,
  batchOperations: operations,
  warmupOperations: 12,
});

export const probeOf = (
  kind: ProbeKind,
  load: Load,
  { lost, late, waited = 0, worksOff }: Fate,
  change: Partial<Probe> = {},
): Probe => {
  const operations = load.batches * load.batchOperations;
  const seconds = operations / (load.kind === "open" ? load.ratePerSecond : FASTEST);
  const delivered = Math.max(0, operations - lost);
  return {
    id: "0001",
    kind,
    load,
    atMs: 0,
    operations,
    delivered,
    late: Math.min(late, delivered),
    lagMs: 60,
    duplicates: 0,
    windowNs: seconds * 1e9,
    workloadCpuNs: seconds * (load.kind === "open" ? 0.5e9 : 0.98e9),
    restMs: Math.max(0, 1000 * (delivered / worksOff - seconds)),
    drained: true,
    latency: histogramOf(
      [QUICK_NS, operations - waited],
      ...(waited > 0 ? [[SLOW_NS, waited] as const] : []),
    ),
    ...change,
  };
};

export const openProbe = (kind: ProbeKind, rate: number, seconds: number, fate: Fate): Probe =>
  probeOf(
    kind,
    { ...closed(Math.max(1, Math.round(rate * seconds))), kind: "open", ratePerSecond: rate },
    fate,
  );

/** What comes before the search. */
const beginningOf = ({ fate }: Truth, chance: Chance): readonly Probe[] => {
  const calm = FASTEST / 20;
  const overload = fate(FASTEST, 2, chance);
  return [
    probeOf("pilot", closed(300), { lost: 0, late: 0, worksOff: FASTEST }),
    openProbe("calm", calm, 3, { lost: 0, late: 0, worksOff: FASTEST }),
    probeOf("overload", closed(2 * FASTEST), overload),
  ];
};

export interface Start {
  readonly knee: Knee | undefined;
  readonly probes: readonly Probe[];
}

/** What each window takes beside its own length. */
const OVERHEAD_SECONDS = 1;

export const startOf = (truth: Truth, seed: number, limitSeconds = 60): Start => {
  const chance = chanceOf(seed);
  const search = createKneeSearch(truth.overload);
  const probes: Probe[] = [...beginningOf(truth, chance)];
  for (const probe of probes) search.add(probe);
  for (let seconds = 0; ;) {
    const next = search.next();
    if (next === undefined || seconds + next.seconds > limitSeconds) break;
    seconds += next.seconds + OVERHEAD_SECONDS;
    const probe = openProbe("search", next.rate, next.seconds, truth.fate(next.rate, next.seconds, chance));
    probes.push(probe);
    search.add(probe);
  }
  return { knee: search.knee(), probes };
};
