/** One answer an agent, from what a record says of it. */
import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { Decision, Decisions, Why } from "../../src/domain/decision.ts";
import { HARD, type Made, bench, hardRecord } from "../report/support/hard-records.ts";

const decided = (agents: Readonly<Record<string, Made>>): Decisions => analyse(hardRecord(agents)).decisions;

const answers = ({ agents }: Decisions): Readonly<Record<string, string>> =>
  Object.fromEntries(agents.map(({ agent, answer }) => [agent, answer]));

const of = ({ agents }: Decisions, agent: string): Decision => {
  const found = agents.find((one) => one.agent === agent);
  if (found === undefined) throw new Error(`no decision on ${agent}`);
  return found;
};

const kinds = ({ why }: Decision): readonly Why["kind"][] => why.map(({ kind }) => kind);

test("what is within comes first, then what is not known, then what is over; the cheapest of each first", () => {
  const { agents } = bench().decisions;
  expect(agents.map(({ agent, answer }) => [agent, answer])).toEqual([
    ["sensor@high-value", "within"],
    ["sensor", "within"],
    ["falco", "within"],
    ["tracee", "not-known"],
    ["tetragon", "not-known"],
    ["bpftrace@everything", "over"],
    ["auditd", "over"],
  ]);
});

test("baselines and calibration agents have no answer", () => {
  expect(
    Object.keys(answers(decided({ sensor: { share: 0.1 }, "calibration-nothing": { share: 0 } }))),
  ).toEqual(["sensor"]);
});

describe("the answer", () => {
  test("is over where one cost is, and names which", () => {
    const auditd = of(bench().decisions, "auditd");
    expect(kinds(auditd)).toEqual(["over"]);
    expect(auditd.why[0]).toMatchObject({
      checks: [
        { operation: "exec" },
        { operation: "open" },
        { operation: "connect" },
        { operation: "getppid" },
      ],
    });
  });

  test("is over where events are shed, however cheap that makes an agent", () => {
    const { agents, cheapest } = HARD.allShed().decisions;
    expect(agents.map(({ answer }) => answer)).toEqual(["over", "over", "over"]);
    expect(agents.map(({ why }) => why[0]?.kind)).toEqual(["sheds", "sheds", "sheds"]);
    expect(cheapest).toBeNull();
  });

  test("is not known where the agent crashed in one turn, although every check of the others is within", () => {
    const falco = of(HARD.oneCrashed().decisions, "falco");
    expect(falco.answer).toBe("not-known");
    expect(falco.why).toMatchObject([
      { kind: "crashed", turns: 1, ofTurns: 12, first: { exit: "killed by SIGSEGV" } },
    ]);
  });

  test("is not known on an emulated CPU, and no figure of time or loss is given", () => {
    for (const decision of HARD.emulated().decisions.agents) {
      expect(kinds(decision)).toEqual(["emulated"]);
      expect(decision).toMatchObject({ answer: "not-known", budgetUsed: null, lost: null });
      expect(decision.costs.map(({ cost, share }) => [cost, share])).toEqual(
        decision.costs.map(() => [null, null]),
      );
    }
  });

  test("is not known where nothing was measured", () => {
    const { agents, cheapest } = HARD.noneMeasured().decisions;
    expect(agents.map(kinds)).toEqual([["unmeasured"], ["unmeasured"]]);
    expect(cheapest).toBeNull();
  });

  test("is not known without a budget", () => {
    const { decisions } = analyse(hardRecord({ sensor: { share: 0.1 } }, { budgets: [] }));
    expect(kinds(of(decisions, "sensor"))).toEqual(["no-budget"]);
  });

  test("is not known where too few blocks decide, and says how many would", () => {
    const why = of(decided({ tetragon: { share: 0.9, noise: 0.05 } }), "tetragon").why[0];
    expect(why).toMatchObject({ kind: "undecided", of: 7 });
    expect(why?.kind === "undecided" ? why.blocks : null).toBeGreaterThan(12);
  });
});

test("a cost is given as a share of its budget, whatever the budget's kind", () => {
  const absolute = of(decided({ sensor: { share: 0.5 } }), "sensor").costs[0]?.share?.value;
  expect(absolute).toBeCloseTo(0.5, 1);
  const percent = analyse(
    hardRecord(
      { sensor: { share: 0.5 } },
      {
        budgets: [
          { scenario: "process-exec", metric: "system-cpu", limit: { kind: "percent", percent: 50 } },
        ],
      },
    ),
  );
  // Half of 100 us on an operation of 300 us is a sixth of it, a third of 50 %.
  expect(of(percent.decisions, "sensor").costs[0]?.share?.value).toBeCloseTo(1 / 3, 1);
});

describe("the cheapest that saw everything", () => {
  test("is neither blind nor lossy, and is known to be cheaper than the next", () => {
    const { cheapest } = bench().decisions;
    expect(cheapest).toMatchObject({ agent: "sensor", answer: "within", tied: [], next: { agent: "falco" } });
    expect(cheapest?.next?.differences.map(({ known }) => known)).toEqual([true, true, true, true]);
    expect(cheapest?.next?.differences.every(({ difference }) => (difference.low ?? -1) > 0)).toBe(true);
  });

  test("is two where they cannot be told apart", () => {
    const { cheapest } = HARD.twoTied().decisions;
    expect(new Set([cheapest?.agent, ...(cheapest?.tied ?? [])])).toEqual(new Set(["sensor", "tracee"]));
    expect(cheapest?.next?.agent).toBe("falco");
  });

  test("is said to be over where all that saw everything are", () => {
    expect(
      decided({ auditd: { share: 1.7 }, sensor: { share: 0.1, blindTo: ["file-open"] } }).cheapest,
    ).toMatchObject({
      agent: "auditd",
      answer: "over",
    });
  });

  test("may have lost what its budget allows", () => {
    expect(decided({ sensor: { share: 0.1, lost: 0.0002 } }).cheapest?.agent).toBe("sensor");
    expect(decided({ sensor: { share: 0.1, lost: 0.01 } }).cheapest).toBeNull();
  });
});

test("what was lost is told of the worst scenario, and of silence only what is known", () => {
  const { worst } = of(HARD.allShed().decisions, "falco").lost ?? {};
  expect(worst?.lossRate.value).toBeCloseTo(0.84, 2);
  expect(worst?.silent).toEqual({ low: 0, high: 0 });
  const lying = of(HARD.allShed().decisions, "tracee").lost?.worst;
  expect(lying?.silent?.low).toBe((lying?.operations ?? 0) * 0.31);
});
