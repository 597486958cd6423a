import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { MIN_TAIL_REQUESTS } from "../../src/domain/neighbour.ts";
import { operationsOf, type Scenario, type Size } from "../../src/domain/scenario.ts";
import { FAMILIES } from "../../src/domain/units.ts";
import { ROOT } from "./driver.ts";

const folder = join(ROOT, "scenarios");
const files = readdirSync(folder).filter((name) => name.endsWith(".ts"));
const SIZES: readonly Size[] = ["small", "medium", "large"];

const load = async (file: string): Promise<Scenario> => {
  const module = (await import(pathToFileURL(join(folder, file)).href)) as { readonly default: Scenario };
  return module.default;
};

const sourceOf = (driver: Scenario["driver"]): string => {
  switch (driver.kind) {
    case "native":
      return join(folder, `${driver.program}.c`);
    case "tinybench":
      return join(ROOT, driver.module);
    case "command":
      return join(folder, "command.c");
    case "none":
      return folder;
  }
};

/** Each run of a command is seconds long; those of all blocks together are what is averaged. */
const leastBatches = ({ driver }: Scenario): number => (driver.kind === "command" ? 1 : 5);

describe.each(files)("scenarios/%s", (file) => {
  test("has the id of its file", async () => {
    expect((await load(file)).id).toBe(file.slice(0, -".ts".length));
  });

  test("names a driver that exists", async () => {
    const { driver } = await load(file);
    expect(existsSync(sourceOf(driver))).toBe(true);
  });

  test("names each of its operations once", async () => {
    const { operations, driver } = await load(file);
    expect(operations.length > 0).toBe(driver.kind !== "none");
    expect(new Set(operations).size).toBe(operations.length);
  });

  test.each(SIZES)("has five batches or more in each load of size %s, of a command one", async (size) => {
    const scenario = await load(file);
    expect(scenario.loads[size].length > 0).toBe(scenario.watch === undefined);
    for (const each of scenario.loads[size])
      expect(each.batches).toBeGreaterThanOrEqual(leastBatches(scenario));
  });

  test("is a closed loop and nothing else where time is short", async () => {
    const { beside, loads, watch } = await load(file);
    // A service is asked at its own pace, and takes part by name only.
    const kinds = beside === undefined ? ["closed"] : ["open"];
    expect(loads.small.map(({ kind }) => kind)).toEqual(watch === undefined ? kinds : []);
  });

  test.each(SIZES)("asks for no more operations than its tokens can number in size %s", async (size) => {
    const scenario = await load(file);
    const most = scenario.emits?.tokenIn === "address" ? 0xf0000 : 0x80000000;
    for (const each of scenario.loads[size]) expect(operationsOf(each)).toBeLessThanOrEqual(most);
  });
});

test.each(FAMILIES)("holds one scenario that stands for %s, a C loop of one operation", async (family) => {
  const scenarios = await Promise.all(files.map(load));
  const standing = scenarios.filter(
    ({ emits, represents }) => represents === true && emits?.family === family,
  );
  expect(standing).toMatchObject([{ driver: { kind: "native" }, operations: [expect.any(String)] }]);
});

test("has no scenario stand for events that it does not raise", async () => {
  const scenarios = await Promise.all(files.map(load));
  expect(scenarios.filter(({ emits, represents }) => represents === true && emits === undefined)).toEqual([]);
});

test("has a service's storm be a scenario of the folder, and gives a 99.9th percentile the requests that it takes", async () => {
  const scenarios = await Promise.all(files.map(load));
  const services = scenarios.filter(({ beside }) => beside !== undefined);
  expect(services.map(({ id }) => id)).toEqual([
    "neighbour-connect",
    "neighbour-exec",
    "neighbour-open",
    "neighbour",
  ]);
  for (const { beside, loads, optIn } of services) {
    expect(optIn).toBeDefined();
    expect(scenarios.map(({ id }) => id)).toContain(beside?.storm.scenario);
    for (const each of SIZES.flatMap((size) => loads[size]))
      expect(operationsOf(each)).toBeGreaterThanOrEqual(MIN_TAIL_REQUESTS);
  }
});

/** As in scenarios/file-open.c. */
const TIMED_EVERY = 7;

test("times enough operations of file-open for a 90th percentile in every closed loop", async () => {
  const scenario = await load("file-open.ts");
  for (const size of SIZES) {
    for (const each of scenario.loads[size].filter(({ kind }) => kind === "closed")) {
      expect(operationsOf(each) / TIMED_EVERY).toBeGreaterThanOrEqual(1_000);
    }
  }
});
