/** `tare vms` as it is met before any virtual machine exists, and after all of them are gone. */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { createContext } from "../../src/cli/context.ts";
import { conclude } from "../../src/cli/vms/conclude.ts";
import { withEnvironment } from "../../src/cli/vms/settings.ts";
import { createGuestView } from "../../src/cli/vms/view.ts";
import { guestsOf } from "../../src/machines/guests.ts";
import type { GuestResult } from "../../src/machines/vagrant/run-guests.ts";
import { keepingScreen } from "../support/keeping-screen.ts";
import { tare } from "../support/tare-command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = temporaryFolder();

test.each([
  [["run", "--arch", "armhf"], /--arch armhf: not known\n.*amd64, arm64/],
  [["run", "--kernel", "4.19"], /--kernel 4\.19: not known\n.*5\.10, 6\.1, 6\.12/],
  [["run", "--agents", "sensr"], /unknown agent "sensr"/],
  [["run", "--scenarios", "file-opne"], /unknown scenario "file-opne"/],
  [["run", "--blocks", "0"], /--blocks 0/],
  [["run", "--boot-timeout", "5"], /--boot-timeout 5: not a duration/],
  [["run", "--budget", "/no/such/budget.yaml"], /cannot read the budget/],
  [["run", "--boxes", "any"], /Allowed choices are named, built/],
  [["run", "--boxes", "built", "--provider", "qemu"], /makes boxes for libvirt, and the provider is qemu/],
  [["run", "--agents-from", "/no/such/folder"], /nothing in it for amd64, arm64\n.*<architecture>\/<agent>/],
  [["destroy", "arm64-4.19"], /no virtual machine "arm64-4\.19" was kept/],
])("tare vms %j is a usage error that says what there is", (args, expected) => {
  const ended = tare(["vms", ...args]);
  expect(ended.stderr).toMatch(expected);
  expect(ended.stdout).toBe("");
  expect(ended.status).toBe(2);
});

test("a dry run names each guest, how it is run, where its results go, and starts nothing", () => {
  const ended = tare([
    "vms",
    "run",
    "--kernel",
    "6.1",
    "--profile",
    "smoke",
    "--out",
    folder,
    "--dry-run",
    "--json",
  ]);
  const { guests } = JSON.parse(ended.stdout) as {
    guests: { id: string; accelerator: string; emulated: boolean; folder: string; seconds: number }[];
  };
  expect(guests.map(({ id }) => id)).toEqual(["amd64-6.1", "arm64-6.1"]);
  for (const guest of guests) {
    expect(guest.emulated).toBe(guest.accelerator === "tcg");
    expect(guest.folder).toMatch(/-6\.1\.(amd64|arm64)$/);
    expect(guest.seconds).toBeGreaterThan(0);
  }
  expect(readdirSync(folder).filter((name) => /\.(amd64|arm64)$/.test(name))).toEqual([]);
});

test("what no flag says is taken from the environment, as `vagrant up` takes it", () => {
  const env = {
    TARE_PROFILE: "smoke",
    TARE_AGENTS: "sensor",
    TARE_VM_KERNEL: "6.12",
    TARE_BUDGET: "",
    TARE_RESULTS: "/elsewhere",
    TARE_VM_BOOT_TIMEOUT: "90",
    TARE_BENCH_ARGUMENTS: " --seed 7 --blocks 2",
  };
  const flags = { arch: "amd64", boxes: "named", setup: true, agents: "auditd" } as const;
  expect(withEnvironment(flags, env)).toEqual({
    ...flags,
    profile: "smoke",
    kernel: "6.12",
    out: "/elsewhere",
    bootTimeout: "90s",
    benchArguments: ["--seed", "7", "--blocks", "2"],
  });
  expect(withEnvironment(flags, {})).toEqual({
    ...flags,
    profile: "quick",
    bootTimeout: "15m",
    benchArguments: [],
  });
  expect(() => withEnvironment(flags, { TARE_VM_BOOT_TIMEOUT: "lots" })).toThrow(
    /TARE_VM_BOOT_TIMEOUT lots: not a whole number/,
  );
});

const measured = (id: "amd64" | "arm64", from: string, exitCode = 0): GuestResult => {
  const [guest] = guestsOf(id, undefined);
  if (guest === undefined) throw new Error("no such guest");
  return {
    guest,
    accelerator: "tcg",
    outcome: { kind: "measured", folder: from, exitCode },
    seconds: 1,
    steps: {},
    problems: [],
  };
};

/** A real record of an earlier run. */
const EXAMPLE = join(ROOT, "results/examples");

/** That record in a folder of its own, as it comes from a guest. */
const fetched = (name: string): string => {
  const into = join(folder, name);
  mkdirSync(into);
  cpSync(join(EXAMPLE, "record.jsonl"), join(into, "record.jsonl"));
  return into;
};

test("results of another schema are named and left out; the others are reported", async () => {
  const good = fetched("good");
  const newer = join(folder, "newer");
  mkdirSync(newer);
  const [header = ""] = readFileSync(join(EXAMPLE, "record.jsonl"), "utf8").split("\n");
  writeFileSync(join(newer, "record.jsonl"), `${header.replace('"schema":1', '"schema":99')}\n`);
  const screen = keepingScreen();
  const report = join(folder, "page.html");
  const code = await conclude(
    createContext(screen),
    { report, json: true },
    "20260101-000000",
    [measured("amd64", good), measured("arm64", newer)],
    false,
  );
  expect(code).toBe(4);
  expect(screen.said.join("\n")).toMatch(/arm64: left out of the report: .*record schema 99/);
  expect(readFileSync(report, "utf8")).toContain("<html");
  expect(readFileSync(join(good, "report.html"), "utf8")).toContain("<html");
  expect(existsSync(join(newer, "report.html"))).toBe(false);
  const told = JSON.parse(screen.results.join("")) as { guests: { unreadable?: string }[] };
  expect(told.guests.map((guest) => guest.unreadable === undefined)).toEqual([true, false]);
});

test("a guest whose harness a signal killed at first is measured, and the first try is named", () => {
  const screen = keepingScreen();
  const { outcome, ...rest } = measured("arm64", "/results/run.arm64");
  const killed = { ...outcome, firstKilledBy: "SIGTRAP" } as typeof outcome;
  createGuestView(screen)({ kind: "done", result: { ...rest, outcome: killed } });
  expect(screen.said).toEqual([
    "arm64: measured in 00:01, /results/run.arm64",
    "arm64: this is the second try: SIGTRAP killed the harness at the first, which is kept in first-try/",
  ]);
});

test("what an interruption left on this host is named, with what takes it down", () => {
  const screen = keepingScreen();
  const [guest] = guestsOf("amd64", undefined);
  if (guest === undefined) throw new Error("no such guest");
  createGuestView(screen)({ kind: "left", guest, problems: ["vagrant destroy failed"] });
  expect(screen.said).toEqual([
    "left on this host: amd64: vagrant destroy failed",
    "  hint: `tare clean` tries again to take it down",
  ]);
});

test.each([
  [[0, 0], false, 0],
  [[0, 5], false, 5],
  [[5, 1], false, 1],
  [[0, 0], true, 130],
])(
  "guests that ended with %j, interrupted: %s, end the command with %i",
  async (codes, interrupted, expected) => {
    const screen = keepingScreen();
    const from = fetched(`verdicts-${codes.join("-")}-${interrupted ? "interrupted" : "done"}`);
    const results = codes.map((code, at) => measured(at === 0 ? "amd64" : "arm64", from, code));
    const flags = { report: join(folder, "verdicts.html"), json: true };
    expect(await conclude(createContext(screen), flags, "20260101-000000", results, interrupted)).toBe(
      expected,
    );
  },
);

test("without a guest that was measured there is no page", async () => {
  const screen = keepingScreen();
  const report = join(folder, "none.html");
  const code = await conclude(createContext(screen), { report, json: true }, "20260101-000000", [], true);
  expect(code).toBe(130);
  expect(existsSync(report)).toBe(false);
  expect(JSON.parse(screen.results.join(""))).toMatchObject({ report: null, guests: [] });
});
