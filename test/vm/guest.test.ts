/**
 * The sensor's contract on Debian's newest kernel, in a guest that this file boots. Bounded: an image that is not there yet must be
 * made within four minutes, and arm64 is only tried when its image is there. TARE_VM=all waits as long as it takes, TARE_VM=no
 * leaves guests out.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TestContext } from "vitest";
import { TareError } from "../../src/domain/errors.ts";
import { ARCHS, architectureOf, nativeArchitecture } from "../../scripts/vm/architectures.ts";
import { CONTRACT, checkGuest, guestIsCached, imageFor } from "../../scripts/vm/check-guest.ts";
import { runInGuest } from "../../scripts/vm/machine.ts";
import type { Job, Outcome } from "../../scripts/vm/machine.ts";
import { findQemu } from "../../scripts/vm/qemu.ts";
import { chosenHook, provedHooks } from "../../scripts/vm/verdict.ts";

const WANTED = process.env["TARE_VM"] ?? "auto";
const SERIES = "6.12";
const MINUTE_MS = 60_000;
const IMAGE_MS = WANTED === "all" ? 30 * MINUTE_MS : 4 * MINUTE_MS;
const GUEST_MS = WANTED === "all" ? 20 * MINUTE_MS : 5 * MINUTE_MS;

/** Why no guest can be had here, or undefined once its image is there. */
const obstacle = async (arch: (typeof ARCHS)[number]): Promise<string | undefined> => {
  const architecture = architectureOf(arch);
  if (WANTED === "no") return "TARE_VM=no";
  if (process.getuid?.() !== 0) return "unpacking packages needs root";
  const there = await guestIsCached(architecture, SERIES);
  if (!there && WANTED !== "all" && nativeArchitecture()?.arch !== arch)
    return `there is no ${arch} image in the cache yet; TARE_VM=all or npm run test:vm makes one`;
  const late = new Promise<string>((resolve) => {
    setTimeout(() => {
      resolve(
        `its image and QEMU were not had within ${IMAGE_MS / MINUTE_MS} minutes; TARE_VM=all waits for it`,
      );
    }, IMAGE_MS).unref();
  });
  const both = async (): Promise<void> => {
    await imageFor(architecture, SERIES);
    await findQemu(architecture);
  };
  const made = both().then(
    () => undefined,
    (error: unknown) => {
      // A machine without a tool, room or a mirror cannot have guests; anything else is a fault.
      if (error instanceof TareError && error.kind === "host-unfit")
        return `${error.message} (${error.hint})`;
      throw error;
    },
  );
  return await Promise.race([made, late]);
};

describe("a guest that does not come to an end", () => {
  let temporary = "";
  beforeEach(() => {
    temporary = mkdtempSync(join(tmpdir(), "tare-guests-"));
    vi.stubEnv("TMPDIR", temporary);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(temporary, { recursive: true, force: true });
  });

  /** What runs a job that sleeps, in a guest of this machine's architecture. */
  const sleeper = async (context: TestContext): Promise<(job: Partial<Job>) => Promise<Outcome>> => {
    const architecture = nativeArchitecture();
    if (architecture === undefined) return context.skip(`no guest is made for ${process.arch}`);
    const reason = await obstacle(architecture.arch);
    context.skip(reason !== undefined, reason);
    const folder = join(temporary, "job");
    mkdirSync(folder);
    writeFileSync(join(folder, "run"), "echo I sleep\nsleep 3600\n");
    const image = await imageFor(architecture, SERIES);
    const qemu = await findQemu(architecture);
    return async (job) =>
      await runInGuest(qemu, architecture, image, { folder, timeoutMs: GUEST_MS, ...job });
  };

  test(
    "is stopped after its time, and its console's last lines are shown",
    { timeout: IMAGE_MS + GUEST_MS },
    async (context) => {
      const sleep = await sleeper(context);
      await expect(sleep({ timeoutMs: 20_000 })).rejects.toMatchObject({
        kind: "run-failed",
        message: expect.stringMatching(
          /was not done after 20 s and was stopped[^]*its console's last lines:\n/,
        ),
      });
      expect(readdirSync(temporary)).toEqual(["job"]);
    },
  );

  test("is gone when told to stop", { timeout: IMAGE_MS + GUEST_MS }, async (context) => {
    const controller = new AbortController();
    const sleep = await sleeper(context);
    const ended = sleep({
      signal: controller.signal,
      onOutput: (text) => {
        if (text.includes("I sleep")) controller.abort();
      },
    });
    await expect(ended).rejects.toMatchObject({ kind: "interrupted" });
    expect(readdirSync(temporary)).toEqual(["job"]);
  });
});

describe.each(ARCHS)("a guest: %s", (arch) => {
  test(
    `keeps the sensor's contract under every hook of kernel ${SERIES}`,
    { timeout: IMAGE_MS + GUEST_MS + MINUTE_MS },
    async (context) => {
      const reason = await obstacle(arch);
      if (reason !== undefined) console.log(`skipped: ${arch} guest: ${reason}`);
      context.skip(reason !== undefined, reason);
      const outcome = await checkGuest({
        architecture: architectureOf(arch),
        series: SERIES,
        tests: CONTRACT,
        smoke: false,
        timeoutMs: GUEST_MS,
      });
      expect(outcome.tests.filter((each) => each.state === "failed")).toEqual([]);
      for (const family of ["exec", "file", "network"]) {
        expect(chosenHook(outcome, family)).toBeTypeOf("string");
        // Debian's kernel allows all of them, fexit too, which few machines that tests run on do.
        expect(provedHooks(outcome, family).refused).toEqual([]);
        expect(provedHooks(outcome, family).complete.length).toBeGreaterThan(1);
      }
    },
  );
});
