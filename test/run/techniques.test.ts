/** Several techniques of operation in turn: who is asked for which, and what each is counted as. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import highValue from "../../scenarios/high-value.ts";
import processExec from "../../scenarios/process-exec.ts";
import { viewOf } from "../../src/domain/scenario.ts";
import { createTally } from "../../src/observe/ledger.ts";
import { gapIn, seesAnyOf } from "../../src/run/coverage.ts";
import { askedOperations, techniqueReadings } from "../../src/run/techniques.ts";

const askedOf = (observes: Parameters<typeof viewOf>[0]["observes"]): readonly string[] =>
  viewOf({ observes }, highValue)?.techniques?.flatMap(({ id, asked }) => (asked ? [id] : [])) ?? [];

describe("what an agent is asked for", () => {
  test("is every kind where it picks high-value events out", () => {
    expect(viewOf({ observes: ["high-value"] }, highValue)?.family).toBe("high-value");
    expect(askedOf(["high-value"])).toEqual(highValue.techniques?.map(({ id }) => id));
  });

  test("is what an exec tells of where it observes every exec, by the exec's form", () => {
    expect(viewOf({ observes: ["file", "exec"] }, highValue)?.family).toBe("exec");
    expect(askedOf(["file", "exec"])).toEqual([
      "sudo",
      "temporary-exec",
      "deleted-binary",
      "container-shell",
    ]);
  });

  test("is nothing where none of it can be seen", () => {
    expect(viewOf({ observes: ["file", "network"] }, highValue)).toBeUndefined();
    expect(viewOf({ observes: ["high-value"] }, processExec)).toBeUndefined();
    expect(seesAnyOf({ observes: ["file"], coverage: { notes: [] } }, highValue, "disk")).toBe(false);
  });

  test("is not told apart where all operations are alike", () => {
    expect(viewOf({ observes: ["exec"] }, processExec)).toEqual({ family: "exec", tokenIn: "argument" });
  });

  test("is what it is asked for gaps in", () => {
    const agent: Parameters<typeof gapIn>[0] = {
      observes: ["exec"],
      coverage: { notes: [], gapFor: ({ family }) => ({ extent: "some", why: `loses ${family}` }) },
    };
    expect(gapIn(agent, highValue, "disk")?.why).toBe("loses exec");
  });
});

const ASKED = { agent: { id: "x" }, unseenKinds: [] } as const;

describe("counting by kind", () => {
  const view = viewOf({ observes: ["exec"] }, highValue);
  if (view?.techniques === undefined) throw new Error("the scenario has techniques");
  const techniques = view.techniques;

  test("adds up, wherever the window ends", () => {
    fc.assert(
      fc.property(fc.nat(5000), (operations) => {
        const naive = techniques.map((_, place) => {
          let count = 0;
          for (let operation = place; operation < operations; operation += techniques.length) count += 1;
          return count;
        });
        const readings = techniqueReadings(techniques, operations, naive, ASKED);
        expect(readings.map((reading) => reading.operations)).toEqual(naive);
        const asked = readings.filter(({ delivered }) => delivered.kind === "value");
        expect(askedOperations(view, operations)).toBe(
          asked.reduce((sum, reading) => sum + reading.operations, 0),
        );
      }),
    );
  });

  test("says of a kind that it was not asked for, instead of 0", () => {
    const [, , privilege] = techniqueReadings(techniques, 12, [2, 2, 0, 2, 0, 2], ASKED);
    expect(privilege).toEqual({
      kind: "privilege-change",
      operations: 2,
      delivered: { kind: "missing", reason: "x does not observe it by design" },
    });
  });

  test("tallies tokens of techniques that are asked for, and holds the others to be foreign", () => {
    const tally = createTally({
      form: { kind: "text" },
      tokenIn: "argument",
      trial: "0a51",
      operations: 12,
      techniques: techniques.map(({ asked }) => asked),
    });
    const tokens = [0, 1, 2, 3, 4, 5, 6, 6, 11].map(
      (operation) => `TK-0a51-${operation.toString(16).padStart(8, "0")}\n`,
    );
    tally.feed(Buffer.from(tokens.join("")));
    expect(tally.end()).toMatchObject({
      delivered: 6,
      byTechnique: [2, 1, 0, 1, 0, 2],
      duplicates: 1,
      foreign: 2,
    });
  });
});
