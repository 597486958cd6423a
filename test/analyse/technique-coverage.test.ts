/** Operations of several kinds in turn: what each agent told of each. */
import { expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { TechniqueReading } from "../../src/domain/trial-outcome.ts";
import { missing, value } from "../../src/domain/units.ts";
import { buildRecord } from "./support/record-builder.ts";

const KINDS: readonly TechniqueReading[] = [
  { kind: "sudo", operations: 100, delivered: value(99) },
  { kind: "bpf", operations: 100, delivered: missing("it does not observe it by design") },
];

test("kinds are summed over the trials, and what nobody asked for stays unknown", () => {
  const summary = analyse(
    buildRecord({
      blocks: 3,
      agents: ["picky"],
      outcome: (_, usual) =>
        usual.ledger.kind === "counted"
          ? { ...usual, ledger: { ...usual.ledger, operations: 100, delivered: 99, kinds: KINDS } }
          : usual,
    }),
  );
  const place = { agent: "picky", scenario: "process-exec", load: "closed", placement: "pinned", trials: 3 };
  expect(summary.kinds).toEqual([
    { ...place, kind: "sudo", operations: 300, delivered: 297 },
    { ...place, kind: "bpf", operations: 300, delivered: null },
  ]);
});

test("where all operations are alike, nothing is said of kinds", () => {
  expect(analyse(buildRecord({ blocks: 3, agents: ["plain"] })).kinds).toEqual([]);
});
