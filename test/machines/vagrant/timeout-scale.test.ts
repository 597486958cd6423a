import { expect, test } from "vitest";
import { Forecast } from "../../../src/machines/vagrant/forecast.ts";
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

test("the forecast reckons with it, and no guest is given up before twice of what it should take", () => {
  const [quick, thorough] = [new Forecast(235, undefined), new Forecast(7200, undefined)];
  expect(quick.seconds("tcg", "measure")).toBeGreaterThan(5 * 235);
  expect(new Forecast(235, 20).seconds("tcg", "measure")).toBeGreaterThan(20 * 235);
  expect(quick.limit("tcg")).toBe(4 * 3600);
  for (const accelerator of ["tcg", "kvm"] as const)
    expect(thorough.limit(accelerator)).toBeGreaterThanOrEqual(2 * thorough.left(accelerator, "box", 0));
});
