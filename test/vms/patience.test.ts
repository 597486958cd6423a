import { expect, test } from "vitest";
import { Forecast } from "../../src/vms/forecast.ts";
import { parsePatience, patienceOf } from "../../src/vms/patience.ts";

test("an emulated guest is given time, unless somebody says how much", () => {
  expect(patienceOf("tcg", undefined)).toBe(5);
  expect(patienceOf("kvm", undefined)).toBe(1);
  expect(patienceOf("tcg", parsePatience("1"))).toBe(1);
  expect(patienceOf("kvm", parsePatience("2.5"))).toBe(2.5);
});

test.each(["0", "0.5", "-3", "slow", "1e3"])("TARE_VM_PATIENCE %j is a usage error", (text) => {
  expect(() => parsePatience(text)).toThrow(`TARE_VM_PATIENCE is "${text}"`);
});

test("the forecast reckons with it, and no guest is given up before twice of what it should take", () => {
  const [quick, thorough] = [new Forecast(235, undefined), new Forecast(7200, undefined)];
  expect(quick.seconds("tcg", "measure")).toBeGreaterThan(5 * 235);
  expect(new Forecast(235, 20).seconds("tcg", "measure")).toBeGreaterThan(20 * 235);
  expect(quick.limit("tcg")).toBe(4 * 3600);
  for (const accelerator of ["tcg", "kvm"] as const)
    expect(thorough.limit(accelerator)).toBeGreaterThanOrEqual(2 * thorough.left(accelerator, "box", 0));
});
