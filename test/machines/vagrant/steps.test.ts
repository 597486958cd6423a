import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { progressIn, stepBegunBy } from "../../../src/machines/vagrant/steps.ts";

/** What Vagrant 2.3.4 with vagrant-libvirt 0.11.2 printed while it brought an emulated arm64 guest up; see the file's first line. */
const REAL = readFileSync(join(import.meta.dirname, "fixtures/vagrant-up.log"), "utf8").split("\n");

test("the steps of a real `vagrant up` come in order", () => {
  const begun = REAL.map(stepBegunBy).filter((step) => step !== undefined);
  expect([...new Set(begun)]).toEqual(["boot", "copy", "measure", "fetch"]);
});

test("the guest's own progress is told from everything else that is printed in it", () => {
  expect(progressIn("    arm64: block 3 of 12 done, 01:10 gone")).toBe("block 3 of 12 done, 01:10 gone");
  expect(REAL.map(progressIn).filter((text) => text !== undefined)).toEqual([]);
});

test("what is looked at before a guest is brought up begins no step", () => {
  expect(stepBegunBy("==> amd64: Running action triggers before up ...")).toBeUndefined();
  expect(stepBegunBy("==> amd64: Running trigger: surroundings...")).toBeUndefined();
  expect(stepBegunBy("==> amd64: Running trigger: results...")).toBe("fetch");
});

test("what a guest prints begins no step", () => {
  expect(stepBegunBy("    amd64: Creating image")).toBeUndefined();
});
