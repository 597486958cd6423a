import { expect, test } from "vitest";
import { parseTimeoutScale, timeoutScaleOf } from "../../../src/machines/vagrant/timeout-scale.ts";

test("an emulated guest is given time, unless a scale is asked for", () => {
  expect(timeoutScaleOf("tcg", undefined)).toBe(5);
  expect(timeoutScaleOf("kvm", undefined)).toBe(1);
  expect(timeoutScaleOf("tcg", parseTimeoutScale("1"))).toBe(1);
  expect(timeoutScaleOf("kvm", parseTimeoutScale("2.5"))).toBe(2.5);
});

test.each(["0", "0.5", "-3", "slow", "1e3"])("TARE_VM_TIMEOUT_SCALE %j is a usage error", (text) => {
  expect(() => parseTimeoutScale(text)).toThrow(`TARE_VM_TIMEOUT_SCALE is "${text}"`);
});
