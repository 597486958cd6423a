/**
 * The sensor's contract on Debian's newest kernel, in guests that this file boots. They are emulated, and their images are made first,
 * which takes minutes: only with TARE_VM=all. How a job gets into a guest and out of it is in run-in-guest.test.ts, without an emulator.
 */
import { readdirSync } from "node:fs";
import { describe, expect, test, type TestContext } from "vitest";
import { TareError } from "../../src/domain/errors.ts";
import { type Architecture, ARCHITECTURES, NATIVE, NEWEST_KERNEL } from "../../src/machines/guests.ts";
import { cacheRoot } from "../../src/machines/images/cache.ts";
import { findQemu } from "../../src/machines/images/qemu.ts";
import type { BuildContext } from "../../src/machines/images/shell.ts";
import { CONTRACT, checkGuest, imageFor } from "../../src/machines/jobs/check-guest.ts";
import { type Job, runInGuest } from "../../src/machines/jobs/run-in-guest.ts";
import { chosenHook, provedHooks } from "../../src/machines/jobs/hooks.ts";

const MINUTE_MS = 60_000;
const IMAGE_MS = 30 * MINUTE_MS;
const GUEST_MS = 20 * MINUTE_MS;

const CONTEXT: BuildContext = {
  info: (text) => {
    process.stderr.write(`vm: ${text}\n`);
  },
};

const LEFT_OUT =
  "guests are emulated, which takes minutes: `npm run test:vm` checks the sensor in them, `TARE_VM=all npm test -- test/machines/guest.test.ts` runs this";

/** Why no guest can be made here, or undefined once its image is there. */
const obstacle = async (architecture: Architecture): Promise<string | undefined> => {
  if (process.env["TARE_VM"] !== "all") return LEFT_OUT;
  if (process.getuid?.() !== 0) return "unpacking packages needs root";
  try {
    await imageFor(architecture, NEWEST_KERNEL, CONTEXT);
    await findQemu(architecture, CONTEXT);
    return undefined;
  } catch (error) {
    // A machine without a tool, room or a mirror cannot have guests; anything else is a fault.
    if (error instanceof TareError && error.kind === "host-unfit") return `${error.message} (${error.hint})`;
    throw error;
  }
};

describe("a guest that does not come to an end", () => {
  /** What is left in the cache of this process's guests. */
  const left = (): readonly string[] =>
    readdirSync(cacheRoot()).filter((name) => name.endsWith(`.${process.pid}.part`));

  /** Runs a job that sleeps, in a guest of this machine's architecture. */
  const sleep = async (
    context: TestContext,
    job: Partial<Job>,
    signal: AbortSignal | undefined,
  ): Promise<unknown> => {
    if (NATIVE === undefined) return context.skip(`no guest is made for ${process.arch}`);
    const reason = await obstacle(NATIVE);
    context.skip(reason !== undefined, reason);
    const image = await imageFor(NATIVE, NEWEST_KERNEL, CONTEXT);
    const sleeping = { script: "echo I sleep\nsleep 3600\n", withClone: false, timeoutMs: GUEST_MS, ...job };
    return await runInGuest(image, sleeping, { ...CONTEXT, signal }, (end) => Promise.resolve(end)).catch(
      (error: unknown) => error,
    );
  };

  test(
    "is stopped after its time, and its console's last lines are shown",
    { timeout: IMAGE_MS + GUEST_MS },
    async (context) => {
      expect(await sleep(context, { timeoutMs: 20_000 }, undefined)).toMatchObject({
        kind: "run-failed",
        message: expect.stringMatching(
          /was not done after 20 s and was stopped[^]*its console's last lines:\n/,
        ),
      });
      expect(left()).toEqual([]);
    },
  );

  test("is gone when it is stopped from outside", { timeout: IMAGE_MS + GUEST_MS }, async (context) => {
    const controller = new AbortController();
    const onOutput = (text: string): void => {
      if (text.includes("I sleep")) controller.abort(new TareError("interrupted", "enough", "-"));
    };
    expect(await sleep(context, { onOutput }, controller.signal)).toMatchObject({ kind: "interrupted" });
    expect(left()).toEqual([]);
  });
});

describe.each(ARCHITECTURES)("a guest: %s", (architecture) => {
  test(
    `keeps the sensor's contract under every hook of kernel ${NEWEST_KERNEL}`,
    { timeout: IMAGE_MS + GUEST_MS + MINUTE_MS },
    async (context) => {
      const reason = await obstacle(architecture);
      context.skip(reason !== undefined, reason);
      const outcome = await checkGuest(
        { architecture, kernel: NEWEST_KERNEL, tests: CONTRACT, smoke: false, timeoutMs: GUEST_MS },
        CONTEXT,
      );
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
