/** What the boots told -> the lines of a record. */
import type { Agent } from "../domain/agent.ts";
import { blindSpotsOf } from "../domain/claim.ts";
import type { Counting } from "../domain/counting.ts";
import type { Block } from "../domain/plan.ts";
import type { RecordLine } from "../domain/record.ts";
import type { AgentStatus, HostFingerprint } from "../domain/run-header.ts";
import type { Scenario } from "../domain/scenario.ts";
import { missing, value } from "../domain/units.ts";
import { type CountedAgent, outcomeOf } from "./outcome.ts";
import type { SaidBoot } from "./serial.ts";

const NOT_OF_A_GUEST = missing("a counting guest is made anew for each boot");

/** `arch`: as `uname -m` tells it; `release`: the Debian release of its user space. */
export const hostOf = (
  { cpu, kernel, memoryKib, clock }: SaidBoot,
  {
    arch,
    release,
    counting,
  }: { readonly arch: string; readonly release: string; readonly counting: Counting },
): HostFingerprint => ({
  hostname: "tare-count",
  machineIdHash: NOT_OF_A_GUEST,
  arch,
  kernel,
  distribution: `Debian ${release}, a few programs of it`,
  cpuModel: cpu,
  cpus: 1,
  possibleCpus: value("0"),
  memoryBytes: memoryKib * 1024,
  pageSize: value(4096),
  virtualisation: `QEMU ${counting.qemu}, counting instructions`,
  emulated: false,
  cgroup: "v2",
  clocksource: value(clock),
  governor: missing("an emulated CPU has no frequency"),
  mitigations: value("off"),
  node: "none: no Node runs in the guest",
  bootId: NOT_OF_A_GUEST,
});

const lossCounterOf = (
  { lossCounter }: Agent,
  scenarios: readonly Scenario[],
): Pick<AgentStatus, "lossCounter"> => {
  if (lossCounter === undefined) return {};
  const { unit, scope, perEvent = {} } = lossCounter;
  const ranges = scenarios.flatMap(({ id, emits }) => {
    const range = emits === undefined ? undefined : perEvent[emits.family];
    return range === undefined ? [] : [[id, [range[0], range[1]] as [number, number]] as const];
  });
  return {
    lossCounter: {
      unit,
      scope,
      perEvent: Object.fromEntries(ranges),
      span: "with-warm-up",
    },
  };
};

/** Of what it is asked for, that of which it does not see every event. */
const blindTo = (agent: Agent, scenarios: readonly Scenario[]): Pick<AgentStatus, "blindTo"> => {
  const gaps = scenarios.flatMap(({ id, emits }) => {
    if (emits === undefined || !agent.observes.includes(emits.family)) return [];
    const workload = { scenario: id, family: emits.family, emits, filesOn: "tmpfs" } as const;
    const gap = agent.coverage.gapFor?.(workload);
    return gap === undefined ? [] : [{ scenario: id, ...gap }];
  });
  return gaps.length === 0 ? {} : { blindTo: gaps };
};

const sheetOf = ({ id, title, role, observes, coverage, overload, policy }: Agent) => ({
  id,
  title,
  role,
  observes: [...observes],
  blindSpots: [...blindSpotsOf(coverage)],
  overload,
  ...(policy === undefined ? {} : { policy }),
  named: true as const,
});

export const statusOf = (
  agent: Agent,
  version: string | null,
  scenarios: readonly Scenario[],
): AgentStatus => ({
  ...sheetOf(agent),
  status: "measured",
  version,
  reason: null,
  hint: null,
  ...lossCounterOf(agent, scenarios),
  ...blindTo(agent, scenarios),
});

export const skippedStatus = (
  agent: Agent,
  { message, hint }: { readonly message: string; readonly hint: string },
): AgentStatus => ({ ...sheetOf(agent), status: "skipped", version: null, reason: message, hint });

export const BASELINE_STATUS: AgentStatus = {
  id: "baseline",
  title: "no agent",
  role: "baseline",
  status: "measured",
  version: null,
  reason: null,
  hint: null,
  observes: [],
  blindSpots: [],
};

export interface Boot {
  readonly block: Block;
  readonly said: SaidBoot;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
}

/** @throws RangeError where the boot did other turns than its block has: a mistake of tare's */
export const linesOf = (
  { block, said, startedAt, endedAt, durationMs }: Boot,
  counted: CountedAgent,
  scenarios: ReadonlyMap<string, Scenario>,
): readonly RecordLine[] => {
  const turns = block.turns.flatMap((planned, index): readonly RecordLine[] => {
    const turn = said.turns[index];
    if (turn?.agent !== planned.agent)
      throw new RangeError(`turn ${index} of block ${block.index} is not ${planned.agent}'s`);
    const own = turn.started === undefined ? undefined : counted;
    const trials = planned.trials.map((trial, at): RecordLine => {
      const told = turn.trials[at];
      const scenario = scenarios.get(trial.scenario);
      if (told?.id !== trial.id || scenario === undefined)
        throw new RangeError(`trial ${trial.id} of block ${block.index} was not told of`);
      return {
        type: "trial",
        block: block.index,
        turn: index,
        agent: planned.agent,
        baseline: planned.baseline ?? null,
        ...trial,
        attempt: 1,
        rejected: null,
        startedAt,
        outcome: outcomeOf(told, turn, scenario, own),
      };
    });
    return [
      ...trials,
      {
        type: "turn",
        block: block.index,
        turn: index,
        agent: planned.agent,
        outcome: {
          kind: "started",
          readyMs: turn.started?.readyMs ?? 0,
          stopMs: turn.started?.stopMs ?? 0,
          settings: own?.start.settings ?? {},
        },
        leftovers: [],
        endedAt,
      },
    ];
  });
  return [...turns, { type: "block", block: block.index, durationMs }];
};
