import { expect, test } from "vitest";
import { defineAgent, defineVariants, type AgentSheet } from "../../src/domain/agent.ts";
import { baseOf } from "../../src/domain/installed.ts";
import { viewOf, type Scenario } from "../../src/domain/scenario.ts";

const sheet: AgentSheet = {
  id: "watcher@all",
  title: "a watcher",
  homepage: "",
  observes: ["exec"],
  coverage: { notes: ["files"] },
  overload: "drops",
  probe: () => Promise.resolve({ kind: "unavailable", reason: "none", hint: "none" }),
  start: () => Promise.reject(new Error("not started here")),
};

test("an agent is a sensor without packages or residue unless its sheet says otherwise", () => {
  expect(defineAgent(sheet)).toMatchObject({ role: "sensor", residue: "none", packages: [] });
  expect(defineAgent({ ...sheet, role: "calibration", packages: ["dose"] })).toMatchObject({
    role: "calibration",
    packages: ["dose"],
  });
});

test("variants have the same defaults, and share the name of their file", () => {
  const { id, variants } = defineVariants({ id: "watcher", variants: [sheet] });
  expect(variants.map(({ role }) => role)).toEqual(["sensor"]);
  expect(variants.map((variant) => baseOf(variant.id))).toEqual([id]);
  expect(baseOf("watcher")).toBe("watcher");
});

const techniques: NonNullable<Scenario["techniques"]> = [
  { id: "sudo", title: "sudo", alsoSeenAs: "exec" },
  { id: "mount", title: "mount" },
];
const highValue = { emits: { family: "high-value", tokenIn: "argument" }, techniques } as const;

test("an agent that observes the family is asked for every technique", () => {
  expect(viewOf({ observes: ["high-value"] }, highValue)).toEqual({
    family: "high-value",
    tokenIn: "argument",
    techniques: [
      { id: "sudo", asked: true },
      { id: "mount", asked: true },
    ],
  });
});

test("one that observes a plain family is asked for the techniques that raise it too", () => {
  expect(viewOf({ observes: ["exec"] }, highValue)?.techniques).toEqual([
    { id: "sudo", asked: true },
    { id: "mount", asked: false },
  ]);
});

test("one that observes neither, and a scenario without events, have no view", () => {
  expect(viewOf({ observes: ["network"] }, highValue)).toBeUndefined();
  expect(viewOf({ observes: ["exec"] }, {})).toBeUndefined();
});
