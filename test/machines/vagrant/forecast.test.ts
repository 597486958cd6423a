import { expect, test } from "vitest";
import { Forecast } from "../../../src/machines/vagrant/forecast.ts";
import { type Guest, guestsOf } from "../../../src/machines/guests.ts";
import { STEPS } from "../../../src/machines/vagrant/steps.ts";
import { turnsOf } from "../../../src/machines/vagrant/turns.ts";

const forecast = (): Forecast => new Forecast({ native: 100, emulated: 1000 });

test("the whole is all steps, the run among them as it was forecast", () => {
  const sum = STEPS.reduce((all, step) => all + forecast().seconds("tcg", step), 0);
  expect(forecast().whole("tcg")).toBe(sum);
  expect(forecast().seconds("tcg", "measure")).toBe(1000);
  expect(forecast().seconds("kvm", "measure")).toBe(100);
});

test("what a guest took counts for the next of its kind alone", () => {
  const learning = forecast();
  learning.learn("tcg", "measure", 700);
  expect(learning.seconds("tcg", "measure")).toBe(700);
  expect(learning.seconds("kvm", "measure")).toBe(100);
});

test("a step that takes longer than forecast leaves the steps after it, and what the guest says itself wins", () => {
  const after = forecast().seconds("tcg", "fetch") + forecast().seconds("tcg", "destroy");
  expect(forecast().left("tcg", "measure", 5000)).toBe(after);
  expect(forecast().left("tcg", "measure", 5000, 60)).toBe(60 + after);
});

test("no guest is given up before several times of what it should take", () => {
  expect(forecast().limit("tcg")).toBe(4 * 3600);
  const long = new Forecast({ native: 7200, emulated: 36_000 });
  for (const accelerator of ["tcg", "kvm"] as const)
    expect(long.limit(accelerator)).toBeGreaterThanOrEqual(2 * long.whole(accelerator));
});

test("guests side by side take as long as the slower, those of different turns as long as both", () => {
  const [amd64, arm64] = guestsOf("amd64,arm64", undefined) as [Guest, Guest];
  const accelerators = { amd64: "kvm", arm64: "tcg" } as const;
  const one = forecast();
  const [native, emulated] = [one.whole("kvm"), one.whole("tcg")];
  expect(one.ofTurns([{ guests: [amd64, arm64], atOnce: 2 }], accelerators)).toBe(Math.max(native, emulated));
  expect(one.ofTurns(turnsOf([amd64, arm64], accelerators, 2), accelerators)).toBe(native + emulated);
});
