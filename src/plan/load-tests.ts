/** What `--scenarios` names beside the workloads: an agent under rising load. Their turns come in rounds, so that time which is short is short for all. */
import { shuffle } from "simple-statistics";
import type { Agent } from "../domain/agent.ts";
import type { Scenario } from "../domain/scenario.ts";
import {
  BUFFER_FACTORS,
  type BufferFactor,
  type LoadPart,
  type LoadTurn,
  loadTurnSeconds,
} from "../domain/under-load.ts";
import { PLAIN_FAMILIES, type PlainFamily } from "../domain/units.ts";

const ASPECTS = {
  knee: "the highest rate without loss, by three starts",
  burst: "the largest burst without loss",
  recovery: "the time until all is as before, after an overload",
  sweep: "knee and burst with a quarter of the agent's own buffer, and with four times as much",
} as const;
type Aspect = keyof typeof ASPECTS;

const OPERATIONS: Readonly<Record<PlainFamily, string>> = { exec: "exec", file: "open", network: "connect" };

export interface LoadTest {
  readonly id: string;
  readonly aspect: Aspect;
  readonly family: PlainFamily;
  readonly summary: string;
}

export const LOAD_TESTS: ReadonlyMap<string, LoadTest> = new Map(
  (Object.keys(ASPECTS) as Aspect[]).flatMap((aspect) =>
    PLAIN_FAMILIES.map((family) => {
      const id = `${aspect}-${OPERATIONS[family]}`;
      return [id, { id, aspect, family, summary: `${OPERATIONS[family]}: ${ASPECTS[aspect]}` }] as const;
    }),
  ),
);

/** What a profile asks of each agent. */
const USUAL: readonly Aspect[] = ["knee", "burst", "recovery"];

const STARTS = 3;
/** A search may take so long, and less where there is little time for many. */
const MAX_SECONDS = 60;
const MIN_SECONDS = 30;

type Loaded = Pick<Agent, "id" | "role" | "observes" | "injects" | "policy" | "knob">;

export interface LoadRequest {
  /** Absent: what is usual, of one workload that the agent observes. */
  readonly tests?: readonly LoadTest[];
  readonly agents: readonly Loaded[];
  readonly scenarios: readonly Scenario[];
  /** For all of them; absent: no limit. */
  readonly seconds?: number | undefined;
  /** In [0, 1). */
  readonly random: () => number;
}

export const loadTurns = (request: LoadRequest): readonly LoadTurn[] => {
  const { agents, scenarios, tests, random, seconds } = request;
  const asked = agents.filter(isLoaded).flatMap((agent) =>
    PLAIN_FAMILIES.flatMap((family) => {
      const scenario = scenarios.find(
        ({ represents, emits }) => represents === true && emits?.family === family,
      );
      const aspects = new Set(aspectsOf(agent, family, tests));
      return scenario === undefined || aspects.size === 0 || !agent.observes.includes(family)
        ? []
        : turnsOf(agent, scenario.id, aspects);
    }),
  );
  const rounds = [...Map.groupBy(asked, ({ start, buffer }) => (buffer === 1 ? start : STARTS + 1))]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([, round]) => shuffle(round, random));
  return withinTime(rounds, seconds);
};

/** A calibration agent that takes part has a knee that is known. */
const isLoaded = ({ role, injects, policy }: Loaded): boolean =>
  policy === undefined && (role === "sensor" || role === "attached" || injects?.kind === "rate");

const aspectsOf = (
  agent: Loaded,
  family: PlainFamily,
  tests: readonly LoadTest[] | undefined,
): readonly Aspect[] => {
  if (tests !== undefined) return tests.flatMap((test) => (test.family === family ? [test.aspect] : []));
  return family === PLAIN_FAMILIES.find((one) => agent.observes.includes(one)) ? USUAL : [];
};

const turnsOf = (agent: Loaded, scenario: string, aspects: ReadonlySet<Aspect>): readonly LoadTurn[] => {
  const hasKnee = aspects.has("knee");
  const sweeps = aspects.has("sweep") && agent.knob !== undefined;
  const isAsked = hasKnee || aspects.has("burst") || aspects.has("recovery") || sweeps;
  const starts = isAsked ? (hasKnee && agent.role !== "calibration" ? STARTS : 1) : 0;
  const turn = (start: number, buffer: BufferFactor, parts: readonly LoadPart[]): LoadTurn => ({
    id: [agent.id, scenario, buffer, start].join("/"),
    agent: agent.id,
    scenario,
    start,
    buffer,
    parts,
    seconds: MAX_SECONDS,
  });
  const needsKnee = hasKnee || aspects.has("recovery") || sweeps;
  const partsOf = (start: number): readonly LoadPart[] => [
    ...(start === 1 && (aspects.has("burst") || sweeps) ? (["burst"] as const) : []),
    ...(needsKnee ? (["knee"] as const) : []),
    // By the second start two knees are known.
    ...(start === Math.min(2, starts) && aspects.has("recovery") ? (["recovery"] as const) : []),
    ...(start === starts && hasKnee ? (["confirm"] as const) : []),
  ];
  return [
    ...Array.from({ length: starts }, (_, index) => turn(index + 1, 1, partsOf(index + 1))),
    ...(sweeps
      ? BUFFER_FACTORS.filter((factor) => factor !== 1).map((factor) => turn(1, factor, ["burst", "knee"]))
      : []),
  ];
};

const withinTime = (turns: readonly LoadTurn[], seconds: number | undefined): readonly LoadTurn[] => {
  if (seconds === undefined) return turns;
  const searches = turns.filter(({ parts }) => parts.includes("knee")).length;
  const all = turns.reduce((sum, turn) => sum + loadTurnSeconds(turn), 0);
  if (searches === 0 || all <= seconds) return turns;
  const each = Math.max(MIN_SECONDS, Math.floor(MAX_SECONDS - (all - seconds) / searches));
  return turns.map((turn) => ({ ...turn, seconds: each }));
};
