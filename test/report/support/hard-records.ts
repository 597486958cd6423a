/** Records made to be decided wrongly by who reads only the first screen: of each, what it must say is known. */
import { analyse } from "../../../src/analyse/analyse.ts";
import type { Budget } from "../../../src/domain/plan.ts";
import type { RecordLine } from "../../../src/domain/record.ts";
import type { TrialOutcome } from "../../../src/domain/trial-outcome.ts";
import type { RunView } from "../../../src/domain/run-view.ts";
import { value } from "../../../src/domain/units.ts";
import {
  CLOSED,
  type RunSpec,
  type Slot,
  buildRecord,
  seededNoise,
} from "../../analyse/support/record-builder.ts";

type Measured = Extract<TrialOutcome, { readonly kind: "measured" }>;

const OPERATIONS = {
  "process-exec": { name: "exec", baselineNs: 300_000, budgetNs: 100_000 },
  "file-open": { name: "open", baselineNs: 3_000, budgetNs: 4_000 },
  "network-connect": { name: "connect", baselineNs: 40_000, budgetNs: 10_000 },
  "syscall-tax": { name: "getppid", baselineNs: 100, budgetNs: 100 },
} as const;
type ScenarioId = keyof typeof OPERATIONS;
const SCENARIOS = Object.keys(OPERATIONS) as ScenarioId[];

const BUDGETS: readonly Budget[] = [
  ...SCENARIOS.map((scenario): Budget => ({
    scenario,
    metric: "system-cpu",
    limit: { kind: "absolute", value: OPERATIONS[scenario].budgetNs },
  })),
  { scenario: "*", metric: "loss", limit: { kind: "percent", percent: 0.1 } },
];

/** What an agent of a hard record costs and loses. */
export interface Made {
  /** Share of each budget that an operation takes. */
  readonly share: number;
  /** Of its events, on every scenario that raises some. */
  readonly lost?: number;
  /** Whether its counter tells of it. */
  readonly declares?: boolean;
  readonly blindTo?: readonly ScenarioId[];
  readonly crashesIn?: number;
  /** Standard deviation over blocks, as a share of the operation without an agent. */
  readonly noise?: number;
}

const ledgerOf = (made: Made, scenario: ScenarioId, count: number): Measured["ledger"] => {
  if (scenario === "syscall-tax")
    return { kind: "not-observed", cause: "no-events", why: "the scenario raises no events" };
  if (made.blindTo?.includes(scenario) === true)
    return { kind: "not-observed", cause: "by-design", why: `${scenario} is not among what it observes` };
  const lost = Math.round(count * (made.lost ?? 0));
  return {
    kind: "counted",
    operations: count,
    delivered: count - lost,
    duplicates: 0,
    declaredLost: value(made.declares === false ? 0 : lost),
    drainMs: 3,
    drained: true,
  };
};

export const hardRecord = (
  agents: Readonly<Record<string, Made>>,
  spec: Partial<RunSpec> = {},
): readonly RecordLine[] => {
  const noise = seededNoise(spec.seed ?? 11);
  const costOf = ({ agent, scenario }: Slot): number => {
    const { baselineNs, budgetNs } = OPERATIONS[scenario as ScenarioId];
    const made = agents[agent];
    return baselineNs * (1 + (made?.noise ?? 0.01) * noise()) + (made?.share ?? 0) * budgetNs;
  };
  return buildRecord({
    blocks: 12,
    agents: Object.keys(agents),
    scenarios: SCENARIOS,
    operations: Object.fromEntries(SCENARIOS.map((scenario) => [scenario, OPERATIONS[scenario].name])),
    loads: [{ ...CLOSED, batchOperations: 400 }],
    budgets: BUDGETS,
    cpuNs: costOf,
    outcome: (slot, usual) => {
      const made = agents[slot.agent];
      if (made === undefined) return usual;
      if (made.crashesIn === slot.block)
        return {
          kind: "failed",
          stage: "in the window",
          message: "killed by SIGSEGV",
          lastLines: [],
          cause: "crashed",
          exit: "killed by SIGSEGV",
        };
      const count = usual.driver.operations.reduce((sum, one) => sum + one.count, 0);
      return { ...usual, ledger: ledgerOf(made, slot.scenario as ScenarioId, count) };
    },
    ...spec,
  });
};

/** Its agents are on the node and none of them gave a figure. */
const unmeasured = (): readonly RecordLine[] =>
  hardRecord(
    { falco: { share: 0.2 }, tetragon: { share: 0.3 } },
    {
      outcome: (slot, usual) =>
        slot.baseline === null
          ? {
              kind: "skipped",
              reason: "the kernel has no BTF",
              hint: "boot a kernel with CONFIG_DEBUG_INFO_BTF",
            }
          : usual,
    },
  );

/** However many tests look at it. */
const once = (make: () => RunView): (() => RunView) => {
  let made: RunView | undefined;
  return () => (made ??= make());
};

export const HARD = {
  allShed: once(() =>
    analyse(
      hardRecord({
        falco: { share: 0.2, lost: 0.84 },
        tracee: { share: 0.1, lost: 0.31, declares: false },
        sensor: { share: 0.05, lost: 0.02 },
      }),
    ),
  ),
  twoTied: once(() =>
    analyse(
      hardRecord({
        sensor: { share: 0.301 },
        tracee: { share: 0.3 },
        falco: { share: 0.6 },
        execsnoop: { share: 0.05, blindTo: ["file-open", "network-connect"] },
      }),
    ),
  ),
  noneMeasured: once(() => analyse(unmeasured())),
  oneCrashed: once(() =>
    analyse(hardRecord({ sensor: { share: 0.3 }, falco: { share: 0.05, crashesIn: 7 } })),
  ),
  emulated: once(() =>
    analyse(hardRecord({ sensor: { share: 0.3 }, falco: { share: 2, lost: 0.5 } }, { emulated: true })),
  ),
} satisfies Record<string, () => RunView>;

/** A run as `npm run bench` makes it: seven agents, of which some are cheap, some dear, some blind and some lossy. */
export const bench = once(() =>
  analyse(
    hardRecord({
      sensor: { share: 0.12 },
      "sensor@high-value": { share: 0.03, blindTo: ["network-connect"] },
      falco: { share: 0.55 },
      tetragon: { share: 0.98, noise: 0.05 },
      "bpftrace@everything": { share: 0.4, lost: 0.17, declares: false },
      auditd: { share: 1.7 },
      tracee: { share: 0.5, crashesIn: 3 },
    }),
  ),
);
