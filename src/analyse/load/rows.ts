/** What a record's load lines say: a row an agent, a workload and a size of its buffer. Every fit is made again from the probes. */
import { injectedBy } from "../../domain/run-header.ts";
import { offeredRate } from "../../domain/scenario.ts";
import type {
  Confirmation,
  CurvePoint,
  Knee,
  KnownKnee,
  LoadLine,
  LoadRow,
  LoadStep,
  MeasuredLoad,
  Probe,
  UnderLoad,
} from "../../domain/under-load.ts";
import { whyUnmeasured } from "../agents.ts";
import type { EffectiveRecord } from "../effective-record.ts";
import { balanceOf, counterOf, total } from "../ledger.ts";
import { burstOf } from "./burst.ts";
import { kneeOfStart, kneeOfStarts } from "./knee-search.ts";
import { knobFindings } from "./knobs.ts";
import {
  badIn,
  criterionOf,
  deliveredRate,
  fastestOf,
  lostIn,
  MODELS,
  observationOf,
  quantileNs,
  raisedRate,
  waitLimitNs,
} from "./probes.ts";
import { recoveryOf } from "./recovery.ts";

/** Undefined where nothing was tried under load. */
export const underLoad = (record: Pick<EffectiveRecord, "header" | "loads">): UnderLoad | undefined => {
  if (record.loads.length === 0) return undefined;
  const groups = Map.groupBy(record.loads, ({ turn: { agent, scenario, buffer } }) =>
    JSON.stringify([agent, scenario, buffer]),
  );
  const rows = [...groups.values()].flatMap((lines) => {
    const [first, ...rest] = lines;
    return first === undefined ? [] : [rowOf(record.header.agents, [first, ...rest])];
  });
  return { rows, knobs: knobFindings(rows), known: knownKnees(record.header.agents, rows) };
};

const knownKnees = (agents: Agents, rows: readonly LoadRow[]): readonly KnownKnee[] =>
  rows.flatMap(({ agent, scenario, knee, burst }): readonly KnownKnee[] => {
    const injects = injectedBy(agents, agent);
    if (injects?.kind !== "rate") return [];
    const { perSecond, waiting } = injects;
    return [{ agent, scenario, perSecond, waiting, knee, burst }];
  });

type Agents = EffectiveRecord["header"]["agents"];

interface Start {
  readonly number: number;
  readonly outcome: MeasuredLoad;
}

const rowOf = (agents: Agents, lines: readonly [LoadLine, ...LoadLine[]]): LoadRow => {
  const { agent, scenario, buffer } = lines[0].turn;
  const overload = agents.find(({ id }) => id === agent)?.overload;
  const criterion = criterionOf(overload);
  const starts = lines.flatMap(({ turn, outcome }): readonly Start[] =>
    outcome.kind === "measured" ? [{ number: turn.start, outcome }] : [],
  );
  const knees = starts.flatMap(({ outcome }) => kneeOfStart(outcome.probes, overload) ?? []);
  const knee = kneeOfStarts(knees) ?? null;
  const balances = starts.map(({ outcome: { probes, declaredLost } }) =>
    balanceOf(
      {
        scenario,
        operations: total(probes, ({ operations }) => operations),
        delivered: total(probes, ({ delivered }) => delivered),
        declaredLost,
        warmup: total(probes, ({ load }) => load.warmupOperations),
      },
      counterOf(agents, agent),
    ),
  );
  const fastest = starts.flatMap(({ outcome }) => fastestOf(outcome.probes) ?? []);
  const each = <T>(pick: (probes: readonly Probe[]) => T | undefined): T | undefined => {
    for (const { outcome } of starts) {
      const found = pick(outcome.probes);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const confirmationOf = (kind: "hold" | "exceed"): Confirmation | null =>
    each((probes) => confirmed(probes, kind, criterion)) ?? null;
  return {
    agent,
    scenario,
    buffer,
    criterion,
    knob: starts[0]?.outcome.knob ?? null,
    knee,
    starts: knees,
    probes: total(starts, ({ outcome }) => outcome.probes.length),
    fastest: fastest.length === 0 ? null : Math.max(...fastest),
    overload: overloadOf(starts, knee),
    hold: confirmationOf("hold"),
    exceed: confirmationOf("exceed"),
    burst: each((probes) => burstOf(probes, criterion)) ?? null,
    recovery: each(recovered) ?? null,
    steps: stepsOf(starts, knee),
    curve: starts.flatMap(({ number, outcome }) => curveOf(outcome.probes, number, criterion)),
    lost: total(balances, ({ missing }) => missing),
    declaredLost: sumOf(balances.map(({ declared }) => declared)),
    silentLost: sumOf(balances.map(({ silent }) => silent)),
    stopped: starts.flatMap(({ outcome }) => outcome.stopped ?? []),
    unmeasured: lines.flatMap(({ outcome }) => whyUnmeasured(outcome) ?? []),
  };
};

const sumOf = (ranges: readonly LoadRow["declaredLost"][]): LoadRow["declaredLost"] => {
  const all = ranges.filter((range) => range !== null);
  return all.length < ranges.length || all.length === 0
    ? null
    : { low: total(all, ({ low }) => low), high: total(all, ({ high }) => high) };
};

/** At the end of an interval the limit itself is no surprise, nor is a burst of twice that. */
const HOLDS = 2;

const confirmed = (
  probes: readonly Probe[],
  kind: "hold" | "exceed",
  criterion: LoadRow["criterion"],
): Confirmation | undefined => {
  const probe = probes.find((one) => one.kind === kind);
  const rate = probe === undefined ? null : offeredRate(probe.load);
  if (probe === undefined || rate === null) return undefined;
  const bad = badIn(probe, criterion, waitLimitNs(probes)) / probe.operations;
  const { limit } = MODELS[criterion];
  return { rate, bad, asExpected: kind === "hold" ? bad <= HOLDS * limit : bad > limit };
};

/** The middle one of the starts. One that the workload did not make an overload says nothing of a collapse. */
const overloadOf = (starts: readonly Start[], knee: Knee | null): LoadRow["overload"] => {
  const overloads = starts.flatMap(({ outcome }) => outcome.probes.filter(({ kind }) => kind === "overload"));
  const middle = overloads.toSorted((a, b) => deliveredRate(a) - deliveredRate(b))[
    Math.floor(overloads.length / 2)
  ];
  if (middle === undefined) return null;
  const deliveredPerSecond = deliveredRate(middle);
  const isOverload = knee !== null && knee.value !== null && raisedRate(middle) > (knee.high ?? knee.value);
  return { deliveredPerSecond, ofKnee: isOverload ? deliveredPerSecond / knee.value : null };
};

const recovered = (probes: readonly Probe[]): LoadRow["recovery"] | undefined => {
  const flood = probes.find(({ kind }) => kind === "flood");
  const after = probes.find(({ kind }) => kind === "recovery");
  return flood === undefined || after === undefined ? undefined : recoveryOf(flood, after);
};

const curveOf = (
  probes: readonly Probe[],
  start: number,
  criterion: LoadRow["criterion"],
): readonly CurvePoint[] => {
  const limitNs = waitLimitNs(probes);
  return probes.flatMap((probe): readonly CurvePoint[] => {
    const observation = probe.kind === "recovery" ? undefined : observationOf(probe, criterion, limitNs);
    if (observation === undefined || probe.operations === 0) return [];
    return [
      {
        rate: observation.rate,
        bad: Math.min(1, observation.bad / probe.operations),
        lost: lostIn(probe) / probe.operations,
        operations: probe.operations,
        start,
      },
    ];
  });
};

const STEPS: readonly LoadStep["at"][] = ["fixed", "below", "at", "above", "flood", "flat-out"];

/** The rates that were tried, by where they lie: what became of the operations there. */
const stepsOf = (starts: readonly Start[], knee: Knee | null): readonly LoadStep[] => {
  const placed = starts.flatMap(({ outcome }) =>
    outcome.probes.flatMap((probe) => {
      const at = placeOf(probe, knee);
      return at === undefined ? [] : [{ at, probe }];
    }),
  );
  return STEPS.flatMap((at) => {
    const probes = placed.filter((one) => one.at === at).map(({ probe }) => probe);
    return probes.length === 0 ? [] : [stepOf(at, probes)];
  });
};

/** Of the recovery alone nothing is said here: half of the knee after an overload is no steady load. */
const placeOf = (probe: Probe, knee: Knee | null): LoadStep["at"] | undefined => {
  switch (probe.kind) {
    case "overload":
      return "flat-out";
    case "flood":
      return "flood";
    case "calm":
    case "search":
    case "hold":
    case "exceed": {
      const rate = offeredRate(probe.load) ?? 0;
      if (knee === null) return undefined;
      // Where most starts did not reach it, some may have been brought to drop by rates that others held.
      if (knee.value === null) return "fixed";
      if (rate < knee.low) return "below";
      return knee.high === null || rate <= knee.high ? "at" : "above";
    }
    case "pilot":
    case "burst":
    case "recovery":
      return undefined;
  }
};

const stepOf = (at: LoadStep["at"], probes: readonly Probe[]): LoadStep => {
  const rates = probes.map(raisedRate);
  const isOpen = probes.every(({ load }) => load.kind === "open");
  return {
    at,
    slowest: Math.min(...rates),
    fastest: Math.max(...rates),
    operations: total(probes, ({ operations }) => operations),
    lost: total(probes, lostIn),
    late: total(probes, ({ late }) => late),
    p99Ns: isOpen ? Math.max(...probes.map(({ latency }) => quantileNs(latency, 0.99))) : null,
    restMs: Math.max(...probes.map(({ restMs }) => restMs)),
  };
};
