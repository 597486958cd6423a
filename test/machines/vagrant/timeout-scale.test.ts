import { expect, test } from "vitest";
import { parseTimeoutScale } from "../../../src/machines/vagrant/timeout-scale.ts";

test.each([
  [undefined, undefined],
  ["", undefined],
  ["1", 1],
  ["2.5", 2.5],
])("TARE_VM_TIMEOUT_SCALE %j asks for %j", (text, scale) => {
  expect(parseTimeoutScale(text)).toBe(scale);
});

test.each(["0", "0.5", "-3", "slow", "1e3"])("TARE_VM_TIMEOUT_SCALE %j is a usage error", (text) => {
  expect(() => parseTimeoutScale(text)).toThrow(`TARE_VM_TIMEOUT_SCALE is "${text}"`);
});
