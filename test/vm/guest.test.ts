/**
 * The sensor's contract on Debian's newest kernel, in a guest that this file boots. Bounded: an image that is not there yet must be
 * made within four minutes, and arm64 is only tried when its image is there. TARE_VM=all waits as long as it takes, TARE_VM=no
 * leaves guests out.
 */
import { describe, expect, test } from "vitest";
import { TareError } from "../../src/domain/errors.ts";
import { ARCHS, architectureOf, nativeArchitecture } from "../../scripts/vm/architectures.ts";
import { checkGuest, guestIsCached, imageFor } from "../../scripts/vm/check-guest.ts";
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
      resolve(`its image was not made within ${IMAGE_MS / MINUTE_MS} minutes; TARE_VM=all waits for it`);
    }, IMAGE_MS).unref();
  });
  const made = imageFor(architecture, SERIES).then(
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
