import { afterEach, expect, test, vi } from "vitest";
import { TareError } from "../../src/domain/errors.ts";
import { interruptible } from "../../src/session/interruptible.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const reasonFor = (signal: string): TareError => new TareError("interrupted", `by ${signal}`, "again");
const listeners = (): readonly number[] => SIGNALS.map((signal) => process.listenerCount(signal));

test.each(SIGNALS)(
  "%s aborts the work, which ends in its own time; a second one changes nothing",
  async (signal) => {
    const before = listeners();
    const steps: string[] = [];
    const work = interruptible(reasonFor, async (aborted) => {
      process.emit(signal, signal);
      process.emit("SIGTERM", "SIGTERM");
      await Promise.resolve();
      steps.push("undone");
      aborted.throwIfAborted();
    });
    await expect(work).rejects.toThrow(`by ${signal}`);
    expect(steps).toEqual(["undone"]);
    expect(listeners()).toEqual(before);
  },
);

afterEach(() => {
  vi.restoreAllMocks();
});

/** Ctrl-C at these milliseconds. */
const pressedAt = (...times: readonly number[]): void => {
  for (const time of times) {
    vi.spyOn(performance, "now").mockReturnValue(time);
    process.emit("SIGINT", "SIGINT");
  }
};

test("a Ctrl-C that npm hands on a moment later is one, and each later one counts", async () => {
  const told: number[] = [];
  const work = interruptible(
    reasonFor,
    (aborted) => {
      pressedAt(5000, 5040, 7000, 9000);
      return Promise.reject(aborted.reason as Error);
    },
    (times) => {
      told.push(times);
      return undefined;
    },
  );
  await expect(work).rejects.toThrow("by SIGINT");
  expect(told).toEqual([1, 2, 3]);
});

test("work is left as it is where that is what the signal asks for", async () => {
  const work = interruptible(
    reasonFor,
    () => {
      pressedAt(5000, 7000);
      return new Promise<never>(() => undefined);
    },
    (times) => (times === 2 ? new TareError("interrupted", "left", "clean") : undefined),
  );
  await expect(work).rejects.toThrow("left");
});

test("whatever interrupted work fails with, the user reads why it was interrupted", async () => {
  const work = interruptible(reasonFor, () => {
    process.emit("SIGINT", "SIGINT");
    return Promise.reject(new Error("a sleep was cut short"));
  });
  await expect(work).rejects.toThrow("by SIGINT");
});

test("work that nobody interrupts gives its result, or its own error", async () => {
  const before = listeners();
  expect(await interruptible(reasonFor, () => Promise.resolve(7))).toBe(7);
  await expect(interruptible(reasonFor, () => Promise.reject(new Error("its own")))).rejects.toThrow(
    "its own",
  );
  expect(listeners()).toEqual(before);
});
