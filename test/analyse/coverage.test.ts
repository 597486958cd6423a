/** What an agent cannot see by design is coverage: no row of the ledger, no verdict on loss, and nothing called silent. */
import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { DesignGap } from "../../src/domain/agent.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import type { Reading } from "../../src/domain/units.ts";
import { missing, value } from "../../src/domain/units.ts";
import type { RunView } from "../../src/domain/run-view.ts";
import { buildRecord } from "./support/record-builder.ts";

const LOSS = { scenario: "*", metric: "loss", limit: { kind: "percent", percent: 1 } } as const;

/** 300 operations in each of 3 blocks, of which the agent delivers 200. */
const runOf = (blind: DesignGap | undefined, declaredLost: Reading<number>): RunView => {
  const lines = buildRecord({
    blocks: 3,
    agents: ["partial"],
    budgets: [LOSS],
    outcome: (slot, usual) => {
      if (usual.ledger.kind !== "counted") return usual;
      if (blind?.extent === "all")
        return { ...usual, ledger: { kind: "not-observed" as const, cause: "by-design", why: blind.why } };
      return { ...usual, ledger: { ...usual.ledger, delivered: 200, declaredLost } };
    },
  });
  return analyse(
    lines.map((line): RecordLine => {
      if (line.type !== "header" || blind === undefined) return line;
      const agents = line.agents.map((status) =>
        status.id === "partial" ? { ...status, blindTo: [{ scenario: "process-exec", ...blind }] } : status,
      );
      return { ...line, agents };
    }),
  );
};

describe("of an agent that sees only some of the events by design", () => {
  const why = "arguments of short-lived processes are gone when it looks";

  test("what is missing is not attributable: no row of the ledger, no verdict, no silent loss", () => {
    const { ledger, verdicts, coverage } = runOf({ extent: "some", why }, missing("it has no counter"));
    expect(ledger).toEqual([]);
    expect(verdicts).toEqual([]);
    expect(coverage).toEqual([
      {
        agent: "partial",
        scenario: "process-exec",
        reason: { kind: "partly", text: why },
        seen: [
          {
            load: "closed",
            placement: "pinned",
            trials: 3,
            operations: 900,
            delivered: 600,
            declaredLost: null,
            notAttributable: 300,
          },
        ],
      },
    ]);
  });

  test("what it declares as lost is lost, and only the rest is not attributable", () => {
    const [gap] = runOf({ extent: "some", why }, value(40)).coverage;
    expect(gap?.seen).toMatchObject([{ declaredLost: { low: 120, high: 120 }, notAttributable: 180 }]);
  });
});

test("of an agent that sees none of the events by design, only the gap is told", () => {
  const { ledger, verdicts, coverage } = runOf({ extent: "all", why: "files on tmpfs" }, value(0));
  expect(ledger).toEqual([]);
  expect(verdicts).toEqual([]);
  expect(coverage).toEqual([
    { agent: "partial", scenario: "process-exec", reason: { kind: "by-design", text: "files on tmpfs" } },
  ]);
});

test("the same events missing under an agent that sees all of them are a silent loss over budget", () => {
  const { ledger, verdicts, coverage } = runOf(undefined, value(0));
  expect(ledger).toMatchObject([{ silentLost: { low: 300, high: 300 } }]);
  expect(verdicts).toMatchObject([{ metric: "loss", kind: "over" }]);
  expect(coverage).toEqual([]);
});
