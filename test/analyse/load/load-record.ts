/** A record of a run under rising load, as `tare run --profile load` would write it. */
import type { RecordLine } from "../../../src/domain/record.ts";
import type { AgentStatus, Header } from "../../../src/domain/run-header.ts";
import type { LoadLine, LoadOutcome, LoadTurn, MeasuredLoad } from "../../../src/domain/under-load.ts";
import { loadTurns } from "../../../src/plan/load-tests.ts";
import { value } from "../../../src/domain/units.ts";
import type { Scenario } from "../../../src/domain/scenario.ts";
import { HEADER } from "../../support/record-lines.ts";
import { chanceOf, openProbe, sharp, startOf, type Truth } from "./simulated-agent.ts";

const LOAD = { kind: "closed", batches: 1, batchOperations: 10, warmupOperations: 0 } as const;

const EXEC: Scenario = {
  id: "process-exec",
  title: "Process start",
  summary: "execs",
  emits: { family: "exec", tokenIn: "argument" },
  represents: true,
  operations: ["exec"],
  driver: { kind: "native", program: "process-exec" },
  loads: { small: [LOAD], medium: [LOAD], large: [LOAD] },
};

const STATUS: Omit<AgentStatus, "id"> = {
  title: "an agent",
  role: "sensor",
  status: "measured",
  version: "1",
  reason: null,
  hint: null,
  observes: ["exec"],
  blindSpots: [],
  overload: "drops",
};

const BASELINE_STATUS: AgentStatus = {
  ...STATUS,
  id: "baseline",
  role: "baseline",
  observes: [],
  overload: "none",
};

export const outcomeOf = (truth: Truth, seed: number, change: Partial<MeasuredLoad> = {}): MeasuredLoad => ({
  kind: "measured",
  settings: { command: "agent" },
  readyMs: 120,
  declaredLost: value(0),
  probes: startOf(truth, seed).probes,
  ...change,
});

export interface LoadedAgent {
  readonly id: string;
  readonly status?: Partial<AgentStatus>;
  readonly outcomeOf: (turn: LoadTurn, seed: number) => LoadOutcome;
}

/** Confirmed, and with an overload of twice the knee. */
export const confirmedBy = (truth: Truth, seed: number): MeasuredLoad => {
  const chance = chanceOf(seed + 77);
  const { knee, fate } = truth;
  const at = (kind: "hold" | "exceed" | "flood", rate: number) =>
    openProbe(kind, rate, 5, fate(rate, 5, chance));
  const outcome = outcomeOf(truth, seed);
  const after = openProbe("recovery", knee / 2, 12, { lost: 0, late: 0, worksOff: knee });
  return {
    ...outcome,
    probes: [
      ...outcome.probes,
      at("flood", 2 * knee),
      {
        ...after,
        arrivals: Array.from({ length: 120 }, (_, index) => [
          100 * (index + 1),
          Math.round(Math.max(0, (knee / 2) * 0.1 * (index + 1) - (index < 20 ? knee : 0))),
        ]),
      },
      at("hold", 0.95 * knee),
      at("exceed", 1.25 * knee),
    ],
  };
};

export const loadRecord = (
  agents: readonly LoadedAgent[],
  ended: "complete" | "time-budget" = "complete",
) => {
  const load = loadTurns({
    agents: agents.map(({ id }) => ({ id, role: "sensor", observes: ["exec"] })),
    scenarios: [EXEC],
    random: () => 0.5,
  });
  const header: Header = {
    ...HEADER,
    plan: {
      ...HEADER.plan,
      profile: "load",
      agents: ["baseline", ...agents.map(({ id }) => id)],
      scenarios: [EXEC.id],
      load,
      budgetSource: "none: no cost is measured",
    },
    agents: [BASELINE_STATUS, ...agents.map(({ id, status }): AgentStatus => ({ ...STATUS, id, ...status }))],
  };
  const lines = load.flatMap((turn, index): readonly LoadLine[] => {
    const agent = agents.find(({ id }) => id === turn.agent);
    return agent === undefined
      ? []
      : [
          {
            type: "load",
            turn,
            startedAt: "2026-01-01T00:00:01.000Z",
            outcome: agent.outcomeOf(turn, index),
            leftovers: [],
          },
        ];
  });
  return [
    header,
    ...lines,
    { type: "end", endedAt: "2026-01-01T00:20:00.000Z", reason: ended, blocks: 0 },
  ] satisfies readonly RecordLine[];
};

export const SENSOR: LoadedAgent = {
  id: "sensor",
  outcomeOf: (_, seed) => confirmedBy(sharp(10_000), seed),
};
