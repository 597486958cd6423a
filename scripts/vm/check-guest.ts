/** Checks tare on one kernel: boots a guest, runs the sensor's tests there and, if asked, a short run, and reads the results. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Architecture } from "./architectures.ts";
import type { KernelSeries } from "./kernel.ts";
import { inClone, readJson } from "./in-clone.ts";
import { imageIsCached, makeImage } from "./make-image.ts";
import type { Image } from "./make-image.ts";
import { hostSuite } from "./mirror.ts";
import type { GuestOutcome, HookOutcome, SmokeOutcome, TestOutcome } from "./outcome.ts";
import { hasQemu } from "./qemu.ts";

/** What each observed family's events must hold, under every hook. */
export const CONTRACT = ["test/bpf/hooks.test.ts"];
/** Families that are observed on request, who executed, refusing calls, and connections that end. */
export const BEYOND = [
  "test/bpf/more-families.test.ts",
  "test/bpf/exec-identity.test.ts",
  "test/bpf/deny.test.ts",
  "test/bpf/flow.test.ts",
];

export interface GuestWanted {
  readonly architecture: Architecture;
  readonly series: KernelSeries;
  /** Test files by their path in the clone. */
  readonly tests: readonly string[];
  /** Also a run of tare, which takes a few minutes more. */
  readonly smoke: boolean;
  readonly timeoutMs: number;
  readonly onOutput?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** The image that guests are checked with. */
export const imageFor = async (architecture: Architecture, series: KernelSeries): Promise<Image> =>
  await makeImage({ architecture, flavour: "fast", series, suite: await hostSuite(), uefi: false });

/** Whether both the image and QEMU are there, so that a guest takes no fetching. */
export const guestIsCached = async (architecture: Architecture, series: KernelSeries): Promise<boolean> =>
  (await imageIsCached({ architecture, flavour: "fast", series, suite: await hostSuite(), uefi: false })) &&
  (await hasQemu(architecture));

/** Throws as `runInGuest` does, and `host-unfit` when the image or QEMU cannot be had. Failing tests are part of what is returned. */
export const checkGuest = async (wanted: GuestWanted): Promise<GuestOutcome> => {
  const { architecture, series, smoke } = wanted;
  const image = await imageFor(architecture, series);
  const script = `sh scripts/vm/guest/check.sh ${smoke ? "smoke" : "none"} ${wanted.tests.join(" ")}`;
  return await inClone(architecture, image, script, wanted, async ({ results, seconds, qemu }) => {
    const explained = await readFile(join(results, "explain.jsonl"), "utf8");
    return {
      arch: image.arch,
      kernelSeries: series,
      kernelRelease: image.kernelRelease,
      date: new Date().toISOString().slice(0, 10),
      qemu,
      seconds,
      hooks: explained
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as HookOutcome),
      tests: await readJson<readonly TestOutcome[]>(join(results, "tests.json")),
      smoke: smoke ? await readJson<SmokeOutcome>(join(results, "smoke.json")) : null,
    };
  });
};
