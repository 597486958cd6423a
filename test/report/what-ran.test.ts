/** What several records, of guests above all, say of the agents that ran in them. */
import { expect, test } from "vitest";
import type { Side } from "../../src/domain/comparison.ts";
import type { AgentStatus } from "../../src/domain/run-header.ts";
import { ranNowhereText, seenCells, whatRan } from "../../src/report/view/what-ran.ts";
import { sideOf, type SideSpec } from "../analyse/support/sides.ts";

const statusOf = (id: string, reason: string | null = null): AgentStatus => ({
  id,
  title: id,
  role: "sensor",
  observes: ["exec"],
  blindSpots: [],
  overload: "drops",
  status: reason === null ? "measured" : "skipped",
  version: null,
  reason,
  hint: null,
});

const side = (label: string, agents: readonly string[], skipped: readonly AgentStatus[] = []): Side => ({
  label,
  view: sideOf({
    header: { agents: [...agents.map((id) => statusOf(id)), ...skipped] },
    run: { agents, blocks: 2 },
  }).view,
});

const NO_KPROBES = "it needs kprobes, and this kernel has none: there is no kprobe_events";

test("a line a record says what ran there and not in the other, with the reason of the other", () => {
  const sides = [side("x86_64", ["a", "b", "c"]), side("aarch64", ["a"], [statusOf("b", NO_KPROBES)])];
  expect(whatRan({ sides }, undefined)).toEqual([
    "x86_64: 3 agents ran; not in aarch64: b (it needs kprobes, and this kernel has none), c.",
    "aarch64: 1 agent ran.",
  ]);
});

test("records in which the same ran share a line, which says what this machine could not run", () => {
  const sides = [side("x86_64", ["a", "b"]), side("aarch64", ["a", "b"])];
  expect(
    whatRan({ sides }, [statusOf("a"), statusOf("b", NO_KPROBES), statusOf("z", "not installed")]),
  ).toEqual([
    "x86_64 and aarch64: 2 agents ran in each; not on this machine: b (it needs kprobes, and this kernel has none).",
  ]);
});

const cellsOf = (agent: string, run: SideSpec["run"]): readonly unknown[] =>
  seenCells(agent, {
    label: "guest",
    view: sideOf({ host: { emulated: true }, run: { blocks: 2, ...run } }).view,
  });

test("an emulated record tells how many of the events an agent saw", () => {
  expect(cellsOf("probe", {})).toEqual([{ kind: "text", text: "saw all of 600 events", sets: true }]);
  expect(cellsOf("nobody", {})).toMatchObject([{ kind: "absent", why: "no events were counted" }]);
  const lossy = cellsOf("probe", {
    outcome: (_, usual) =>
      usual.ledger.kind === "counted"
        ? { ...usual, ledger: { ...usual.ledger, delivered: usual.ledger.delivered - 1 } }
        : usual,
  });
  expect(lossy).toMatchObject([{ text: "saw 598 of 600 events", isAlarm: true }]);
});

test("an agent that no record measured and nobody named gets a line, not a row a record", () => {
  const gone = statusOf("z", "z is not installed");
  const sides = [
    side("x86_64", ["a"], [gone, statusOf("b", NO_KPROBES)]),
    side("aarch64", ["a", "b"], [gone]),
  ];
  expect(ranNowhereText(sides)).toEqual(["Measured in none of these records: z (z is not installed)."]);
  const named = [side("x86_64", ["a"], [{ ...gone, named: true }]), side("aarch64", ["a"], [gone])];
  expect(ranNowhereText(named)).toEqual([]);
});
