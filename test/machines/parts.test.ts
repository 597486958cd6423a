/** Small decisions about guests: what they get, and what their outcomes amount to. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CLONE } from "../../src/machines/clone.ts";
import { usualPackages } from "../../src/machines/agent-lists.ts";
import { ARCHITECTURES, RELEASE_NAMES } from "../../src/machines/guests.ts";
import { baseRecipe } from "../../src/machines/images/base.ts";
import { portablePackages } from "../../src/machines/images/payload.ts";
import { versionIn } from "../../src/machines/images/qemu.ts";
import { updated, versionsIn } from "../../src/machines/jobs/check-agents.ts";
import type {
  AgentsOutcome,
  GuestOutcome,
  SmokeOutcome,
  TestOutcome,
} from "../../src/machines/jobs/outcome.ts";
import { chosenHook, provedHooks } from "../../src/machines/jobs/hooks.ts";
import { smokeFault, smokeOutcome } from "../../src/machines/jobs/smoke.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

test("QEMU's version is read from what it prints", () => {
  // From QEMU 10.0.2 and 7.2.19 as Debian 12 has them.
  expect(versionIn("QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2+deb13u1~bpo12+1)")).toEqual({
    text: "10.0.2",
    major: 10,
  });
  expect(versionIn("QEMU emulator version 7.2.19 (Debian 1:7.2+dfsg-7+deb12u16)")?.major).toBe(7);
  expect(versionIn("not found")).toBeUndefined();
});

describe("the packages that a guest gets", () => {
  const lock = JSON.parse(readFileSync(join(CLONE, "package-lock.json"), "utf8")) as Parameters<
    typeof portablePackages
  >[0];
  const packages = portablePackages(lock);

  test("are what tare needs, and vitest with what it needs", () => {
    for (const name of ["execa", "commander", "yaml", "vitest", "chai"])
      expect(packages).toContain(`node_modules/${name}`);
  });

  test("hold nothing of one architecture, and no tool that only a developer uses", () => {
    expect(packages.filter((path) => lock.packages[path]?.cpu !== undefined)).toEqual([]);
    for (const name of ["typescript", "oxlint", "prettier", "playwright-core", "rolldown"])
      expect(packages).not.toContain(`node_modules/${name}`);
  });
});

test.each(RELEASE_NAMES)(
  "a box with %s brings every agent of Debian's that a run measures without being told to",
  async (release) => {
    const usual = usualPackages(release);
    expect(usual).toContain("laurel");
    for (const architecture of ARCHITECTURES) {
      const recipe = await baseRecipe(architecture, "systemd", release);
      for (const name of usual) expect(JSON.stringify(recipe.inputs)).toContain(`"${name}"`);
    }
  },
);

const results = temporaryFolder();

describe("a smoke run", () => {
  const full = { operations: 10, delivered: 10 };
  const good: SmokeOutcome = {
    exitCode: 0,
    events: { "process-exec": full, "file-open": full, "network-connect": full },
    emulated: true,
    said: "",
  };
  test("that delivered everything has no fault", () => {
    expect(smokeFault(good)).toBeUndefined();
  });
  test("is read from its summary; a run without one, from its log", async () => {
    mkdirSync(join(results, "run"));
    writeFileSync(join(results, "exit-code"), "0\n");
    const row = { agent: "sensor", scenario: "file-open", operations: 5, delivered: 4 };
    const summary = { host: { emulated: true }, ledger: [row, row, { ...row, agent: "baseline" }] };
    writeFileSync(join(results, "run/summary.json"), JSON.stringify(summary));
    const events = { "file-open": { operations: 10, delivered: 8 } };
    expect(await smokeOutcome(results)).toEqual({ exitCode: 0, events, emulated: true, said: "" });
    rmSync(join(results, "run"), { recursive: true });
    writeFileSync(join(results, "exit-code"), "3\n");
    writeFileSync(join(results, "run.log"), "error: no such hook\n");
    expect(await smokeOutcome(results)).toMatchObject({
      exitCode: 3,
      events: {},
      said: "error: no such hook",
    });
  });

  test.each(["", "\n", "0x\n", "0 0\n"])(
    "whose exit status was cut off, as %j, did not end well",
    async (text) => {
      writeFileSync(join(results, "exit-code"), text);
      writeFileSync(join(results, "run.log"), "measuring\n");
      const outcome = await smokeOutcome(results);
      expect(outcome).toMatchObject({ exitCode: Number.NaN, said: "measuring" });
      expect(smokeFault({ ...good, ...outcome })).toBe("tare run left no exit status: measuring");
    },
  );

  test.each([
    [{ ...good, exitCode: 4, said: "no such hook" }, "tare run left with 4: no such hook"],
    [{ ...good, exitCode: 133, said: "its log" }, "tare run was killed by SIGTRAP: its log"],
    [{ ...good, events: {} }, "file-open was not measured"],
    [
      { ...good, events: { ...good.events, "file-open": { operations: 10, delivered: 9 } } },
      "file-open: 9 of 10 operations became events",
    ],
    [{ ...good, emulated: false }, "the record does not say that the CPU is emulated: false"],
  ])("is judged by what it lacks: %#", (outcome, fault) => {
    expect(smokeFault(outcome)).toBe(fault);
  });
});

describe("hooks", () => {
  const told = (hook: string, state: TestOutcome["state"]): TestOutcome => ({
    file: "test/bpf/hooks.test.ts",
    name: ["the sensor", `file by ${hook}`, "sees openat"],
    state,
    why: "",
    said: [],
    date: "2026-01-01",
  });
  const outcome: GuestOutcome = {
    arch: "amd64",
    kernelSeries: "5.10",
    kernelRelease: "5.10.0",
    date: "2026-01-01",
    qemu: "10.0.2",
    seconds: 1,
    hooks: [
      { family: "file", hook: "fexit/f", outcome: "failed", reason: "no" },
      { family: "file", hook: "tp_btf/x", outcome: "chosen" },
      { family: "file", hook: "raw_tp/x", outcome: "available" },
      { family: "file", hook: "tracepoint/x", outcome: "available" },
    ],
    tests: [told("fexit/f", "skipped"), told("tp_btf/x", "passed"), told("raw_tp/x", "failed")],
    smoke: null,
  };

  test("are complete only if tests ran and none failed", () => {
    expect(provedHooks(outcome, "file")).toEqual({
      complete: ["tp_btf/x"],
      failed: ["raw_tp/x"],
      refused: ["fexit/f"],
    });
  });
  test("chosen is what the sensor says, or nothing", () => {
    expect(chosenHook(outcome, "file")).toBe("tp_btf/x");
    expect(chosenHook(outcome, "network")).toBeUndefined();
  });
});

describe("agents of a Debian", () => {
  const row = (id: string, date: string, state: TestOutcome["state"]): TestOutcome => ({
    file: "test/agents/contract.test.ts",
    name: [`${id} on this node`, "sees a sentinel"],
    state,
    why: "",
    said: [],
    date,
  });
  const outcome = (agents: readonly TestOutcome[], units: readonly TestOutcome[]): AgentsOutcome => ({
    arch: "amd64",
    release: "trixie",
    kernelRelease: "6.12.0",
    qemu: "10.0.2",
    seconds: 1,
    securityModules: "lockdown,bpf",
    packages: {},
    module: null,
    agents,
    units,
  });

  test("a check of some brings their rows up to date and leaves the others as they were", () => {
    const earlier = outcome(
      [row("acct", "2026-01-01", "passed"), row("fatrace", "2026-01-01", "failed")],
      [row("unit", "2026-01-01", "passed")],
    );
    const later = outcome(
      [row("fatrace", "2026-01-02", "passed"), row("sysdig", "2026-01-02", "passed")],
      [],
    );
    expect(updated(earlier, later)).toEqual(
      outcome(
        [
          row("acct", "2026-01-01", "passed"),
          row("fatrace", "2026-01-02", "passed"),
          row("sysdig", "2026-01-02", "passed"),
        ],
        [row("unit", "2026-01-01", "passed")],
      ),
    );
  });

  test("versions are read from what dpkg-query --show prints, with and without an architecture", () => {
    // From a guest with Debian 13.
    expect(versionsIn("acct\t6.6.4-8\nlibelf1t64:amd64\t0.192-4")).toEqual({
      acct: "6.6.4-8",
      libelf1t64: "0.192-4",
    });
  });
});
