/** Enforcement on this kernel, by the hooks that it has: what is denied does not go on, and nothing else is touched. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { forEachHook } from "./observing.ts";
import { parseLines, SENSOR, Sensor, TRIGGER } from "./sensor.ts";
import type { Hook, Json } from "./sensor.ts";

const folder = temporaryFolder();
mkdirSync(join(folder, "denied"));
mkdirSync(join(folder, "fine"));
for (const place of ["denied", "fine"]) {
  copyFileSync(TRIGGER, join(folder, place, "program"));
  writeFileSync(join(folder, place, "file"), "");
}
const POLICY = join(folder, "policy.yaml");
const OUTPUT = join(folder, "events.jsonl");

const under = async (hook: Hook, deny: object, act: () => void): Promise<readonly Json[]> => {
  writeFileSync(POLICY, stringify({ deny }));
  writeFileSync(OUTPUT, "");
  const args = ["--families", "deny", "--hook", `deny=${hook.hook}`, "--policy", POLICY, "--output", OUTPUT];
  const sensor = await Sensor.start(args);
  try {
    act();
    expect((await sensor.stop()).families["deny"]).toMatchObject({ hook: hook.hook, lost: 0 });
  } finally {
    sensor.kill();
  }
  return parseLines(readFileSync(OUTPUT, "utf8"));
};

/** How a process ended that tried something: it went on, its call was refused, or it was killed. */
const endOf = (program: string, ...args: readonly string[]): string => {
  const ran = spawnSync(program, args, { encoding: "utf8" });
  if (ran.error !== undefined) return (ran.error as NodeJS.ErrnoException).code ?? "failed";
  if (ran.signal !== null) return ran.signal;
  return String((JSON.parse(ran.stdout) as { readonly ret: number }).ret);
};

const EPERM = -1;

forEachHook("deny", (hook) => {
  const isRefusing = hook.hook.startsWith("lsm/");
  const action = isRefusing ? "refused" : "killed";

  test("an exec from a denied path", async () => {
    const program = join(folder, "denied/program");
    const events = await under(hook, { exec: { paths: [join(folder, "denied/")] } }, () => {
      expect(endOf(program, "identity")).toBe(isRefusing ? "EPERM" : "SIGKILL");
      expect(endOf(join(folder, "fine/program"), "identity")).toBe("0");
    });
    expect(events).toMatchObject([{ type: "denied", call: "exec", action, path: program }]);
  });

  test("an open below a denied path, by every call that there is", async () => {
    const file = join(folder, "denied/file");
    const calls = [
      ["openat", file, "0", "0"],
      ["openat2", file, "0", "0"],
      ...(process.arch === "x64"
        ? [
            ["open", file, "0", "0"],
            ["creat", file, "0600"],
          ]
        : []),
    ];
    const events = await under(hook, { file: { paths: [join(folder, "denied/")] } }, () => {
      for (const call of calls) expect(endOf(TRIGGER, ...call)).toBe(isRefusing ? String(EPERM) : "SIGKILL");
      expect(Number(endOf(TRIGGER, "openat", join(folder, "fine/file"), "0", "0"))).toBeGreaterThan(0);
      // Nothing was opened, so there is nothing to deny.
      expect(endOf(TRIGGER, "openat", join(folder, "denied/absent"), "0", "0")).toBe("-2");
    });
    expect(events).toHaveLength(calls.length);
    for (const event of events) expect(event).toMatchObject({ call: "open", action, path: file });
  });

  test("ends with the sensor", async () => {
    await under(hook, { exec: { paths: [join(folder, "denied/")] } }, () => undefined);
    expect(endOf(join(folder, "denied/program"), "identity")).toBe("0");
  });
});

test("is off without a policy that denies, and asking for it is then an error", () => {
  const ran = spawnSync(SENSOR, ["--families", "deny", "--output", "none"], { encoding: "utf8" });
  expect(ran.status).toBe(2);
  expect(ran.stderr).toContain("the family deny needs a --policy that denies something");
});
