import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BASELINE,
  COVERAGE_SECONDS,
  Outside,
  OVERFLOW_SECONDS,
  type Plan,
  TECHNIQUE_TIMES,
  trialsIn,
} from "../../src/domain/plan.ts";
import { type Load, runsOf, type Scenario } from "../../src/domain/scenario.ts";
import type { Family } from "../../src/domain/units.ts";
import { buildPlan, countTrials } from "../../src/plan/build-plan.ts";
import { forecastSeconds } from "../../src/plan/duration.ts";
import { PROFILES } from "../../src/plan/profiles.ts";

const CLOSED: Load = { kind: "closed", batches: 10, batchOperations: 100, warmupOperations: 10 };
const OPEN: Load = {
  kind: "open",
  ratePerSecond: 500,
  batches: 10,
  batchOperations: 50,
  warmupOperations: 10,
};

const scenario = (
  id: string,
  family: Family | undefined,
  kind: "native" | "tinybench" = "native",
): Scenario => ({
  id,
  title: id,
  summary: id,
  ...(family === undefined
    ? {}
    : { emits: { family, tokenIn: "argument" as const }, represents: true as const }),
  operations: ["op"],
  driver: kind === "native" ? { kind, program: id } : { kind, module: `${id}.ts` },
  loads: { small: [CLOSED], medium: [CLOSED, OPEN], large: [CLOSED, OPEN] },
});

const SCENARIOS = [
  scenario("process-exec", "exec"),
  scenario("file-open", "file"),
  scenario("network-connect", "network"),
  scenario("syscall-tax", undefined),
  scenario("service", undefined, "tinybench"),
];
const AGENTS = [
  { id: "a", role: "sensor", observes: ["exec", "file", "network"] },
  { id: "b", role: "sensor", observes: ["exec"] },
  { id: "c", role: "sensor", observes: ["file"] },
] as const;

const plan = (overrides: Partial<Parameters<typeof buildPlan>[0]> = {}): Plan =>
  buildPlan({
    seed: 7,
    profile: PROFILES.quick,
    agents: AGENTS,
    scenarios: SCENARIOS,
    blocks: 4,
    filesOn: "disk",
    stop: "fixed",
    timeBudgetSeconds: undefined,
    budgets: [],
    budgetSource: "none",
    ...overrides,
  });

const agentsOf = (block: Plan["blocks"][number]): string[] => block.turns.map((turn) => turn.agent);

describe("a plan for an emulated CPU", () => {
  const loadsOf = (id: string, request: Parameters<typeof plan>[0]): readonly Load[] =>
    plan({ profile: PROFILES.standard, ...request })
      .blocks.flatMap(({ turns }) => turns.flatMap(({ trials }) => trials))
      .flatMap((trial) => (trial.scenario === id ? [trial.load] : []));

  test("has a tenth of the operations in a closed loop, and all batches", () => {
    const tenth: Load = { kind: "closed", batches: 10, batchOperations: 10, warmupOperations: 1 };
    const loads = loadsOf("process-exec", { emulated: true });
    expect(loads).toContainEqual(tenth);
    expect(loads).not.toContainEqual(CLOSED);
    expect(loadsOf("process-exec", { emulated: false })).toContainEqual(CLOSED);
  });

  test("keeps a rate as it is, whole rounds of techniques, and a service's requests", () => {
    const rounds: Scenario = {
      ...scenario("rounds", "high-value"),
      techniques: [
        { id: "one", title: "one" },
        { id: "two", title: "two" },
      ],
    };
    const request = { emulated: true, scenarios: [...SCENARIOS, rounds] };
    expect(loadsOf("process-exec", request)).toContainEqual(OPEN);
    expect(loadsOf("rounds", request)).toContainEqual(CLOSED);
    expect(loadsOf("service", request)).toContainEqual(CLOSED);
  });
});

describe("a plan", () => {
  test("is the same for the same seed and another for another", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        expect(plan({ seed })).toEqual(plan({ seed }));
      }),
    );
    const orders = new Set(
      [1, 2, 3, 4, 5].map((seed) => JSON.stringify(plan({ seed }).blocks.map(agentsOf))),
    );
    expect(orders.size).toBeGreaterThan(1);
  });

  test("holds in every block each agent once and the baseline twice, once in each half", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.integer({ min: 0, max: AGENTS.length }),
        (seed, count) => {
          const agents = AGENTS.slice(0, count);
          for (const block of plan({ seed, agents }).blocks) {
            const order = agentsOf(block);
            expect([...order].sort()).toEqual(
              [...agents.map((agent) => agent.id), BASELINE, BASELINE].sort(),
            );
            expect(
              block.turns.filter((turn) => turn.agent === BASELINE).map((turn) => turn.baseline),
            ).toEqual([1, 2]);
            const first = order.indexOf(BASELINE);
            const firstHalf = 1 + Math.ceil(count / 2);
            expect(first).toBeLessThan(firstHalf);
            expect(order.lastIndexOf(BASELINE)).toBeGreaterThanOrEqual(firstHalf);
          }
        },
      ),
    );
  });

  test("gives an agent the workloads it observes and those that concern every process, and the baseline all", () => {
    const [block] = plan().blocks;
    const scenariosOf = (agent: string): string[] | undefined =>
      block?.turns
        .find((turn) => turn.agent === agent)
        ?.trials.map((trial) => trial.scenario)
        .sort();
    expect(scenariosOf("b")).toEqual(["process-exec", "service", "syscall-tax"]);
    expect(scenariosOf("c")).toEqual(["file-open", "service", "syscall-tax"]);
    expect(scenariosOf(BASELINE)).toEqual(SCENARIOS.map(({ id }) => id).sort());
  });

  test("gives one as its vendor ships it every workload: nobody knows what it looks at", () => {
    const [block] = plan({ agents: [{ id: "a@shipped", role: "sensor", observes: [] }] }).blocks;
    const trials = block?.turns.find((turn) => turn.agent === "a@shipped")?.trials ?? [];
    expect(new Set(trials.map(({ scenario: id }) => id))).toEqual(new Set(SCENARIOS.map(({ id }) => id)));
  });

  test("asks a calibration agent only for closed loops whose events are counted", () => {
    const agents = [
      { id: "calibration-cost@500", role: "calibration", observes: ["exec", "file", "network"] },
    ] as const;
    const [block] = plan({ profile: PROFILES.standard, agents }).blocks;
    const trials = block?.turns.find((turn) => turn.agent === "calibration-cost@500")?.trials ?? [];
    expect(trials.map((trial) => `${trial.scenario} ${trial.load.kind}`).sort()).toEqual([
      "file-open closed",
      "network-connect closed",
      "process-exec closed",
    ]);
  });

  test("gives every agent every workload in the thorough profile", () => {
    const [block] = plan({ profile: PROFILES.thorough }).blocks;
    for (const turn of block?.turns ?? []) {
      expect(new Set(turn.trials.map((trial) => trial.scenario)).size).toBe(SCENARIOS.length);
    }
  });

  test("gives every trial an id of its own that ends in 1 to e and is never a sentinel's", () => {
    const ids = plan({ blocks: 60 }).blocks.flatMap((block) =>
      block.turns.flatMap((turn) => turn.trials.map((trial) => trial.id)),
    );
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^(?!fff)[0-9a-f]{3}[1-e]$/);
  });

  test("pins tight loops, and leaves services and steady loads to the scheduler", () => {
    const trials = plan({ profile: PROFILES.standard }).blocks.flatMap((block) =>
      block.turns.flatMap((turn) => turn.trials),
    );
    const pinned = trials.filter((trial) => trial.placement === "pinned");
    expect(pinned.length).toBeGreaterThan(0);
    for (const trial of pinned)
      expect([trial.load.kind, trial.scenario === "service"]).toEqual(["closed", false]);
    const open = trials.filter((trial) => trial.load.kind === "open");
    expect(open.length).toBeGreaterThan(0);
    for (const trial of open) expect(trial.placement).toBe("free");
  });

  test("forces an overflow of each sensor by each family that it observes, when asked to and never otherwise", () => {
    const agents = [
      ...AGENTS,
      { id: "calibration-cost@500", role: "calibration", observes: ["exec", "file"] },
      // What a team's own policy reports is not known beforehand.
      { id: "d@policy", role: "sensor", observes: ["exec"], policy: { of: "d", part: "all", rule: null } },
    ] as const;
    const forced = [
      ["a", "process-exec"],
      ["a", "file-open"],
      ["a", "network-connect"],
      ["b", "process-exec"],
      ["c", "file-open"],
    ];
    const overflowOf = (overrides: Parameters<typeof plan>[0]): string[][] | undefined =>
      plan({ agents, ...overrides })
        .overflow?.filter(({ outside }) => outside === undefined)
        .map(({ agent, trial }) => [agent, trial.scenario]);
    expect(overflowOf({})).toBeUndefined();
    expect(overflowOf({ overflow: true })).toEqual(forced);
    // An agent that blocks holds up the whole node meanwhile: nobody gets that without asking for it.
    for (const profile of Object.values(PROFILES)) expect(overflowOf({ profile })).toBeUndefined();
    expect(overflowOf({ overflow: true, scenarios: SCENARIOS.slice(0, 1) })).toEqual([forced[0], forced[3]]);
  });

  test("makes what is outside of each sensor stand still once, by the first family that it observes", () => {
    const { overflow = [], agents } = plan({ overflow: true });
    const outside = overflow.filter((turn) => turn.outside !== undefined);
    const sensors = agents.filter((id) => overflow.some(({ agent }) => agent === id));
    expect(outside.map(({ agent, outside: what }) => `${agent} ${what}`).toSorted()).toEqual(
      sensors.flatMap((id) => Outside.options.map((one) => `${id} ${one}`)).toSorted(),
    );
    for (const { agent, trial } of outside)
      expect(trial.scenario).toBe(overflow.find((turn) => turn.agent === agent)?.trial.scenario);
  });

  test("tries techniques under each sensor of a known configuration, when asked to and never otherwise", () => {
    const techniques = ["exec-path", "open-io-uring"];
    const policy = { of: "a@policy", rule: null, part: "all" } as const;
    const telling = { deeds: {} };
    const agents = [
      ...AGENTS.map((agent) => ({ ...agent, telling })),
      { id: "calibration", role: "calibration", observes: ["exec"] },
      { id: "attached", role: "attached", observes: ["exec"], costOnly: true },
      { id: "a@policy", role: "sensor", observes: ["exec"], costOnly: true, policy },
      {
        id: "a@policy-x",
        role: "sensor",
        observes: ["exec"],
        policy: { ...policy, part: "rule", rule: "x" },
      },
      { id: "a@none", role: "sensor", observes: ["exec", "file"], uncounted: ["exec", "file"], sink: "none" },
      { id: "a@shipped", role: "sensor", observes: [], telling },
      { id: "a@protobuf", role: "sensor", observes: ["exec"], telling, sink: "protobuf-file" },
      { id: "yaml", role: "sensor", observes: ["exec"] },
    ] as unknown as typeof AGENTS;
    const whole = plan({ agents, techniques });
    const { coverage, ...rest } = whole;
    expect(coverage).toMatchObject({ times: TECHNIQUE_TIMES, techniques });
    expect(coverage?.turns.map(({ agent }) => agent)).toEqual(["a", "b", "c"]);
    expect(coverage?.untried?.map(({ agent, why }) => `${agent}: ${why}`)).toEqual([
      expect.stringMatching(/^attached: .*owner/),
      expect.stringMatching(/^a@policy: .*team/),
      expect.stringMatching(/^a@none: not counted: .*exec, file/),
      expect.stringMatching(/^a@shipped: not counted: .*asked for no event/),
      expect.stringMatching(/^a@protobuf: .*protobuf-file/),
      expect.stringMatching(/^yaml: its output is not read/),
    ]);
    const ids = trialsIn(rest).map(({ id }) => id);
    for (const { id } of coverage?.turns ?? []) expect(ids).not.toContain(id);
    expect(rest).toEqual(plan({ agents }));
    expect(forecastSeconds(whole, false) - forecastSeconds(rest, false)).toBeCloseTo(3 * COVERAGE_SECONDS);
  });

  test("without blocks it isolates nothing: each agent is tried in the namespaces that it asks for", () => {
    const agents = [
      { id: "a", role: "sensor", observes: ["exec"], isolation: ["mount"], telling: { deeds: {} } },
    ] as const;
    expect(plan({ agents }).isolation).toEqual(["mount"]);
    const alone = plan({ agents, blocks: 0, techniques: ["exec-path"] });
    expect(alone).not.toHaveProperty("isolation");
    expect(alone.coverage?.turns).toHaveLength(1);
  });

  test("gives an overflow a trial id of its own and time in the forecast, and leaves the blocks as they are", () => {
    const without = plan();
    const { overflow = [], ...rest } = plan({ overflow: true });
    expect(rest).toEqual(without);
    const taken = without.blocks.flatMap(({ turns }) =>
      turns.flatMap(({ trials }) => trials.map(({ id }) => id)),
    );
    for (const { trial } of overflow) expect(taken).not.toContain(trial.id);
    expect(forecastSeconds({ ...rest, overflow }, false) - forecastSeconds(without, false)).toBeCloseTo(
      overflow.length * OVERFLOW_SECONDS,
    );
  });

  test("forecasts a node that is as much slower as its limits are longer, beyond what an emulated one has anyway", () => {
    const one = plan({ blocks: 1, overflow: true });
    expect(forecastSeconds(one, false, 5)).toBeCloseTo(5 * forecastSeconds(one, false));
    expect(forecastSeconds(one, true, 5)).toBeCloseTo(forecastSeconds(one, true));
    expect(forecastSeconds(one, true, 20)).toBeCloseTo(4 * forecastSeconds(one, true));
  });

  test("counts its trials and forecasts as many whole blocks as the time budget has room for, the first in any case", () => {
    const one = plan({ blocks: 1 });
    expect(countTrials(one)).toBe(2 * 5 + 5 + 3 + 3);
    const block = forecastSeconds(one, false);
    const within = (timeBudgetSeconds: number, emulated = false): number =>
      forecastSeconds(plan({ blocks: 1000, timeBudgetSeconds }), emulated);
    expect(within(2.5 * block)).toBeCloseTo(2 * block);
    expect(within(0.5 * block)).toBeCloseTo(block);
    expect(within(2.5 * block, true)).toBeCloseTo(forecastSeconds(one, true));
  });
});

describe("a plan with scenarios that are watched", () => {
  const NONE = { small: [], medium: [], large: [] } as const;
  const rest: Scenario = {
    ...scenario("at-rest", undefined),
    driver: { kind: "none" },
    watch: { blocks: 4, seconds: { small: 60, medium: 120, large: 300 }, afterSeconds: 0 },
    loads: NONE,
  };
  const churn: Scenario = {
    ...scenario("churn", undefined),
    watch: {
      blocks: 1,
      seconds: { small: 60, medium: 120, large: 600 },
      ratePerSecond: 10,
      afterSeconds: 60,
    },
    loads: NONE,
  };

  test("has no timed block where there is nothing else, and a window of each agent in each of theirs", () => {
    const { blocks, watches = [] } = plan({ scenarios: [rest], blocks: 30 });
    expect(blocks).toEqual([]);
    expect(watches).toHaveLength(4);
    for (const { turns } of watches)
      expect(turns.map(({ agent }) => agent).sort()).toEqual(["a", "b", BASELINE, "c"].sort());
  });

  test("has timed blocks for the others, without a trial of those that are watched", () => {
    const made = plan({ scenarios: [...SCENARIOS, rest] });
    expect(made.blocks).toHaveLength(4);
    expect(made.scenarios).toContain("at-rest");
    const timed = made.blocks.flatMap(({ turns }) => turns.flatMap(({ trials }) => trials));
    expect(timed.some((trial) => trial.scenario === "at-rest")).toBe(false);
  });

  test("watches churn without a baseline, and no calibration agent", () => {
    const calibration = { id: "known", role: "calibration", observes: [] } as const;
    const { watches = [] } = plan({ scenarios: [rest, churn], agents: [...AGENTS, calibration] });
    const turns = watches.flatMap((block) => block.turns);
    expect(
      turns
        .filter((turn) => turn.scenario === "churn")
        .map(({ agent }) => agent)
        .sort(),
    ).toEqual(["a", "b", "c"]);
    expect(turns.some(({ agent }) => agent === "known")).toBe(false);
    expect(new Set(turns.map(({ id }) => id)).size).toBe(turns.length);
  });

  test("has no window of the node alone where an agent stays on it", () => {
    const { watches = [], asIs } = plan({ scenarios: [rest], asIs: true });
    expect(asIs).toBe(true);
    expect(watches.map(({ turns }) => turns.map(({ agent }) => agent).sort())).toEqual(
      watches.map(() => ["a", "b", "c"]),
    );
  });

  test("is forecast with the time that it watches, beyond any time budget", () => {
    const made = plan({ scenarios: [rest], timeBudgetSeconds: 60, watch: { blocks: 2, seconds: 30 } });
    expect(forecastSeconds(made, false)).toBeGreaterThanOrEqual(2 * 4 * 30);
  });
});

describe("a plan of rising loads with blocks beside them", () => {
  const service: Scenario = {
    ...scenario("service-exec", "exec"),
    beside: {
      storm: { scenario: "process-exec", ratePerSecond: 100 },
      settings: { small: ["shared"], medium: [], large: [] },
    },
    loads: { small: [OPEN], medium: [], large: [] },
  };
  const resting: Scenario = {
    ...scenario("at-rest", undefined),
    driver: { kind: "none" },
    watch: { blocks: 4, seconds: { small: 60, medium: 120, large: 300 }, afterSeconds: 0 },
    loads: { small: [], medium: [], large: [] },
  };
  const usual = (change: Partial<Parameters<typeof plan>[0]> = {}): Plan =>
    plan({
      profile: PROFILES.load,
      scenarios: [service, resting],
      workloads: SCENARIOS,
      underLoad: "usual",
      blocks: 12,
      timeBudgetSeconds: PROFILES.load.timeBudgetSeconds,
      ...change,
    });

  test("takes no more than the profile's time, what is watched included", () => {
    expect(forecastSeconds(usual(), false)).toBeLessThan(PROFILES.load.timeBudgetSeconds);
    const many = Array.from({ length: 5 }, (_, index) => ({ ...AGENTS[0], id: `agent-${index}` }));
    expect(forecastSeconds(usual({ agents: many }), false)).toBeLessThan(PROFILES.load.timeBudgetSeconds);
  });

  test("has in its blocks only those that have something to do there, and every agent under load and at rest", () => {
    const { blocks, load = [], watches = [] } = usual();
    expect(blocks.map(({ turns }) => turns.map(({ agent }) => agent).toSorted())).toEqual(
      Array.from({ length: 12 }, () => ["a", "b", BASELINE, BASELINE]),
    );
    expect(new Set(load.map(({ agent }) => agent))).toEqual(new Set(["a", "b", "c"]));
    expect(watches).toHaveLength(1);
    expect(watches[0]?.turns.map(({ agent, seconds }) => [agent, seconds]).toSorted()).toEqual(
      ["a", "b", BASELINE, "c"].toSorted().map((agent) => [agent, 30]),
    );
  });

  test("searches for less long where the blocks need the time, and no less than a search takes", () => {
    const longest = ({ load = [] }: Plan): number => Math.max(...load.map(({ seconds }) => seconds));
    expect(longest(usual({ timeBudgetSeconds: 3600 }))).toBe(60);
    expect(longest(usual({ timeBudgetSeconds: 600 }))).toBe(30);
  });
});

test("a trial whose scenario says how long an operation takes is forecast by that, with the run that warms up", () => {
  const slow: Scenario = {
    ...scenario("slow", undefined),
    driver: { kind: "command", needs: {}, run: "true" },
    secondsEach: 10,
    loads: runsOf(2),
  };
  const { blocks } = plan({ scenarios: [slow] });
  const trials = blocks.flatMap(({ turns }) => turns.flatMap((turn) => turn.trials));
  expect(new Set(trials.map(({ seconds }) => seconds))).toEqual(new Set([30]));
  expect(new Set(trials.map(({ placement }) => placement))).toEqual(new Set(["free"]));
  expect(forecastSeconds(plan({ scenarios: [slow] }), false)).toBeGreaterThan(4 * 5 * 30);
});
