/** What `tare vms run` shows while its guests work, and where their time went. */
import { expect, test } from "vitest";
import { createContext } from "../../src/cli/context.ts";
import { runSeconds } from "../../src/cli/vms/run-seconds.ts";
import { stagesText } from "../../src/cli/vms/stages.ts";
import { createGuestView } from "../../src/cli/vms/view.ts";
import { type Guest, guestsOf } from "../../src/machines/guests.ts";
import type { GuestState } from "../../src/machines/vagrant/run-guests.ts";
import { PROFILES } from "../../src/plan/profiles.ts";
import { keepingScreen } from "../support/keeping-screen.ts";

const [amd64, arm64] = guestsOf("amd64,arm64", undefined) as [Guest, Guest];

test("a line of progress has the times, where each guest is, and last what runs in it", () => {
  const shown: (readonly string[])[] = [];
  const screen = {
    ...keepingScreen(),
    progress: (text: string, last = ""): void => void shown.push([text, last]),
  };
  const tick = (...running: readonly GuestState[]): void => {
    createGuestView(screen)({ kind: "tick", running, gone: 190, left: 360 });
  };
  const measuring = (guest: Guest, what: string): GuestState => ({
    guest,
    step: "measure",
    progress: { at: "block 1 of 2", left: 300, what },
  });
  tick(measuring(amd64, "sensor: file-open closed"));
  tick({ guest: amd64, step: "measure", progress: undefined });
  tick(measuring(amd64, "sensor: file-open closed"), { guest: arm64, step: "copy", progress: undefined });
  tick(measuring(amd64, "sensor: file-open closed"), measuring(arm64, "baseline: syscall-tax closed"));
  expect(shown).toEqual([
    ["03:10 gone, about 06:00 left | amd64: block 1 of 2", "sensor: file-open closed"],
    ["03:10 gone, about 06:00 left | amd64: measuring in it", ""],
    [
      "03:10 gone, about 06:00 left | amd64: block 1 of 2, arm64: copying the checkout into it",
      "amd64 sensor: file-open closed",
    ],
    [
      "03:10 gone, about 06:00 left | amd64: block 1 of 2, arm64: block 1 of 2",
      "amd64 sensor: file-open closed, arm64 baseline: syscall-tax closed",
    ],
  ]);
});

test("the time of each stage stands below its guest, and what is around the guests below them", () => {
  const results = [
    { guest: amd64, seconds: 428, steps: { box: 31, boot: 70, measure: 327 } },
    { guest: arm64, seconds: 40, steps: { box: 40 } },
  ];
  expect(
    stagesText(results, { before: 75, making: [["the lab", 62]], guests: 443, page: 2 }, 80).split("\n"),
  ).toEqual([
    "minutes:seconds   amd64  arm64",
    "box into Vagrant  00:31  00:40",
    "boot              01:10      -",
    "run               05:27      -",
    "together          07:08  00:40",
    "before the guests 01:15 (the lab 01:02) | guests 07:23 | page 00:02 | in all 08:40",
  ]);
  const making = [
    ["the lab", 62],
    ["the box of amd64", 50],
  ] as const;
  expect(stagesText([], { before: 75, making, guests: 0, page: undefined }, 80)).toContain(
    "before the guests 01:15, some of it side by side (the lab 01:02, the box of amd64 00:50)",
  );
  expect(stagesText([], { before: 75, making: [], guests: 0, page: undefined }, 80)).toBe(
    "before the guests 01:15 | in all 01:15",
  );
});

test("the run in a guest is forecast by its plan: by agents, blocks, emulation and patience", async () => {
  const context = createContext(keepingScreen());
  const seconds = async (flags: Parameters<typeof runSeconds>[1], scale?: number) =>
    await runSeconds(context, flags, PROFILES.smoke, scale);
  const [one, usual] = [await seconds({ agents: "sensor" }), await seconds({})];
  expect(one.emulated).toBeGreaterThan(2 * one.native);
  expect(usual.emulated).toBeGreaterThan(one.emulated);
  expect((await seconds({ agents: "sensor", blocks: "4" })).emulated).toBeCloseTo(
    4 * (await seconds({ agents: "sensor", blocks: "1" })).emulated,
  );
  expect((await seconds({}, 20)).emulated).toBeCloseTo(4 * usual.emulated);
  // A vendor's agent is in no box.
  expect((await seconds({ agentsFrom: "releases" })).emulated).toBeGreaterThan(usual.emulated);
});
