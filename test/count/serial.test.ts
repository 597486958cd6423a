import { describe, expect, test } from "vitest";
import { fitLoop, refuseOtherClock } from "../../src/count/known-loop.ts";
import { readSerial } from "../../src/count/serial.ts";
import { saidBoot } from "./said.ts";

describe("what a guest said", () => {
  const said = readSerial(saidBoot({ output: "one line\n" }));

  test("tells what it is", () => {
    expect(said).toMatchObject({
      kernel: "6.12.9-cloud-amd64",
      cpu: "Example CPU",
      memoryKib: 991_184,
      clock: "tsc",
    });
  });

  test("has its turns in their order, with what the agent wrote", () => {
    expect(said.turns.map(({ agent }) => agent)).toEqual(["baseline", "sensor", "baseline"]);
    const [, sensor] = said.turns;
    expect(sensor?.started).toEqual({ version: "example 1.2", readyMs: 210, stopMs: 240 });
    expect(sensor?.outputs.get("events.jsonl")?.toString()).toBe("one line\n");
    expect(sensor?.trials.map(({ id, lost }) => ({ id, lost }))).toEqual([{ id: "0002", lost: ["0", "0"] }]);
  });

  test("may hold lines of the kernel between its own", () => {
    const noisy = saidBoot().replaceAll("tare:own", "[  1.0] the kernel\r\ntare:own");
    expect(readSerial(noisy).turns).toHaveLength(3);
  });
});

test.each([
  ["cut off", saidBoot().slice(0, 3000), /should come, not the end|no JSON|is missing/],
  ["without its end", saidBoot().replace("tare:end\r\n", ""), /"tare:end" should come, not the end/],
  [
    "with a result that is none",
    saidBoot().replace('"protocol":2', '"protocol":7'),
    /"protocol" must be one of 1, 2/,
  ],
  [
    "with output that is cut",
    saidBoot({ output: "x".repeat(99) }).replace("KLUv", "KL"),
    /did not come through/,
  ],
  [
    "with less output than it says",
    saidBoot({ output: "one line\n" }).replace("events.jsonl 9", "events.jsonl 11"),
    /events.jsonl has 9 bytes of 11/,
  ],
])("what a guest said is refused %s", (_, text, message) => {
  expect(() => readSerial(text)).toThrow(message);
});

describe("the known loop", () => {
  test("gives the instructions of a turn, whatever reading the clock takes", () => {
    const loop = fitLoop(readSerial(saidBoot()).loop);
    expect(loop.slope).toBeCloseTo(21, 9);
    expect(loop.residual).toBeCloseTo(0, 6);
    expect(() => refuseOtherClock(loop)).not.toThrow();
  });

  test("refuses a clock that counts something else", () => {
    const loop = fitLoop({
      instructions: 21,
      points: [
        [1, 30],
        [10, 60],
        [100, 400],
      ],
    });
    expect(() => refuseOtherClock(loop)).toThrow(/a turn of 21 took 3\.\d+ of its nanoseconds/);
  });
});
