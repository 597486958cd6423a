import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { progressIn, stepBegunBy } from "../../../src/machines/vagrant/steps.ts";

/** What Vagrant 2.3.4 with vagrant-libvirt 0.11.2 printed while it brought an emulated arm64 guest up; see the file's first line. */
const REAL = readFileSync(join(import.meta.dirname, "fixtures/vagrant-up.log"), "utf8").split("\n");

test("the steps of a real `vagrant up` come in order", () => {
  const begun = REAL.map(stepBegunBy).filter((step) => step !== undefined);
  expect([...new Set(begun)]).toEqual(["boot", "copy", "set-up", "fetch"]);
});

test("the guest's own progress is told from everything else that is printed in it", () => {
  expect(progressIn("    arm64: block 3 of 12 | 01:10 left | 1 failed | sensor: file-open closed")).toEqual({
    at: "block 3 of 12",
    left: 70,
    what: "sensor: file-open closed",
  });
  expect(progressIn("    arm64: block 1 of 2 | 61:00 left")).toEqual({
    at: "block 1 of 2",
    left: 3660,
    what: "",
  });
  expect(progressIn("    arm64: setup: building bpf")?.at).toBe("building bpf");
  expect(REAL.map(progressIn).flatMap((progress) => progress?.at ?? [])).toEqual([
    "Linux 6.12.117+deb13-cloud-arm64 aarch64, 2 CPUs",
    "node_modules and build/ came along",
    "tare bench",
    "exit code 0",
  ]);
});

test("the run begins where it says how long it takes", () => {
  const line = "    arm64: measuring baseline, sensor on file-open: at most 2 blocks, about 12:05";
  expect(stepBegunBy(line)).toBe("measure");
  expect(progressIn(line)).toEqual({ at: "at most 2 blocks", left: 725, what: "" });
});

test("what is looked at before a guest is brought up begins no step", () => {
  expect(stepBegunBy("==> amd64: Running action triggers before up ...")).toBeUndefined();
  expect(stepBegunBy("==> amd64: Running trigger: surroundings...")).toBeUndefined();
  expect(stepBegunBy("==> amd64: Running trigger: results...")).toBe("fetch");
});

test("what a guest prints begins no step", () => {
  expect(stepBegunBy("    amd64: Creating image")).toBeUndefined();
});
