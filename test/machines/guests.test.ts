import { expect, test } from "vitest";
import { KERNELS, NEWEST_KERNEL, RELEASES, guestsOf } from "../../src/machines/guests.ts";

test("one guest for each architecture and kernel, one architecture after the other", () => {
  expect(guestsOf("amd64,arm64", "6.1,6.12").map((guest) => guest.id)).toEqual([
    "amd64-6.1",
    "amd64-6.12",
    "arm64-6.1",
    "arm64-6.12",
  ]);
});

test("without a kernel the box decides, and a word said twice counts once", () => {
  expect(guestsOf("arm64, arm64", undefined)).toEqual([
    { id: "arm64", architecture: "arm64", kernel: undefined },
  ]);
});

test.each([
  ["armhf", undefined, /--arch armhf: not known/],
  [",", undefined, /--arch names nothing/],
  ["amd64", "4.19", /--kernel 4\.19: not known/],
  ["amd64", "", /--kernel names nothing/],
])("%j with kernel %j is a usage error", (architectures, kernels, expected) => {
  expect(() => guestsOf(architectures, kernels)).toThrow(expected);
});

test("kernels stand from the oldest to the newest, and each release's own is among them", () => {
  const age = (kernel: string): number => Number(kernel.split(".")[0]) * 1000 + Number(kernel.split(".")[1]);
  expect(KERNELS.toSorted((one, other) => age(one) - age(other))).toEqual(KERNELS);
  expect(NEWEST_KERNEL).toBe(KERNELS.at(-1));
  expect(KERNELS).toEqual(expect.arrayContaining(Object.values(RELEASES)));
});
