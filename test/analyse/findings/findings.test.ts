/** Ways in which a verdict once misled: each is a real record, edited so that it would, and what is said of it now. */
import { describe, expect, test } from "vitest";
import { EXIT } from "../../../src/domain/errors.ts";
import type { Budget } from "../../../src/domain/plan.ts";
import type { RecordLine, TrialLine, TurnLine } from "../../../src/domain/record.ts";
import type { AgentStatus } from "../../../src/domain/run-header.ts";
import { renderMarkdown } from "../../../src/report/markdown.ts";
import { checkSentence } from "../../../src/report/view/in-short.ts";
import { checksOf } from "../../../src/report/view/checks.ts";
import { reasonText } from "../../../src/report/words/reasons.ts";
import { DEFAULT_BUDGETS } from "../../../src/plan/budget-file.ts";
import { warningText } from "../../../src/report/words/warnings.ts";
import {
  analysed,
  budgeted,
  counted,
  dearer,
  isOf,
  lines,
  ofToday,
  onHeader,
  onTrials,
  opens,
  verdictOn,
} from "./edited-record.ts";

const LOSS: Budget = { scenario: "file-open", metric: "loss", limit: { kind: "percent", percent: 1.25 } };

const withAgent = (change: (agent: AgentStatus) => AgentStatus): ((line: RecordLine) => RecordLine) =>
  onHeader((header) => ({
    ...header,
    agents: header.agents.map((agent) => (agent.id === "sensor" ? change(agent) : agent)),
  }));

test("the record as it is: within, exit 0, and told to be of an older method", async () => {
  const seen = await analysed((await lines()).map(budgeted(opens(4000), LOSS)));
  expect(verdictOn(seen, "workload-cpu").kind).toBe("within");
  expect(verdictOn(seen, "loss").kind).toBe("within");
  expect(seen.exit).toBe(EXIT.withinBudget);
  expect(seen.view.warnings[0]).toEqual({
    kind: "older-method",
    method: "tare-2026.1",
    current: "tare-2026.2",
  });
});

describe("a cost", () => {
  const isOpen = (line: TrialLine): boolean => isOf(line, "sensor", "file-open");

  test("1. of three times its budget is over it after four blocks, and one of a tenth within it", async () => {
    const four = (await lines()).filter(
      (line) => !("block" in line) || line.type === "resume" || line.block < 4,
    );
    const dear = four.map(onTrials((trial) => (isOpen(trial) ? dearer(trial, () => 6000) : trial)));
    expect(verdictOn(await analysed(dear.map(budgeted(opens(2000)))), "workload-cpu").kind).toBe("over");
    expect(verdictOn(await analysed(four.map(budgeted(opens(12_000)))), "workload-cpu").kind).toBe("within");
  });

  test("4. that an agent spends in the window and after it is over tare's own budget", async () => {
    const usual = onHeader((header) => ({ ...header, plan: { ...header.plan, ...DEFAULT_BUDGETS } }));
    const burning = onTrials((trial) => {
      const { cpu } = trial.outcome;
      if (!isOpen(trial) || cpu.systemBusyNs.kind === "missing") return trial;
      const systemBusyNs = { kind: "value", value: cpu.systemBusyNs.value + 0.98 * cpu.windowNs } as const;
      const agentDrainNs = { kind: "value", value: 30 * cpu.windowNs } as const;
      return { ...trial, outcome: { ...trial.outcome, cpu: { ...cpu, systemBusyNs, agentDrainNs } } };
    });
    const seen = await analysed((await lines()).map(usual).map(burning));
    const found = seen.view.verdicts.filter(
      ({ scenario, metric }) => scenario === "file-open" && metric !== "loss",
    );
    expect(found).toMatchObject([{ metric: "system-cpu", kind: "over" }]);
  });

  test("6. of a burst in two of five batches is the mean's, and over", async () => {
    const seen = await analysed(
      (await lines())
        .map(budgeted(opens(2000)))
        .map(
          onTrials((trial) => (isOpen(trial) ? dearer(trial, (batch) => (batch < 2 ? 20_000 : 0)) : trial)),
        ),
    );
    const verdict = verdictOn(seen, "workload-cpu");
    expect(verdict.kind).toBe("over");
    const cost = "cost" in verdict.reason ? verdict.reason.cost.absolute.value : 0;
    expect(cost).toBeGreaterThan(8000);
  });

  test("16. of a scenario without a budget is not judged, and is no margin for the node against itself", async () => {
    const seen = await analysed((await lines()).map(budgeted(opens(4000))));
    const execs = seen.view.selfChecks.aa.contrasts.filter(({ scenario }) => scenario === "process-exec");
    expect(execs.map(({ margin, state }) => [margin, state])).toEqual(execs.map(() => [null, "open"]));
    expect(seen.view.verdicts).toHaveLength(1);
    expect(seen.exit).toBe(EXIT.withinBudget);
  });

  test("17. on its budget is not decided by any number of blocks in reach", async () => {
    const all = await lines();
    const cost = verdictOn(await analysed(all.map(budgeted(opens(1)))), "workload-cpu").reason;
    const value = "cost" in cost ? cost.cost.absolute.value : NaN;
    const on = verdictOn(await analysed(all.map(budgeted(opens(value * 1.0001)))), "workload-cpu");
    expect(on).toMatchObject({ kind: "inconclusive", blocksNeeded: null });
    const near = verdictOn(await analysed(all.map(budgeted(opens(value * 1.2)))), "workload-cpu");
    expect(near.kind).toBe("inconclusive");
    expect(near.blocksNeeded).toBeGreaterThan(12);
  });
});

test("13. rings that an agent has mapped are in its own memory already, and count once", async () => {
  const MIB = 2 ** 20;
  const seen = await analysed(
    (await lines()).map(ofToday).map(
      onTrials((trial) => {
        const { memory } = trial.outcome;
        if (trial.agent !== "sensor") return trial;
        const of = (bytes: number) => ({ kind: "value", value: bytes }) as const;
        return {
          ...trial,
          outcome: {
            ...trial.outcome,
            memory: {
              ...memory,
              pssBytes: of(25.6 * MIB),
              bpfMapBytes: of(24.4 * MIB),
              bpfMapMappedBytes: of(24 * MIB),
            },
          },
        };
      }),
    ),
  );
  const held = seen.view.decisions.agents.find(({ agent }) => agent === "sensor")?.memory.heldMiB;
  expect(held).toBeCloseTo(26, 6);
});

test("14, 15. a record in ticks, with the warm-up in its figures, says so before anything else", async () => {
  const { view } = await analysed(await lines());
  const [first] = view.warnings.map(warningText);
  expect(first).toMatch(/^made by an older method .*ticks of 10 ms.*the warm-up in volume and agent CPU/);
  expect(renderMarkdown(view).indexOf("made by an older method")).toBeLessThan(
    renderMarkdown(view).indexOf("| agent | answer |"),
  );
});

describe("the node against itself", () => {
  test("2. a second baseline that is 1.6 times as dear fails, also in the only scenario, and no cost is judged", async () => {
    const seen = await analysed(
      (await lines())
        .filter((line) => line.type !== "trial" || line.scenario === "file-open")
        .map(budgeted(opens(4000), LOSS))
        .map(onTrials((trial) => (trial.baseline === 2 ? dearer(trial, (_, ns) => 0.6 * ns) : trial))),
    );
    expect(seen.view.selfChecks.failures).toMatchObject([
      { kind: "aa", of: "baseline", metric: "workload-cpu" },
      { kind: "aa", of: "baseline", metric: "wall" },
    ]);
    expect(verdictOn(seen, "workload-cpu")).toMatchObject({
      kind: "invalid",
      reason: { kind: "instrument-failed" },
    });
    expect(verdictOn(seen, "loss").kind).toBe("within");
    expect(seen.exit).toBe(EXIT.inconclusive);
    expect(checkSentence(seen.view)).toContain("No cost of this run is valid");
  });

  test("12. carry-over that a few trials cannot tell is not called passed", async () => {
    const seen = await analysed(
      (await lines())
        .filter((line) => !("block" in line) || line.type === "resume" || line.block < 4)
        .map(budgeted(opens(900))),
    );
    const states = seen.view.selfChecks.carryOver
      .filter(({ scenario }) => scenario === "file-open")
      .map(({ state }) => state);
    expect(states).toContain("open");
    expect(states).not.toContain("failed");
    const check = checksOf(seen.view).find(({ title }) => title === "carry-over");
    expect(check?.state).toBe("open");
    expect(check?.text).toContain("this run cannot tell");
  });

  test("12b. an agent after which the baseline is 60 % dearer fails", async () => {
    const all = await lines();
    const turns = all.filter((line) => line.type === "turn");
    const follows = new Set(
      turns.flatMap((turn, index) =>
        turns[index - 1]?.agent === "sensor" && turn.agent === "baseline"
          ? [`${turn.block}/${turn.turn}`]
          : [],
      ),
    );
    const seen = await analysed(
      all
        .map(budgeted(opens(3000)))
        .map(
          onTrials((trial) =>
            follows.has(`${trial.block}/${trial.turn}`) ? dearer(trial, (_, ns) => 0.6 * ns) : trial,
          ),
        ),
    );
    expect(seen.view.selfChecks.failures).toContainEqual(
      expect.objectContaining({ kind: "carry-over", after: "sensor" }),
    );
    expect(verdictOn(seen, "workload-cpu").kind).toBe("invalid");
    expect(seen.exit).toBe(EXIT.inconclusive);
  });
});

describe("losses", () => {
  /** As audit counts them: records of the whole node. */
  const audit = withAgent((agent) => ({
    ...agent,
    lossCounter: { unit: "records", scope: "node", perEvent: { "file-open": [1, 5] }, span: "window" },
  }));

  test("3. a counter of records tells of a range of events, and never of none in silence where that is unknown", async () => {
    const seen = await analysed(
      (await lines())
        .map(ofToday)
        .map(audit)
        .map(
          onTrials((trial) =>
            isOf(trial, "sensor", "file-open") ? counted(trial, { lost: 5000, declared: 10_000 }) : trial,
          ),
        ),
    );
    const row = seen.view.ledger.find(({ scenario }) => scenario === "file-open");
    expect(row).toMatchObject({
      declaredLost: { low: 12 * 2000, high: 12 * 5000 },
      silentLost: { low: 0, high: 12 * 3000 },
    });
    expect(row?.notes).toContainEqual({ kind: "unattributed", events: 36_000 });
    expect(renderMarkdown(seen.view)).toContain("up to 36\u202f000 silently");
  });

  test("3b. each trial balances by itself: what is silent in six is not made good by six others", async () => {
    const seen = await analysed(
      (await lines())
        .map(ofToday)
        .map(
          onTrials((trial) =>
            isOf(trial, "sensor", "file-open")
              ? trial.block < 6
                ? counted(trial, { lost: 500, declared: 0 })
                : counted(trial, { lost: 0, declared: 500 })
              : trial,
          ),
        ),
    );
    const row = seen.view.ledger.find(({ scenario }) => scenario === "file-open");
    expect(row?.silentLost).toEqual({ low: 3000, high: 3000 });
    expect(row?.notes).toContainEqual({ kind: "over-declared", excess: 3000, trials: 6 });
    expect(row?.notes).toContainEqual(expect.objectContaining({ kind: "silent" }));
  });

  test("3c. an older record's counter saw the warm-up as well, so that it is known within bounds only", async () => {
    const seen = await analysed(
      (await lines()).map(
        onTrials((trial) =>
          isOf(trial, "sensor", "file-open") ? counted(trial, { lost: 600, declared: 600 }) : trial,
        ),
      ),
    );
    const row = seen.view.ledger.find(({ scenario }) => scenario === "file-open");
    // 500 operations of warm-up a trial.
    expect(row?.silentLost).toEqual({ low: 0, high: 12 * 500 });
  });

  test("9. losses come in bursts: one block of 12 that loses 13.3 % is not within 1.25 %", async () => {
    const seen = await analysed(
      (await lines())
        .map(budgeted(opens(4000), LOSS))
        .map(
          onTrials((trial) =>
            isOf(trial, "sensor", "file-open") && trial.block === 4
              ? counted(trial, { lost: 1995, declared: 1995 })
              : trial,
          ),
        ),
    );
    const verdict = verdictOn(seen, "loss");
    expect(verdict).toMatchObject({ kind: "inconclusive", reason: { kind: "loss-straddles" } });
    expect(verdict.reason.kind === "loss-straddles" ? verdict.reason.upper : 0).toBeCloseTo(0.031, 3);
    expect(seen.exit).toBe(EXIT.inconclusive);
  });

  test("9b. one block is never enough", async () => {
    const seen = await analysed(
      (await lines())
        .filter((line) => !("block" in line) || line.type === "resume" || line.block === 0)
        .map(budgeted(LOSS)),
    );
    expect(verdictOn(seen, "loss")).toMatchObject({
      kind: "inconclusive",
      blocksNeeded: 2,
      reason: { kind: "loss-few-blocks" },
    });
  });
});

describe("an agent that does not do the work", () => {
  test.each<[string, readonly Budget[], string]>([
    ["5. that sheds 84 % has no cost within budget", [opens(4000)], "more than the 0.1 % that it may lose"],
    ["5b. nor where it loses more than its loss budget", [opens(4000), LOSS], "more than the 1.25 %"],
  ])("%s", async (_, budgets, words) => {
    const seen = await analysed(
      (await lines())
        .map(budgeted(...budgets))
        .map(
          onTrials((trial) =>
            isOf(trial, "sensor", "file-open") ? counted(trial, { lost: 12_600, declared: 12_600 }) : trial,
          ),
        ),
    );
    const verdict = verdictOn(seen, "workload-cpu");
    expect(verdict).toMatchObject({ kind: "invalid", reason: { kind: "sheds", lost: 0.84 } });
    expect(reasonText(verdict)).toContain("sheds 84 % of 180,000 events");
    expect(reasonText(verdict)).toContain(words);
    expect(seen.exit).not.toBe(EXIT.withinBudget);
  });

  test("5c. what is over stays over", async () => {
    const seen = await analysed(
      (await lines()).map(budgeted(opens(300))).map(
        onTrials((trial) =>
          isOf(trial, "sensor", "file-open")
            ? counted(
                dearer(trial, () => 5000),
                { lost: 12_600, declared: 12_600 },
              )
            : trial,
        ),
      ),
    );
    expect(verdictOn(seen, "workload-cpu").kind).toBe("over");
    expect(seen.exit).toBe(EXIT.overBudget);
  });

  test("8. that crashes in one of twelve turns is within nothing, and never exits with 0", async () => {
    const crash = {
      kind: "failed",
      stage: "in the window",
      message: "sensor (pid 4711) ended by itself: killed by SIGSEGV",
      lastLines: [],
    } as const;
    const isCrashed = (line: TrialLine | TurnLine): boolean =>
      line.agent === "sensor" &&
      line.block === 3 &&
      !(line.type === "trial" && line.scenario !== "file-open");
    const seen = await analysed(
      (await lines())
        .map(budgeted(opens(4000), LOSS))
        .map((line) => (line.type === "trial" && isCrashed(line) ? { ...line, outcome: crash } : line)),
    );
    for (const metric of ["workload-cpu", "loss"] as const) {
      expect(verdictOn(seen, metric)).toMatchObject({
        kind: "invalid",
        reason: { kind: "crashed", turns: 1, ofTurns: 12 },
      });
    }
    expect(reasonText(verdictOn(seen, "loss"))).toContain("it crashed in 1 of 12 turns");
    expect(seen.view.warnings.map(warningText)).toContain(
      "sensor crashed in 1 of 12 turns: nothing of it is within budget",
    );
    expect([seen.exit, seen.exitUndeclared]).toEqual([EXIT.inconclusive, EXIT.inconclusive]);
  });

  test("10. a cost far below nothing is impossible, an alarm, and no exit 0", async () => {
    const seen = await analysed(
      (await lines())
        .map(budgeted(opens(1500)))
        .map(
          onTrials((trial) =>
            isOf(trial, "sensor", "file-open") ? dearer(trial, (_, ns) => -0.6 * ns) : trial,
          ),
        ),
    );
    expect(verdictOn(seen, "workload-cpu")).toMatchObject({
      kind: "invalid",
      reason: { kind: "impossible", margin: -500 },
    });
    expect(seen.view.warnings.map(({ kind }) => kind)).toContain("impossible");
    expect([seen.exit, seen.exitUndeclared]).toEqual([EXIT.inconclusive, EXIT.inconclusive]);
  });
});

describe("7. what was asked for and not measured", () => {
  test("a budget for a scenario that was not run", async () => {
    const connects: Budget = {
      scenario: "network-connect",
      metric: "workload-cpu",
      limit: { kind: "absolute", value: 5000 },
    };
    const seen = await analysed((await lines()).map(budgeted(opens(4000), connects)));
    expect(seen.view.verdicts).toContainEqual(
      expect.objectContaining({
        scenario: "network-connect",
        kind: "invalid",
        reason: { kind: "unmeasured", what: "scenario", why: null },
      }),
    );
    expect(seen.exit).toBe(EXIT.inconclusive);
  });

  test("a budget on a metric that no scenario has", async () => {
    const seen = await analysed((await lines()).map(budgeted(opens(4000, "response-p99"))));
    expect(verdictOn(seen, "response-p99")).toMatchObject({
      reason: { kind: "unmeasured", what: "metric" },
    });
    expect(seen.exit).toBe(EXIT.inconclusive);
  });

  const skipped = (id: string): ((line: RecordLine) => RecordLine) =>
    onHeader((header) => ({
      ...header,
      agents: [
        ...header.agents,
        {
          id,
          title: id,
          role: "sensor",
          status: "skipped",
          version: null,
          reason: "not installed",
          hint: null,
          observes: ["file"],
          blindSpots: [],
        },
      ],
    }));

  test("an agent that was named and left out, whether or not a budget was declared", async () => {
    const named = onHeader((header) => ({ ...header, command: ["tare", "run", "--agents", "sensor,falco"] }));
    const seen = await analysed(
      (await lines())
        .map(budgeted(opens(4000)))
        .map(skipped("falco"))
        .map(named),
    );
    expect(verdictOn(seen, "workload-cpu", "falco")).toMatchObject({
      kind: "invalid",
      reason: { kind: "unmeasured", what: "agent", why: { kind: "skipped", reason: "not installed" } },
    });
    expect([seen.exit, seen.exitUndeclared]).toEqual([EXIT.inconclusive, EXIT.inconclusive]);
  });

  test("an agent that was left out and not named is no matter", async () => {
    const unnamed = onHeader((header) => ({ ...header, command: ["tare", "run"] }));
    const seen = await analysed(
      (await lines())
        .map(budgeted(opens(4000)))
        .map(skipped("falco"))
        .map(unnamed),
    );
    expect(seen.view.verdicts.filter(({ agent }) => agent === "falco")).toEqual([]);
    expect(seen.exit).toBe(EXIT.withinBudget);
  });

  test("a declared budget that nothing at all answers", async () => {
    const seen = await analysed((await lines()).map(budgeted()));
    expect(seen.view.verdicts).toEqual([]);
    expect(seen.exit).toBe(EXIT.inconclusive);
  });
});

describe("11. an instrument whose resolution is not proved", () => {
  /** Agents of known cost beside the others, of which a block recovers so many times what was injected. */
  const calibrated = async (slope: (block: number) => number): Promise<readonly RecordLine[]> => {
    const doses = [0, 500, 2000];
    const idOf = (dose: number): string => `calibration-cost@${dose}`;
    return (await lines()).flatMap((line): readonly RecordLine[] => {
      if (line.type === "header") {
        const agents = doses.map((dose): AgentStatus => ({
          id: idOf(dose),
          title: "known cost",
          role: "calibration",
          injects: { kind: "cost", doseNs: dose },
          status: "measured",
          version: "1",
          reason: null,
          hint: null,
          observes: [],
          blindSpots: [],
        }));
        return [{ ...line, agents: [...line.agents, ...agents] }];
      }
      if (line.type !== "trial" || line.outcome.kind !== "measured" || line.agent !== "calibration-nothing")
        return [line];
      const trial = { ...line, outcome: line.outcome };
      const copies = doses.map((dose, index): RecordLine => {
        const burned = dearer(trial, () => dose * slope(trial.block));
        const operations = 1000;
        return {
          ...burned,
          id: `${index}${trial.id.slice(1)}`,
          agent: idOf(dose),
          outcome: {
            ...burned.outcome,
            injected: {
              kind: "value",
              value: { operations, workloadNs: operations * dose, agentNs: 0, discarded: 0, mapBytes: 0 },
            },
          },
        };
      });
      return [line, ...copies];
    });
  };

  test("leaves verdicts near the budget open and says why, far ones stand", async () => {
    const uneven = (block: number): number => (block % 2 === 0 ? 0.3 : 1.8);
    const near = await analysed((await calibrated(uneven)).map(budgeted(opens(2000))));
    const far = await analysed((await calibrated(uneven)).map(budgeted(opens(20_000))));
    const [opened] = near.view.selfChecks.calibration.filter(({ scenario }) => scenario === "file-open");
    expect(opened?.passed).toBeNull();
    expect(verdictOn(far, "workload-cpu").kind).toMatch(/within|no-detectable-cost/);
    expect(far.exit).toBe(EXIT.withinBudget);
    const verdict = verdictOn(near, "workload-cpu");
    expect(verdict).toMatchObject({
      kind: "inconclusive",
      reason: {
        kind: "unproven-resolution",
        by: { kind: "known-cost" },
        reason: { kind: "upper-bound-within" },
      },
    });
    expect(reasonText(verdict)).toContain("known costs came back 1.05-fold");
    expect(near.exit).toBe(EXIT.inconclusive);
  });

  test("fails where the slope lies wholly outside", async () => {
    const seen = await analysed((await calibrated(() => 1.5)).map(budgeted(opens(20_000))));
    expect(seen.view.selfChecks.failures).toMatchObject([{ kind: "known-cost" }, { kind: "known-cost" }]);
    expect(verdictOn(seen, "workload-cpu").kind).toBe("invalid");
    expect(seen.exit).toBe(EXIT.inconclusive);
  });
});
