import { expect, test } from "vitest";
import { guestsOf } from "../../../src/machines/guests.ts";
import { emulatedAtOnce, secondsUntilDone, turnsOf, turnsText } from "../../../src/machines/vagrant/turns.ts";
import { FakeHost } from "../../support/fake-host.ts";

const TWO = guestsOf("amd64,arm64", undefined);
const FOUR = guestsOf("amd64,arm64", "6.1,6.12");
const textOf = (...asked: Parameters<typeof turnsOf>): string => turnsText(turnsOf(...asked));

test("emulated guests run side by side, one on hardware virtualisation alone and first", () => {
  expect(textOf(TWO, { amd64: "tcg", arm64: "tcg" }, 2)).toBe("side by side");
  expect(textOf(TWO, { amd64: "tcg", arm64: "tcg" }, 1)).toBe("one after the other");
  expect(textOf(TWO, { amd64: "tcg", arm64: "hvf" }, 2)).toBe("arm64 alone, then amd64 alone");
  expect(textOf(FOUR, { amd64: "tcg", arm64: "tcg" }, 3)).toBe("3 at a time");
  expect(textOf(FOUR, { amd64: "kvm", arm64: "tcg" }, 2)).toBe(
    "amd64-6.1, amd64-6.12 one after the other, then arm64-6.1, arm64-6.12 side by side",
  );
  expect(textOf(TWO.slice(1), { amd64: "tcg", arm64: "tcg" }, 2)).toBe("alone");
});

test.each([
  ["as many as there are CPUs", 4, 32, undefined, 4],
  ["never more than there is memory for", 4, 7, undefined, 2],
  ["and for guests of the size that was asked for", 4, 16, "4096", 3],
  ["one on one CPU", 1, 32, undefined, 1],
  ["one where memory is short for even that", 2, 1, undefined, 1],
])("how many at a time: %s", async (_, cpus, gibibytes, memory, expected) => {
  const files = { "/proc/meminfo": `MemTotal: 99 kB\nMemAvailable:   ${gibibytes * 2 ** 20} kB\n` };
  expect(await emulatedAtOnce(new FakeHost({ cpus, files }), memory)).toBe(expected);
});

test("one at a time where the free memory cannot be read", async () => {
  expect(await emulatedAtOnce(new FakeHost({ cpus: 8 }), undefined)).toBe(1);
});

test("whoever waits begins when the first of those that run is done", () => {
  expect(secondsUntilDone([], [], 2)).toBe(0);
  expect(secondsUntilDone([100], [], 2)).toBe(100);
  expect(secondsUntilDone([100, 30], [60], 2)).toBe(100);
  expect(secondsUntilDone([100, 30], [60, 60], 2)).toBe(150);
  expect(secondsUntilDone([], [60, 60], 1)).toBe(120);
});
