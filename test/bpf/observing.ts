/** What the tests of every family share: one hook observed while something happens, and each hook that this kernel allows. */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect } from "vitest";
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
  "write",
  "rename",
  "delete",
  "uring",
  "datagram",
] as const;

export interface Observing {
  /** The events of the last observation. */
  readonly output: () => string;
  /** Runs `act` under a sensor with this hook only and returns what it returned, with all events in `output`. */
  readonly observed: <T>(hook: Hook, act: () => T | Promise<T>) => Promise<T>;
}

/** A running sensor, and how much of what it wrote belongs to earlier observations. */
interface Running {
  readonly hook: Hook;
  readonly sensor: Sensor;
  readonly file: string;
  readonly earlierBytes: number;
}

/** A folder for one test file, and one sensor after the other: loading programs takes longer than most of what is observed. */
export const observing = (): Observing => {
  const directory = temporaryFolder();
  let output = "";
  let running: Running | undefined;
  const newFile = (): string => join(directory, `events-${readdirSync(directory).length}.jsonl`);
  const start = async (hook: Hook): Promise<Running> => {
    await running?.sensor.stop();
    running = undefined;
    const file = newFile();
    const args = ["--families", hook.family, "--hook", `${hook.family}=${hook.hook}`, "--output", file];
    return { hook, sensor: await Sensor.start(args), file, earlierBytes: 0 };
  };
  const end = (): void => {
    running?.sensor.kill();
    running = undefined;
  };
  afterAll(end);
  return {
    output: () => output,
    observed: async (hook, act) => {
      const { sensor, file, earlierBytes } = (running = running?.hook === hook ? running : await start(hook));
      try {
        const result = await act();
        const { families } = await sensor.statistics();
        const written = readFileSync(file);
        output = newFile();
        writeFileSync(output, written.subarray(earlierBytes));
        running = { hook, sensor, file, earlierBytes: written.length };
        expect(families[hook.family]).toMatchObject({ hook: hook.hook, lost: 0 });
        return result;
      } catch (error) {
        // The next observation begins with none of this one's events.
        end();
        throw error;
      }
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
