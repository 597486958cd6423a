/**
 * Whatever others write is read or refused in words: the inputs that `npm run fuzz` has kept, and some new ones made of them, always the same.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRng } from "../../src/domain/random.ts";
import { attempt } from "./engine/attempt.ts";
import { readCorpus } from "./engine/corpus.ts";
import { mutate } from "./engine/mutate.ts";
import type { Target } from "./engine/target.ts";
import { buildSensor, runSensorCorpus, SENSOR_TARGETS } from "./sensor/build.ts";

const FOLDER = join(import.meta.dirname, "targets");
const SEED = 20261129;
/** For each target: some seconds, whatever the target costs. */
const NEW_INPUTS: Readonly<Record<string, number>> = {
  agents: 20,
  "record-view": 40,
  record: 400,
  budget: 500,
  "custom-agent": 500,
  "team-policy": 1000,
};
const USUAL_INPUTS = 5000;
/** A minute in all on a machine that does nothing else. */
const MINUTES = 900_000;
const NEW_INPUTS_OF_SENSOR = 50_000;

const targets = await Promise.all(
  readdirSync(FOLDER).map(async (file) => {
    const { default: target } = (await import(join(FOLDER, file))) as { readonly default: Target };
    return [file.replace(/\.ts$/, ""), target] as const;
  }),
);

describe.each(targets)("%s", (name, target) => {
  test(
    "takes or refuses every input that is kept, and new ones",
    async () => {
      const pool = [...target.seeds().map((seed) => Buffer.from(seed)), ...readCorpus(name)];
      const next = createRng(SEED);
      const fresh = Array.from({ length: NEW_INPUTS[name] ?? USUAL_INPUTS }, () =>
        mutate(target, pool, next),
      );
      const former = (target.found?.() ?? []).map((one) => Buffer.from(one));
      const found: object[] = [];
      for (const input of [...former, ...pool, ...fresh]) {
        const finding = await attempt(target, input);
        if (finding !== undefined) found.push({ ...finding, input: input.toString("latin1").slice(0, 2000) });
      }
      expect(found).toEqual([]);
    },
    MINUTES,
  );
});

const prebuilt = process.env["TARE_TEST_PREBUILT"] === "yes" ? "there is no compiler here" : undefined;

describe.each(SENSOR_TARGETS)("%s", (name) => {
  test(
    "takes or refuses every input that is kept, and new ones",
    (context) => {
      const obstacle = prebuilt ?? buildSensor(name);
      context.skip(obstacle !== undefined, obstacle);
      const { status, said } = runSensorCorpus(name, NEW_INPUTS_OF_SENSOR, SEED);
      expect(said.slice(-3000)).not.toMatch(/ERROR|runtime error/);
      expect(status).toBe(0);
    },
    MINUTES,
  );
});
