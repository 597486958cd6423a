/** Which agents and workloads a run takes: those named, variants by their file's name, or those that take part without being named. */
import { describe, expect, test } from "vitest";
import fileOpen from "../../scenarios/file-open.ts";
import fileDelete from "../../scenarios/file-delete.ts";
import highValue from "../../scenarios/high-value.ts";
import atRest from "../../scenarios/at-rest.ts";
import macroFind from "../../scenarios/macro-find.ts";
import nodeService from "../../scenarios/node-service.ts";
import { FAMILIES } from "../../src/domain/units.ts";
import { PROFILES } from "../../src/plan/profiles.ts";
import {
  choose,
  chosenAgents,
  chosenScenarios,
  chosenSizes,
  chosenTechniques,
  leftOut,
  namedAgents,
  namedTests,
  rungsOf,
} from "../../src/session/chosen.ts";

describe("names stand for entries", () => {
  const all = new Map(["dose@0", "dose@250", "loss@open", "sensor", "sensor-two"].map((id) => [id, id]));

  test.each([
    [["sensor"], ["sensor"]],
    [["dose"], ["dose@0", "dose@250"]],
    [["dose@250"], ["dose@250"]],
    [
      ["dose@250", "dose", "sensor"],
      ["dose@250", "dose@0", "sensor"],
    ],
    [undefined, [...all.values()]],
  ])("takes %j", (names, expected) => {
    expect(choose("agent", names, all)).toEqual(expected);
  });

  test("takes an entry of that very name alone, though it has variants", () => {
    const plain = new Map(["plain", "plain@none"].map((id) => [id, id]));
    expect(choose("agent", ["plain"], plain)).toEqual(["plain"]);
    expect(choose("agent", ["plain@none", "plain"], plain)).toEqual(["plain@none", "plain"]);
  });

  test.each([
    ["dose@", "dose"],
    ["doze", "dose"],
    ["dose@25", "dose@250"],
    ["sensr", "sensor"],
  ])("says what %j may have meant: %j", (name, meant) => {
    expect(() => choose("agent", [name], all)).toThrow(
      expect.objectContaining({
        kind: "usage",
        message: `unknown agent "${name}"`,
        hint: `did you mean "${meant}"?`,
      }) as Error,
    );
  });

  test("names all there are when nothing is near, or nothing is named", () => {
    const known = expect.objectContaining({
      hint: "known: dose@0, dose@250, loss@open, sensor, sensor-two",
    }) as Error;
    expect(() => choose("agent", ["wireshark"], all)).toThrow(known);
    expect(() => choose("agent", [], all)).toThrow(known);
  });
});

describe("agents", () => {
  const agents = new Map(
    [
      { id: "baseline", role: "baseline" as const },
      { id: "usual", role: "sensor" as const },
      { id: "risky", role: "sensor" as const, optIn: "it acts on the node" },
      { id: "calibration-x", role: "calibration" as const },
    ].map((agent) => [agent.id, agent]),
  );
  const idsOf = (names: readonly string[] | undefined, calibration: readonly string[] = []) =>
    chosenAgents(names, { calibration }, agents).map(({ id }) => id);

  test("a run that names none leaves out those by name only, and says which", () => {
    expect(idsOf(undefined)).toEqual(["usual"]);
    expect(idsOf(undefined, ["calibration-x"])).toEqual(["usual", "calibration-x"]);
    expect(leftOut(undefined, agents).map(({ id }) => id)).toEqual(["risky"]);
  });

  test("named, or with all, they take part", () => {
    expect(idsOf(["risky"])).toEqual(["risky"]);
    expect(idsOf(["all"])).toEqual(["usual", "risky"]);
    expect(idsOf(["all", "calibration-x"])).toEqual(["usual", "risky", "calibration-x"]);
    expect(idsOf(["baseline", "usual"])).toEqual(["usual"]);
    expect(leftOut(["usual"], agents)).toEqual([]);
  });

  test("are asked for only by a name of their own: nobody is, and `all` asks for what there is", () => {
    const named = (names: readonly string[] | undefined): readonly string[] =>
      namedAgents(names, { calibration: [] }, agents).map(({ id }) => id);
    expect(named(undefined)).toEqual([]);
    expect(named(["all"])).toEqual([]);
    expect(named(["all", "usual"])).toEqual(["usual"]);
  });

  test("an unknown one is a usage error", () => {
    expect(() => idsOf(["riski"])).toThrow(/unknown agent "riski"/);
  });
});

describe("variants", () => {
  const agents = new Map(
    [
      { id: "auditd@blocking" },
      { id: "auditd@dropping" },
      { id: "auditd@high-value", optIn: "another question" },
      { id: "vendor@high-value", optIn: "another question" },
    ].map((agent) => [agent.id, { role: "sensor" as const, ...agent }]),
  );
  const idsOf = (...names: readonly string[]): readonly string[] =>
    chosenAgents(names, { calibration: [] }, agents).map(({ id }) => id);

  test("a file's name stands for its variants, without those by name only", () => {
    expect(idsOf("auditd")).toEqual(["auditd@blocking", "auditd@dropping"]);
    expect(idsOf("auditd@high-value")).toEqual(["auditd@high-value"]);
    expect(idsOf("auditd", "auditd@high-value")).toEqual([
      "auditd@blocking",
      "auditd@dropping",
      "auditd@high-value",
    ]);
  });

  test("a file's name stands for all of its variants where each is by name only", () => {
    expect(idsOf("vendor")).toEqual(["vendor@high-value"]);
  });
});

test("high-value events take part where an agent picks them out, or where they are named", () => {
  const scenarios = new Map([fileOpen, highValue].map((scenario) => [scenario.id, scenario]));
  const idsOf = (names: readonly string[] | undefined, observes: readonly ("file" | "high-value")[]) =>
    chosenScenarios(names, scenarios, [{ observes }], { without: [] }).map(({ id }) => id);
  expect(idsOf(undefined, ["file"])).toEqual(["file-open"]);
  expect(idsOf(undefined, ["high-value"])).toEqual(["file-open", "high-value"]);
  expect(idsOf(["high-value"], ["file"])).toEqual(["high-value"]);
  expect(() => idsOf(["high-valu"], [])).toThrow(/did you mean|unknown scenario/);
});

test("changes of files take part where an agent watches them, not where a team's policy might", () => {
  const scenarios = new Map([fileOpen, fileDelete].map((scenario) => [scenario.id, scenario]));
  const idsOf = (
    names: readonly string[] | undefined,
    agent: Parameters<typeof chosenScenarios>[2][number],
  ) => chosenScenarios(names, scenarios, [agent], { without: [] }).map(({ id }) => id);
  const policy = { of: "sensor", part: "all", rule: null } as const;
  expect(idsOf(undefined, { observes: ["file"] })).toEqual(["file-open"]);
  expect(idsOf(undefined, { observes: ["write", "rename"] })).toEqual(["file-open"]);
  expect(idsOf(undefined, { observes: ["delete"] })).toEqual(["file-open", "file-delete"]);
  expect(idsOf(undefined, { observes: FAMILIES, policy })).toEqual(["file-open"]);
  expect(idsOf(["file-delete"], { observes: FAMILIES, policy })).toEqual(["file-delete"]);
});

test.each([
  ["smoke", false],
  ["quick", false],
  ["standard", true],
  ["thorough", true],
] as const)("the Node service takes part in %s: %s, or wherever it is named", (profile, takesPart) => {
  const scenarios = new Map([fileOpen, nodeService].map((scenario) => [scenario.id, scenario]));
  const idsOf = (names: readonly string[] | undefined): readonly string[] =>
    chosenScenarios(names, scenarios, [], PROFILES[profile]).map(({ id }) => id);
  expect(idsOf(undefined).includes("node-service")).toBe(takesPart);
  expect(idsOf(["node-service"])).toEqual(["node-service"]);
});

test("an emulated CPU tells no cost, so what raises no events takes part only where it is named", () => {
  const scenarios = new Map([fileOpen, nodeService].map((scenario) => [scenario.id, scenario]));
  const idsOf = (names: readonly string[] | undefined): readonly string[] =>
    chosenScenarios(names, scenarios, [], PROFILES.standard, true).map(({ id }) => id);
  expect(idsOf(undefined)).toEqual(["file-open"]);
  expect(idsOf(["node-service"])).toEqual(["node-service"]);
});

describe("what is named as a scenario", () => {
  const scenarios = new Map([fileOpen, nodeService].map((scenario) => [scenario.id, scenario]));
  const idsOf = (names: readonly string[] | undefined) => {
    const { workloads, tests } = namedTests(names, scenarios);
    return { workloads, tests: tests?.map(({ id }) => id) };
  };

  test("is a workload, or an agent under rising load", () => {
    expect(idsOf(["file-open", "knee-open"])).toEqual({ workloads: ["file-open"], tests: ["knee-open"] });
    expect(idsOf(["sweep-exec"])).toEqual({ workloads: [], tests: ["sweep-exec"] });
    expect(idsOf(["file-open"])).toEqual({ workloads: ["file-open"], tests: undefined });
    expect(idsOf(undefined)).toEqual({ workloads: undefined, tests: undefined });
  });

  test("is none of them where it is misspelt", () => {
    expect(() => idsOf(["knee-opne"])).toThrow(
      expect.objectContaining({ kind: "usage", hint: 'did you mean "knee-open"?' }) as Error,
    );
  });
});

describe("techniques", () => {
  const ids = (names: readonly string[] | undefined): readonly string[] =>
    chosenTechniques(names).map(({ id }) => id);

  test("are all of them, a group, or single ones, in the order in which they are done", () => {
    const all = ids(undefined);
    expect(ids(["kernel-bpf", "exec-path"])).toEqual(["exec-path", "kernel-bpf"]);
    expect(ids(["open"])).toEqual(all.filter((id) => id.startsWith("open-")));
    expect(ids(["change-write", "exec", "exec-path"])).toEqual([
      ...all.filter((id) => id.startsWith("exec-")),
      "change-write",
    ]);
  });

  test("that are unknown are refused, with what was meant", () => {
    expect(() => ids(["open-uring"])).toThrow('unknown technique "open-uring"');
    expect(() => ids([])).toThrow("--techniques names nothing");
  });
});

test("scenarios by name only take part in no profile, and wherever they are named", () => {
  const scenarios = new Map([fileOpen, atRest, macroFind].map((scenario) => [scenario.id, scenario]));
  const idsOf = (names: readonly string[] | undefined): readonly string[] =>
    chosenScenarios(names, scenarios, [], PROFILES.thorough).map(({ id }) => id);
  expect(idsOf(undefined)).toEqual(["file-open"]);
  expect(idsOf(["at-rest", "macro-find"])).toEqual(["at-rest", "macro-find"]);
});

describe("the rungs of an export ladder", () => {
  const agents = new Map(
    [
      { id: "plain", sink: "json-file" as const },
      { id: "plain@idle", sink: "idle" as const },
      { id: "plain@other" },
      { id: "daemon@usual", sink: "text-file" as const },
      { id: "daemon@none", sink: "none" as const },
      { id: "bare" },
    ].map((agent) => [agent.id, agent]),
  );

  test.each([
    [["plain"], ["plain", "plain@idle"]],
    [["plain@idle"], ["plain", "plain@idle"]],
    [
      ["daemon", "plain"],
      ["daemon@usual", "daemon@none", "plain", "plain@idle"],
    ],
    [
      ["baseline", "daemon"],
      ["daemon@usual", "daemon@none"],
    ],
  ])("of %j are %j", (names, rungs) => {
    expect(rungsOf(names, agents)).toEqual(rungs);
  });

  test.each([
    [["bare"], '--ladder: "bare" has no export ladder', "agents with one: plain, daemon"],
    [undefined, "--ladder: no agent is named", "name it with --agents; agents with one: plain, daemon"],
  ])("of %j are none, and it says who has one", (names, message, hint) => {
    expect(() => rungsOf(names, agents)).toThrow(
      expect.objectContaining({ kind: "usage", message, hint }) as Error,
    );
  });
});

describe("the sizes of a node", () => {
  test("are all of what is named, once, from the node as it is", () => {
    const sizes = chosenSizes(["files", "processes", "files"], 2);
    expect(sizes.map(({ axis, at }) => `${axis} ${at}`)).toEqual([
      "files 0",
      "files 2000",
      "files 20000",
      "processes 0",
      "processes 500",
      "processes 2000",
    ]);
  });

  test("in CPUs are those that it has", () => {
    const sizes = (cpus: number) => chosenSizes(["cpus"], cpus).map(({ at }) => at);
    expect([2, 6, 64].map(sizes)).toEqual([
      [1, 2],
      [1, 2, 4],
      [1, 2, 4, 8],
    ]);
    expect(() => sizes(1)).toThrow("this node has one CPU");
  });

  test.each([
    [["memory"], 'unknown scale "memory"'],
    [[], "--scale names nothing"],
  ])("of %j are none, and it says what there is", (names, message) => {
    const error = { kind: "usage", message, hint: "known: processes, files, cpus" };
    expect(() => chosenSizes(names, 2)).toThrow(expect.objectContaining(error) as Error);
  });
});
