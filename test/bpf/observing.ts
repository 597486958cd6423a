/** What the tests of every family share: one hook observed while something happens, and each hook that this kernel allows. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { build, explain, Sensor, unusable } from "./sensor.ts";
import type { Hook, Json, Truth } from "./sensor.ts";

/** Why nothing of this can be tested here, or undefined. */
export const OBSTACLE = unusable();
if (OBSTACLE === undefined) build();
else console.log(`skipped: ${OBSTACLE}`);

export const FAMILIES = [
  "exec",
  "file",
  "network",
  "exit",
  "accept",
  "privilege",
  "bpf",
  "deny",
  "flow",
] as const;

export interface Observing {
  /** The events of the last observation. */
  readonly output: () => string;
  /** Runs `act` under a sensor with this hook only and returns what it returned, with all events in `output`. */
  readonly observed: <T>(hook: Hook, act: () => T | Promise<T>) => Promise<T>;
}

/** A folder and a sensor for one test file. */
export const observing = (): Observing => {
  const directory = temporaryFolder();
  let output = "";
  let sensor: Sensor | undefined;
  afterEach(() => {
    sensor?.kill();
  });
  return {
    output: () => output,
    observed: async (hook, act) => {
      output = join(directory, `events-${readdirSync(directory).length}.jsonl`);
      const args = ["--families", hook.family, "--hook", `${hook.family}=${hook.hook}`, "--output", output];
      sensor = await Sensor.start(args);
      const result = await act();
      const statistics = await sensor.stop();
      expect(statistics.families[hook.family]).toMatchObject({ hook: hook.hook, lost: 0 });
      return result;
    },
  };
};

/** Stands for every hook where none can be tried, so that the tests are counted as skipped. */
const NO_HOOK = { hook: "any hook", outcome: "failed", why: "", reason: OBSTACLE ?? "" } as const;

/** Registers the tests of a family once for each of its hooks; a hook that this kernel refuses is skipped aloud. */
export const forEachHook = (family: string, register: (hook: Hook) => void): void => {
  const hooks = OBSTACLE === undefined ? explain(family) : [{ family, ...NO_HOOK }];
  describe.each(hooks)("$family by $hook", (hook) => {
    beforeEach((context) => {
      if (hook.outcome === "failed") context.skip(`${hook.hook}: ${hook.reason ?? "no reason given"}`);
    });
    register(hook);
  });
};

/** The fields that every event has, as the trigger knows them. `before` and `after` enclose the call. */
export const expectOrigin = (event: Json | undefined, truth: Truth): void => {
  expect(event).toMatchObject({ pid: truth.pid, ppid: truth.ppid, uid: truth.uid });
  expect(event?.["time"]).toBeGreaterThanOrEqual(truth.before);
  expect(event?.["time"]).toBeLessThanOrEqual(truth.after);
  expect(event?.["cgroup"]).toBeGreaterThan(0);
};

/** Keys that every event begins with, in order. */
export const ORIGIN_KEYS = ["type", "time", "pid", "tid", "ppid", "uid", "comm", "cgroup"] as const;
