import { describe, expect, test } from "vitest";
import { compare } from "../../../src/analyse/compare/compare.ts";
import type { Loaded } from "../../../src/analyse/compare/conditions.ts";
import type { Fleet, FleetAnswer } from "../../../src/domain/fleet.ts";
import { missing, value } from "../../../src/domain/units.ts";
import { CLOSED } from "../support/record-builder.ts";
import { sideOf, type SideSpec } from "../support/sides.ts";

const fleetOf = (...sides: readonly Loaded[]): Fleet => {
  const result = compare(sides);
  if (result.kind === "refused") throw new Error(`refused: ${result.conflicts.map(({ key }) => key).join()}`);
  return result.comparison.fleet;
};

type Host = NonNullable<SideSpec["host"]>;

const atMost = (ns: number): NonNullable<SideSpec["run"]> => ({
  budgets: [
    { scenario: "*", metric: "workload-cpu", limit: { kind: "absolute", value: ns } },
    { scenario: "*", metric: "loss", limit: { kind: "percent", percent: 0.1 } },
  ],
});
const BUDGET = atMost(150);

const nodeOf = (name: string, costNs: number, seed: number, more: SideSpec = {}): Loaded =>
  sideOf({ costNs, seed, run: BUDGET, ...more, host: { hostname: name, ...more.host } });

const nodes = (costs: readonly number[], more: (index: number) => SideSpec = () => ({})): readonly Loaded[] =>
  costs.map((costNs, index) => nodeOf(`n${index + 1}`, costNs, index + 1, more(index)));

const answerOf = (fleet: Fleet, stratum = 0): FleetAnswer => {
  const answer = fleet.answers.find((one) => one.agent === "probe" && one.stratum === stratum);
  if (answer === undefined) throw new Error("no answer");
  return answer;
};

const costIn = (fleet: Fleet, stratum = 0) =>
  fleet.figures.find((one) => one.metric === "workload-cpu" && one.stratum === stratum);

const WITHIN = [100, 104, 97, 102, 99, 101];

describe("six nodes of one kind, all within", () => {
  const fleet = fleetOf(...nodes(WITHIN));

  test("are within, and one more would be", () => {
    expect(answerOf(fleet)).toMatchObject({
      answer: "within",
      why: [{ kind: "within", nodes: 6 }],
      within: [0, 1, 2, 3, 4, 5],
      over: [],
    });
  });

  test("leave open that 39.3 % of such nodes are over: 1 - 0.05^(1/6)", () => {
    expect(answerOf(fleet).overAtMost).toBeCloseTo(1 - 0.05 ** (1 / 6), 9);
  });

  test("have a mean, a spread and a place for one more, all about what was put in", () => {
    const fit = costIn(fleet)?.fit;
    expect(fit?.mean.value).toBeGreaterThan(97);
    expect(fit?.mean.value).toBeLessThan(104);
    expect(fit?.spread).toBeLessThan(5);
    expect(fit?.next.low).toBeGreaterThan(80);
    expect(fit?.next.high).toBeLessThan(120);
  });

  test("have a ratio of the same kind", () => {
    expect(costIn(fleet)?.ratio?.mean.value).toBeCloseTo(1.1, 2);
  });
});

/** Solved from the binomial sum itself: so many or fewer are over with 5 %. */
test.each([
  [5, 0, 0.45071972834694],
  [10, 0, 0.25886555089305],
  [10, 1, 0.3941633024365],
  [20, 2, 0.28261852488586],
])("of %d nodes, of which %d are over, so many may be", (count, over, bound) => {
  const costs = Array.from({ length: count }, (_, index) => (index < over ? 400 : 100));
  const answer = answerOf(fleetOf(...nodes(costs)));
  expect(answer.over).toHaveLength(over);
  expect(answer.overAtMost).toBeCloseTo(bound, 6);
});

test("all nodes within is not enough where they differ so much that one more may be over", () => {
  const fleet = fleetOf(...nodes([60, 80, 100, 120, 140], () => ({ run: atMost(160) })));
  expect(answerOf(fleet)).toMatchObject({ answer: "not-known", over: [], notKnown: [] });
  expect(answerOf(fleet).why).toEqual([{ kind: "next-over", figures: [0] }]);
});

test("a budget in percent is judged by the ratio", () => {
  const percent = (limit: number): SideSpec => ({
    run: { budgets: [{ scenario: "*", metric: "workload-cpu", limit: { kind: "percent", percent: limit } }] },
  });
  expect(answerOf(fleetOf(...nodes(WITHIN, () => percent(15)))).answer).toBe("within");
  expect(answerOf(fleetOf(...nodes([60, 80, 100, 120, 130], () => percent(15)))).answer).toBe("not-known");
});

describe("one bad node", () => {
  const bad = nodes([100, 104, 97, 102, 400, 99, 101, 98], (index) => ({
    host: {
      kernel: index === 4 ? "6.1.99" : "6.1.0",
      governor: value(index === 4 ? "powersave" : "performance"),
      mitigations: value(`microcode of batch ${index}`),
    },
  }));
  const fleet = fleetOf(...bad);

  test("is named with what differs there, but not with what varies among the others as well", () => {
    expect(costIn(fleet)?.outlying).toEqual([
      {
        node: 4,
        differs: [
          { kind: "text", key: "kernel", value: "6.1.99", others: "6.1.0" },
          { kind: "text", key: "governor", value: "powersave", others: "performance" },
        ],
      },
    ]);
  });

  test("is over, and so is the answer", () => {
    expect(answerOf(fleet)).toMatchObject({ answer: "over", over: [4] });
    expect(answerOf(fleet).why[0]).toEqual({ kind: "over", nodes: [4] });
  });

  test("stays in the figures", () => {
    expect(costIn(fleet)?.nodes).toHaveLength(8);
    expect(costIn(fleet)?.fit?.mean.value).toBeGreaterThan(120);
  });
});

test("steal, and a slower operation without an agent, are named where a node has them", () => {
  const slow: SideSpec = {
    run: {
      ...BUDGET,
      cpuNs: ({ agent, block }) => 2000 + (agent === "probe" ? 600 : 0) + block,
      outcome: (_, usual) => ({ ...usual, noise: { ...usual.noise, stealPercent: value(4) } }),
    },
  };
  const fleet = fleetOf(...nodes([100, 104, 97, 102, 99, 100], (index) => (index === 5 ? slow : {})));
  const [odd] = costIn(fleet)?.outlying ?? [];
  expect(odd?.node).toBe(5);
  expect(odd?.differs).toContainEqual(expect.objectContaining({ key: "steal", value: 4 }));
  expect(odd?.differs).toContainEqual(expect.objectContaining({ key: "baseline", kind: "number" }));
});

describe("too few nodes", () => {
  test.each([1, 2, 3])("%d of a kind have no interval, and it is said how many are needed", (count) => {
    const fleet = fleetOf(...nodes(WITHIN.slice(0, count)));
    expect(costIn(fleet)).toMatchObject({ fit: null, ratio: null, outlying: [] });
    expect(costIn(fleet)?.nodes).toHaveLength(count);
    expect(answerOf(fleet)).toMatchObject({
      answer: "not-known",
      why: [{ kind: "few-nodes", nodes: count, needed: 4 }],
    });
    expect(answerOf(fleet).overAtMost).toBeCloseTo(1 - 0.05 ** (1 / count), 9);
  });

  test("a node with too few blocks for an interval is none of the four", () => {
    const fleet = fleetOf(
      ...nodes([100, 104, 97, 102], (index) => (index === 0 ? { run: { ...BUDGET, blocks: 3 } } : {})),
    );
    expect(costIn(fleet)?.fit).toBeNull();
    expect(answerOf(fleet).answer).toBe("not-known");
  });
});

describe("a node", () => {
  const at = (day: number): SideSpec => ({ header: { startedAt: `2026-01-0${day}T00:00:00.000Z` } });

  test("with several records is one node; the latest stands for it", () => {
    const fleet = fleetOf(
      nodeOf("n1", 100, 1, at(1)),
      nodeOf("n2", 100, 2),
      nodeOf("n1", 100, 3, at(3)),
      nodeOf("n1", 100, 4, at(2)),
    );
    expect(fleet.nodes.map(({ name, sides, side }) => ({ name, sides, side }))).toEqual([
      { name: "n1", sides: [0, 3, 2], side: 2 },
      { name: "n2", sides: [1], side: 1 },
    ]);
  });

  test("whose latest record cannot be judged is told by an earlier one", () => {
    const last: SideSpec = { header: { ...at(2).header, foreignSensors: ["falco"] } };
    const [node] = fleetOf(nodeOf("n1", 100, 1, at(1)), nodeOf("n1", 100, 2, last)).nodes;
    expect(node).toMatchObject({ side: 0, aside: null });
  });

  test.each<[string, Host, Host, number]>([
    [
      "one boot, whatever a container calls itself",
      { bootId: value("b") },
      { hostname: "pod-2", bootId: value("b") },
      1,
    ],
    [
      "one name, two machine IDs",
      { machineIdHash: value("1") },
      { machineIdHash: value("2"), bootId: value("b") },
      2,
    ],
    ["one name, no machine ID", { machineIdHash: missing("none") }, { bootId: value("b") }, 1],
    ["two names", {}, { hostname: "other" }, 2],
  ])("is known by its host facts: %s", (_, first, second, count) => {
    expect(fleetOf(sideOf({ host: first }), sideOf({ host: second, seed: 2 })).nodes).toHaveLength(count);
  });

  test("of another's machine ID is another, and that is said", () => {
    const fleet = fleetOf(
      nodeOf("n1", 100, 1, { host: { machineIdHash: value("1") } }),
      nodeOf("n2", 100, 2, { host: { machineIdHash: value("1") } }),
    );
    expect(fleet.nodes).toHaveLength(2);
    expect(fleet.sameId).toEqual([[0, 1]]);
  });
});

describe("a node is not judged with the others", () => {
  test.each<[string, SideSpec, object]>([
    ["emulated", { host: { emulated: true } }, { kind: "emulated" }],
    [
      "with other sensors on it",
      { header: { foreignSensors: ["falco (pid 1)"] } },
      { kind: "foreign-sensors", sensors: ["falco (pid 1)"] },
    ],
    ["without a block", { run: { ...BUDGET, blocks: 0 } }, { kind: "not-benched" }],
    [
      "measured otherwise",
      { plan: { profile: "thorough" } },
      { kind: "otherwise", key: "profile", value: "thorough", others: "quick" },
    ],
    [
      "measured with a load of another shape",
      { run: { ...BUDGET, loads: [{ ...CLOSED, batches: 9 }] } },
      {
        kind: "otherwise",
        key: "load of process-exec, closed",
        value: "9 x 100 operations after 10",
        others: "3 x 100 operations after 10",
      },
    ],
  ])("%s", (_, spec, aside) => {
    const fleet = fleetOf(...nodes([100, 100, 100, 100, 100], (index) => (index === 2 ? spec : {})));
    expect(fleet.nodes[2]?.aside).toEqual(aside);
    expect(fleet.strata[fleet.nodes[2]?.stratum ?? -1]?.aside).toEqual([2]);
    expect(answerOf(fleet)).toMatchObject({ within: [0, 1, 3, 4] });
    expect(costIn(fleet)?.nodes.map(({ node }) => node)).toEqual([0, 1, 3, 4]);
  });

  test("where the agent is of another version", () => {
    const odd = nodeOf("n5", 100, 5);
    const other: Loaded = {
      ...odd,
      view: { ...odd.view, agents: odd.view.agents.map((one) => ({ ...one, version: "2" })) },
    };
    const fleet = fleetOf(...nodes([100, 100, 100, 100]), other);
    expect(fleet.nodes[4]?.aside).toBeNull();
    expect(answerOf(fleet)).toMatchObject({
      within: [0, 1, 2, 3],
      aside: [{ node: 4, why: { kind: "otherwise", key: "probe version", value: "2", others: "1" } }],
    });
  });

  test("where the agent was not part of the run", () => {
    const fleet = fleetOf(
      ...nodes([100, 100], (index) => (index === 1 ? { run: { ...BUDGET, agents: ["other"] } } : {})),
    );
    expect(answerOf(fleet).aside).toEqual([{ node: 1, why: { kind: "absent" } }]);
  });
});

test("kinds stand side by side and are never taken together", () => {
  const arm = nodes([300, 310, 290, 305], () => ({ host: { arch: "aarch64" } })).map((_, index) =>
    nodeOf(`arm${index}`, 300 + index, index + 20, { host: { arch: "aarch64" } }),
  );
  const fleet = fleetOf(...nodes(WITHIN), ...arm);
  expect(fleet.strata.map(({ short, nodes: of }) => [short, of.length])).toEqual([
    ["x86_64", 6],
    ["aarch64", 4],
  ]);
  expect(answerOf(fleet, 0).answer).toBe("within");
  expect(answerOf(fleet, 1).answer).toBe("over");
  expect(costIn(fleet, 0)?.fit?.mean.value).toBeLessThan(110);
  expect(costIn(fleet, 1)?.fit?.mean.value).toBeGreaterThan(290);
});

test("an update of the kernel makes no other kind of node, another series does", () => {
  const kernels = ["6.1.0", "6.1.7", "6.12.1"];
  const fleet = fleetOf(...nodes([100, 100, 100], (index) => ({ host: { kernel: kernels[index] ?? "" } })));
  expect(fleet.strata.map(({ nodes: of }) => of)).toEqual([[0, 1], [2]]);
});

test("nodes of two instance types are two kinds, though their CPUs and memory are the same", () => {
  const told = (instanceType: string): SideSpec => ({
    host: { kubernetes: { instanceType, pods: value(9) } },
  });
  const fleet = fleetOf(
    nodeOf("a", 100, 1, told("m7a.large")),
    nodeOf("b", 102, 2, told("c7a.large")),
    nodeOf("c", 99, 3, told("m7a.large")),
    nodeOf("d", 99, 4),
  );
  expect(fleet.strata.map(({ short, nodes: members }) => [short, members])).toEqual([
    ["m7a.large", [0, 2]],
    ["c7a.large", [1]],
    ["instance type not told", [3]],
  ]);
});

describe("two kinds of node", () => {
  const arm = (costs: readonly number[]): readonly Loaded[] =>
    costs.map((costNs, index) => nodeOf(`a${index + 1}`, costNs, 40 + index, { host: { arch: "aarch64" } }));
  const contrastsIn = ({ contrasts, figures }: Fleet) =>
    contrasts.filter(({ figures: [from] }) => figures[from]?.metric === "workload-cpu");

  test("of which one is 100 ns dearer are known to differ by that", () => {
    const fleet = fleetOf(...nodes(WITHIN), ...arm(WITHIN.map((costNs) => costNs + 100)));
    const [contrast, ...more] = contrastsIn(fleet);
    expect(more).toEqual([]);
    expect(contrast?.isKnown).toBe(true);
    expect(contrast?.figures.map((index) => fleet.figures[index]?.stratum)).toEqual([0, 1]);
    const { value: by = 0, low, high } = contrast?.difference ?? {};
    expect(by).toBeGreaterThan(95);
    expect(by).toBeLessThan(105);
    expect(low ?? 0).toBeGreaterThan(90);
    expect(high ?? Infinity).toBeLessThan(110);
  });

  test("that cost the same are not known to differ", () => {
    const [contrast] = contrastsIn(fleetOf(...nodes(WITHIN), ...arm(WITHIN.toReversed())));
    expect(contrast?.isKnown).toBe(false);
    expect(contrast?.difference.low ?? 1).toBeLessThan(0);
    expect(contrast?.difference.high ?? -1).toBeGreaterThan(0);
  });

  test("are not contrasted where one has too few nodes for an interval", () => {
    expect(contrastsIn(fleetOf(...nodes(WITHIN), ...arm([100, 104, 97])))).toEqual([]);
  });
});
