/** Variants by their file's name, and workloads that take part only where somebody is asked for them. */
import { expect, test } from "vitest";
import fileOpen from "../../scenarios/file-open.ts";
import highValue from "../../scenarios/high-value.ts";
import { wantedAgents } from "../../src/cli/wanted-agents.ts";
import { wantedScenarios } from "../../src/cli/wanted-scenarios.ts";

const agents = new Map(
  [
    { id: "auditd@blocking" },
    { id: "auditd@dropping" },
    { id: "auditd@high-value", optIn: "another question" },
    { id: "vendor@high-value", optIn: "another question" },
  ].map((agent) => [agent.id, agent]),
);
const idsOf = (list: string): readonly string[] =>
  wantedAgents(list, { calibration: [] }, agents).map(({ id }) => id);

test("a file's name stands for its variants, without those by name only", () => {
  expect(idsOf("auditd")).toEqual(["auditd@blocking", "auditd@dropping"]);
  expect(idsOf("auditd@high-value")).toEqual(["auditd@high-value"]);
  expect(idsOf("auditd,auditd@high-value")).toEqual([
    "auditd@blocking",
    "auditd@dropping",
    "auditd@high-value",
  ]);
});

test("a file's name stands for all of its variants where each is by name only", () => {
  expect(idsOf("vendor")).toEqual(["vendor@high-value"]);
});

const scenarios = new Map([fileOpen, highValue].map((scenario) => [scenario.id, scenario]));
const scenariosOf = (
  list: string | undefined,
  observes: readonly ("file" | "high-value")[],
): readonly string[] => wantedScenarios(list, scenarios, [{ observes }]).map(({ id }) => id);

test("high-value events take part where an agent picks them out, or where they are named", () => {
  expect(scenariosOf(undefined, ["file"])).toEqual(["file-open"]);
  expect(scenariosOf(undefined, ["high-value"])).toEqual(["file-open", "high-value"]);
  expect(scenariosOf("high-value", ["file"])).toEqual(["high-value"]);
  expect(() => scenariosOf("high-valu", [])).toThrow(/did you mean|unknown scenario/);
});
