/** Which agents are put under rising load, by what, in which order. */
import { describe, expect, test } from "vitest";
import type { Scenario } from "../../src/domain/scenario.ts";
import { type LoadTurn, loadTurnSeconds } from "../../src/domain/under-load.ts";
import { LOAD_TESTS, type LoadRequest, loadTurns } from "../../src/plan/load-tests.ts";

const LOAD = { kind: "closed", batches: 1, batchOperations: 10, warmupOperations: 0 } as const;

const scenario = (id: string, family: "exec" | "file" | "network"): Scenario => ({
  id,
  title: id,
  summary: id,
  emits: { family, tokenIn: "path" },
  represents: true,
  operations: [id],
  driver: { kind: "native", program: id },
  loads: { small: [LOAD], medium: [LOAD], large: [LOAD] },
});

const SCENARIOS = [
  scenario("process-exec", "exec"),
  scenario("file-open", "file"),
  scenario("network-connect", "network"),
];

const ALL = { id: "all", role: "sensor", observes: ["exec", "file", "network"], knob: "ring" } as const;
const FILES = { id: "files", role: "sensor", observes: ["file"] } as const;
const KNOWN = {
  id: "known",
  role: "calibration",
  observes: ["exec", "file", "network"],
  injects: { kind: "rate", perSecond: 1000, waiting: 500 },
} as const;

const turnsFor = (change: Partial<LoadRequest>): readonly LoadTurn[] =>
  loadTurns({ agents: [ALL, FILES], scenarios: SCENARIOS, random: () => 0.5, ...change });

const asked = (...ids: readonly string[]) => ids.flatMap((id) => LOAD_TESTS.get(id) ?? []);

const shortOf = ({ agent, scenario: by, buffer, start, parts }: LoadTurn): string =>
  `${agent} ${by} x${buffer} ${start}: ${parts.join(" ")}`;

describe("starts under rising load", () => {
  test("are named by what is asked and by which operation", () => {
    expect([...LOAD_TESTS.keys()]).toEqual([
      "knee-exec",
      "knee-open",
      "knee-connect",
      "burst-exec",
      "burst-open",
      "burst-connect",
      "recovery-exec",
      "recovery-open",
      "recovery-connect",
      "sweep-exec",
      "sweep-open",
      "sweep-connect",
    ]);
  });

  test("are three of each agent by the first workload that it observes, in rounds", () => {
    expect(turnsFor({}).map(shortOf)).toEqual([
      ...["all process-exec", "files file-open"].map((one) => `${one} x1 1: burst knee`),
      ...["all process-exec", "files file-open"].map((one) => `${one} x1 2: knee recovery`),
      ...["all process-exec", "files file-open"].map((one) => `${one} x1 3: knee confirm`),
    ]);
  });

  test("are one of an agent whose knee is known", () => {
    expect(turnsFor({ agents: [KNOWN] }).map(shortOf)).toEqual([
      "known process-exec x1 1: burst knee recovery confirm",
    ]);
  });

  test("are none of agents that only cost something, and of teams' own policies", () => {
    expect(
      turnsFor({
        agents: [
          { ...KNOWN, injects: { kind: "nothing" } },
          { ...ALL, policy: { of: "all", part: "all", rule: null } },
        ],
      }),
    ).toEqual([]);
  });

  test("do what is named, and by the agents that observe it", () => {
    expect(turnsFor({ tests: asked("knee-connect") }).map(shortOf)).toEqual([
      "all network-connect x1 1: knee",
      "all network-connect x1 2: knee",
      "all network-connect x1 3: knee confirm",
    ]);
    expect(turnsFor({ tests: asked("burst-open") }).map(shortOf)).toEqual([
      "all file-open x1 1: burst",
      "files file-open x1 1: burst",
    ]);
    expect(turnsFor({ tests: asked("recovery-exec") }).map(shortOf)).toEqual([
      "all process-exec x1 1: knee recovery",
    ]);
  });

  test("try a quarter of the buffer and four times as much where the agent has such a setting", () => {
    expect(
      turnsFor({ tests: asked("sweep-exec", "sweep-open") })
        .map(shortOf)
        .toSorted(),
    ).toEqual(
      ["process-exec", "file-open"]
        .flatMap((by) => [1, 0.25, 4].map((factor) => `all ${by} x${factor} 1: burst knee`))
        .toSorted(),
    );
    expect(turnsFor({ agents: [FILES], tests: asked("sweep-open") })).toEqual([]);
  });

  test("have ids of their own", () => {
    const ids = turnsFor({ tests: [...LOAD_TESTS.values()] }).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("search for less long where many are to have their turn, and no shorter than can be believed", () => {
    const seconds = (limit: number | undefined): number | undefined =>
      turnsFor({ seconds: limit })[0]?.seconds;
    const all = turnsFor({}).reduce((sum, turn) => sum + loadTurnSeconds(turn), 0);
    expect(seconds(undefined)).toBe(60);
    expect(seconds(all)).toBe(60);
    expect(seconds(all - 60)).toBe(50);
    expect(seconds(60)).toBe(30);
  });
});
