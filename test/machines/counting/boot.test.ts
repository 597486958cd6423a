/** How a boot ends, with a script in QEMU's place that says what a guest would say. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bootCounted, type CountedBoot } from "../../../src/machines/counting/boot.ts";
import { bootOrKept } from "../../../src/machines/counting/kept.ts";
import { has } from "../../../src/machines/images/shell.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const folder = temporaryFolder();
const canBoot = (await has("cpio")) && (await has("setpriv"));
const cache = process.env["TARE_VM_CACHE"];

beforeAll(() => {
  process.env["TARE_VM_CACHE"] = join(folder, "cache");
});
afterAll(() => {
  if (cache === undefined) delete process.env["TARE_VM_CACHE"];
  else process.env["TARE_VM_CACHE"] = cache;
});

const INITRAMFS = join(folder, "initramfs");
writeFileSync(INITRAMFS, "");
const BOOTS = join(folder, "boots");

/** `body`: lines of a shell that say something into $serial, the guest's serial line. */
const booting = (name: string, body: string, changes: Partial<CountedBoot> = {}): CountedBoot => {
  const script = join(folder, name);
  const find = "for word; do case $word in file:*) serial=${word#file:} ;; esac; done";
  writeFileSync(script, `#!/bin/sh\n${find}\necho boot >>${BOOTS}\n${body}\n`);
  chmodSync(script, 0o755);
  return {
    architecture: "amd64",
    qemu: { version: "10.0.2", command: [script], env: {} },
    vmlinuz: "/vmlinuz",
    initramfs: INITRAMFS,
    turns: "turns\n",
    seed: 3,
    layout: "random",
    memoryMegabytes: 1024,
    timeoutMs: 60_000,
    ...changes,
  };
};

const boots = (): number =>
  existsSync(BOOTS)
    ? readFileSync(BOOTS, "utf8")
        .split("\n")
        .filter((line) => line !== "").length
    : 0;

const context = { info: () => undefined };

describe.skipIf(!canBoot)("a boot", () => {
  test("gives what the guest said, to the byte", async () => {
    const boot = booting("well", String.raw`printf 'noise\ntare:kernel 6.12\ntare:end\n' >"$serial"`);
    expect(await bootCounted(boot, context)).toBe("noise\ntare:kernel 6.12\ntare:end\n");
  });

  test.each([
    [
      "a panic",
      "echo 'Kernel panic - not syncing: No working init found' >$serial; exit 0",
      /guest with seed 3 panicked: No working init found[^]*Kernel panic/,
      /the guest's own/,
    ],
    [
      "what its script gave up",
      "echo 'tare:failed sensor: it ended before it was ready' >$serial",
      /gave up: sensor: it ended before it was ready/,
      /the guest's own/,
    ],
    [
      "too little memory",
      "echo 'Out of memory: Killed process 99 (auditd)' >$serial",
      /Out of memory: Killed process 99/,
      /--memory/,
    ],
    [
      "a file system that does not fit",
      "echo 'Initramfs unpacking failed: write error' >$serial",
      /unpacking failed/,
      /--memory/,
    ],
    [
      "an emulator that does not start",
      "echo 'qemu: no such CPU' >&2; exit 1",
      /exit status 1[^]*no such CPU/,
      /own/,
    ],
  ])("that ends in %s says so, with the last lines", async (_, body, message, hint) => {
    await expect(bootCounted(booting("ill", body), context)).rejects.toMatchObject({
      kind: "run-failed",
      message: expect.stringMatching(message) as unknown,
      hint: expect.stringMatching(hint) as unknown,
    });
  });

  test("that hangs is ended after its time, with the last lines", async () => {
    const hanging = booting("hangs", "echo 'the last line' >$serial; exec sleep 600", { timeoutMs: 500 });
    await expect(bootCounted(hanging, context)).rejects.toMatchObject({
      kind: "run-failed",
      message: expect.stringMatching(/was not done after \d+ s and was stopped[^]*the last line/) as unknown,
      hint: expect.stringContaining("--time-limit") as unknown,
    });
  });

  test("that is interrupted ends with its emulator", async () => {
    const told = join(folder, "emulator");
    const controller = new AbortController();
    const work = bootCounted(booting("stopped", `echo $$ >${told}; exec sleep 600`), {
      ...context,
      signal: controller.signal,
    });
    await expect.poll(() => existsSync(told) && readFileSync(told, "utf8") !== "").toBe(true);
    controller.abort(new Error("stopped by Ctrl-C"));
    await expect(work).rejects.toThrow("stopped by Ctrl-C");
    expect(existsSync(`/proc/${readFileSync(told, "utf8").trim()}`)).toBe(false);
  });
});

describe.skipIf(!canBoot)("what a boot said", () => {
  const inputs = { agent: "sensor", kernel: "ab", initramfs: "cd" };
  const well = `echo tare:end >"$serial"`;

  test("is kept: the same boot is not done again, another one is", async () => {
    const before = boots();
    const boot = booting("kept", well);
    expect(await bootOrKept(boot, inputs, context)).toEqual({ serial: "tare:end\n", kept: false });
    expect(await bootOrKept(boot, inputs, context)).toEqual({ serial: "tare:end\n", kept: true });
    expect(boots() - before).toBe(1);
    const others = [
      [{ ...boot, seed: 4 }, inputs],
      [{ ...boot, turns: "other turns\n" }, inputs],
      [{ ...boot, memoryMegabytes: 2048 }, inputs],
      [{ ...boot, qemu: { ...boot.qemu, version: "10.0.3" } }, inputs],
      [boot, { ...inputs, kernel: "ac" }],
      [boot, { ...inputs, initramfs: "ce" }],
    ] as const;
    for (const [other, its] of others)
      expect(await bootOrKept(other, its, context)).toMatchObject({ kept: false });
    expect(boots() - before).toBe(1 + others.length);
  });

  test("is not kept where the boot failed", async () => {
    const boot = booting("failing", "echo nothing >$serial", { seed: 9 });
    const before = boots();
    await expect(bootOrKept(boot, inputs, context)).rejects.toThrow(/before it was done/);
    await expect(bootOrKept(boot, inputs, context)).rejects.toThrow(/before it was done/);
    expect(boots() - before).toBe(2);
  });
});
