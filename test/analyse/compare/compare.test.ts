import { describe, expect, test } from "vitest";
import { compare } from "../../../src/analyse/compare/compare.ts";
import type { Loaded } from "../../../src/analyse/compare/conditions.ts";
import type { Comparison } from "../../../src/domain/comparison.ts";
import type { AgentView } from "../../../src/domain/run-view.ts";
import { CLOSED } from "../support/record-builder.ts";
import { METHOD } from "../../../src/domain/run-header.ts";
import { sideOf } from "../support/sides.ts";

const compared = (...sides: readonly Loaded[]): Comparison => {
  const result = compare(sides);
  if (result.kind === "refused") throw new Error(`refused: ${result.conflicts.map(({ key }) => key).join()}`);
  return result.comparison;
};

const AMD64 = { arch: "x86_64", kernel: "6.12.1-amd64", hostname: "a" };
const ARM64 = { arch: "aarch64", kernel: "6.12.1-arm64", hostname: "b" };

describe("labels are as short as what differs allows", () => {
  test.each([
    ["architectures", [{ host: AMD64 }, { host: ARM64 }], ["x86_64", "aarch64"]],
    ["kernels", [{ host: { kernel: "5.10.1" } }, { host: { kernel: "6.1.2" } }], ["5.10.1", "6.1.2"]],
    ["nodes", [{ host: { hostname: "n1" } }, { host: { hostname: "n2" } }], ["n1", "n2"]],
    [
      "dates",
      [
        { header: { startedAt: "2026-01-01T08:00:00.000Z" } },
        { header: { startedAt: "2026-02-01T08:00:00.000Z" } },
      ],
      ["2026-01-01", "2026-02-01"],
    ],
    [
      "two kernels on each of two architectures",
      [
        { host: { arch: "x86_64", kernel: "6.1" } },
        { host: { arch: "x86_64", kernel: "6.12" } },
        { host: { arch: "aarch64", kernel: "6.1" } },
      ],
      ["x86_64, 6.1", "x86_64, 6.12", "aarch64, 6.1"],
    ],
    [
      "a simulated CPU, which is said beside every figure",
      [{ host: AMD64 }, { host: { ...ARM64, emulated: true } }],
      ["x86_64", "aarch64 (emulated)"],
    ],
    ["the same record twice", [{}, {}], ["run-of-a-test #1", "run-of-a-test #2"]],
  ])("%s", (_, specs, labels) => {
    expect(compared(...specs.map((spec) => sideOf(spec))).sides.map(({ label }) => label)).toEqual(labels);
  });
});

describe("what is no measurement of the same thing is refused, with the key", () => {
  const isolation: readonly ["mount"] = ["mount"];
  test.each([
    ["files-on", { plan: { filesOn: "tmpfs" as const } }, ["disk", "tmpfs"]],
    ["isolation", { plan: { isolation } }, ["the node's own namespaces", "mount"]],
    ["seccomp", { host: { seccomp: { kind: "value" as const, value: "filter" } } }, ["off", "filter"]],
    [
      "seccomp",
      { host: { seccomp: { kind: "missing" as const, reason: "no /proc" } } },
      ["off", "not known"],
    ],
  ])("%s", (key, spec, values) => {
    expect(compare([sideOf(), sideOf(spec)])).toMatchObject({
      kind: "refused",
      conflicts: [{ key, values }],
    });
  });
});

test("a record from before seccomp filters were told stands beside one without", () => {
  const { varies } = compared(sideOf(), sideOf({ host: { seccomp: { kind: "value", value: "off" } } }));
  expect(varies).toEqual([]);
});

test("records of different methods stand side by side, and are told to be so", () => {
  const { varies } = compared(sideOf(), sideOf({ header: { method: "tare-1999.1" } }));
  expect(varies).toContainEqual({ key: "method", values: [METHOD, "tare-1999.1"] });
});

test("what differs is named with its values, and what does not is not", () => {
  const { varies } = compared(
    sideOf({ host: AMD64 }),
    sideOf({ host: { ...ARM64, emulated: true }, header: { tool: otherTool() } }),
  );
  expect(varies).toEqual([
    { key: "architecture", values: ["x86_64", "aarch64"] },
    { key: "kernel", values: ["6.12.1-amd64", "6.12.1-arm64"] },
    { key: "node", values: ["a", "b"] },
    { key: "CPU emulated", values: ["no", "yes"] },
    { key: "tool", values: ["tare 0.1.0 1a2b3c4", "tare 0.2.0 (commit not known)"] },
  ]);
});

const otherTool = () =>
  ({ name: "tare", version: "0.2.0", commit: { kind: "missing", reason: "test" } }) as const;

test("an agent's version, settings and absence are told", () => {
  const old = sideOf();
  const changed = (change: Partial<AgentView>): Loaded => ({
    ...old,
    view: {
      ...old.view,
      agents: old.view.agents.map((agent) => (agent.id === "probe" ? { ...agent, ...change } : agent)),
    },
  });
  const newer = changed({ version: "2", settings: { buffer: "4 MiB" } });
  const { varies } = compared(old, newer);
  expect(varies).toContainEqual({ key: "probe version", agent: "probe", values: ["1", "2"] });
  expect(varies).toContainEqual({ key: "probe buffer", agent: "probe", values: [null, "4 MiB"] });
  const absent = changed({ status: "skipped", reason: "no kprobes" });
  expect(compared(old, absent).varies).toContainEqual({
    key: "probe version",
    agent: "probe",
    values: ["1", "skipped: no kprobes"],
  });
});

test("figures stand in the order of the sides, and a side without one has none", () => {
  const comparison = compared(
    sideOf({ host: AMD64, costNs: 100 }),
    sideOf({ host: ARM64, costNs: 300, run: { agents: ["probe", "other"] } }),
  );
  const cpu = comparison.figures.filter(({ metric }) => metric === "workload-cpu");
  const [probe, other] = cpu.map(({ figures }) => figures.map((one) => one?.absolute.value));
  expect(probe?.[0]).toBeCloseTo(100, -1);
  expect(probe?.[1]).toBeCloseTo(300, -1);
  expect(other?.[0]).toBeUndefined();
  expect(other?.[1]).toBeTypeOf("number");
  expect(comparison.losses.map(({ agent, rows }) => [agent, rows.map((row) => row !== null)])).toEqual([
    ["probe", [true, true]],
    ["other", [false, true]],
  ]);
});

test("loads of one name and another shape are kept apart, and the rest is compared", () => {
  const larger = { ...CLOSED, batches: 6 };
  const { keptApart, figures, losses } = compared(
    sideOf({ run: { scenarios: ["process-exec"] } }),
    sideOf({ run: { scenarios: ["process-exec"], loads: [larger] }, host: ARM64 }),
  );
  expect(keptApart).toEqual([
    {
      what: { kind: "load", scenario: "process-exec", load: "closed" },
      key: "load",
      values: ["3 x 100 operations after 10", "6 x 100 operations after 10"],
    },
  ]);
  expect(figures).toEqual([]);
  expect(losses).toEqual([]);
});
