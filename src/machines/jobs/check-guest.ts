/** Checks tare on one kernel: boots a guest, runs the sensor's tests there and, if asked, a short run, and reads the results. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Architecture, Kernel } from "../guests.ts";
import { type Image, makeImage } from "../images/image.ts";
import { hostRelease } from "../images/mirror.ts";
import type { BuildContext } from "../images/shell.ts";
import { quoted } from "../quoted.ts";
import type { GuestOutcome, HookOutcome, TestOutcome } from "./outcome.ts";
import { readJson, today } from "./outcome-files.ts";
import { type Job, runInGuest } from "./run-in-guest.ts";
import { smokeOutcome } from "./smoke.ts";

/** What each observed family's events must hold, under every hook. */
export const CONTRACT = ["test/bpf/hooks.test.ts"];
/** Families that are observed on request, who executed, refusing calls, connections that end, io_uring, and what the verifier walks through. */
export const BEYOND = [
  "test/bpf/more-families.test.ts",
  "test/bpf/exec-identity.test.ts",
  "test/bpf/deny.test.ts",
  "test/bpf/flow.test.ts",
  "test/bpf/file-changes.test.ts",
  "test/bpf/uring.test.ts",
  "test/bpf/datagram.test.ts",
  "test/bpf/verified.test.ts",
];

export interface GuestWanted extends Pick<Job, "timeoutMs" | "onOutput"> {
  readonly architecture: Architecture;
  readonly kernel: Kernel;
  readonly tests: readonly string[];
  readonly smoke: boolean;
}

export const imageFor = async (
  architecture: Architecture,
  kernel: Kernel,
  context: BuildContext,
): Promise<Image> =>
  await makeImage({ architecture, flavour: "fast", kernel, release: await hostRelease() }, context);

export const checkGuest = async (wanted: GuestWanted, context: BuildContext): Promise<GuestOutcome> => {
  const { architecture, kernel, smoke, timeoutMs, onOutput } = wanted;
  const image = await imageFor(architecture, kernel, context);
  const script = `exec sh scripts/machines/guest/check.sh ${smoke ? "smoke" : "none"} ${wanted.tests.map(quoted).join(" ")}\n`;
  const job = { script, withClone: true, timeoutMs, onOutput };
  return await runInGuest(image, job, context, async ({ results, seconds, qemu }) => ({
    arch: architecture,
    kernelSeries: kernel,
    kernelRelease: image.kernelRelease,
    date: today(),
    qemu,
    seconds,
    hooks: (await readFile(join(results, "explain.jsonl"), "utf8"))
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as HookOutcome),
    tests: await readJson<readonly TestOutcome[]>(join(results, "tests.json")),
    smoke: smoke ? await smokeOutcome(results) : null,
  }));
};
