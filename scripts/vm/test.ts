/**
 * `npm run test:vm`: the sensor's tests and a short run of tare in guests of both architectures, by default with the newest kernel.
 * Prints each guest's verdict and a closing line `N passed, N failed, N skipped`. Outcomes are kept for `kernels-table.ts`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TareError, messageOf } from "../../src/domain/errors.ts";
import type { Arch } from "./architectures.ts";
import { ARCHS, architectureOf } from "./architectures.ts";
import { BEYOND, CONTRACT, checkGuest } from "./check-guest.ts";
import { command } from "./command.ts";
import type { KernelSeries } from "./kernel.ts";
import { KERNELS, kernelOf } from "./kernel.ts";
import { untilInterrupted } from "./machine.ts";
import type { GuestOutcome } from "./outcome.ts";
import { OUTCOMES } from "./outcomes-folder.ts";
import { say } from "./shell.ts";
import { smokeFault } from "./verdict.ts";

const USAGE = `npm run test:vm -- [--all] [--arch amd64,arm64] [--kernel 5.10,6.1,6.12] [--contract-only] [--no-smoke] [--timeout SECONDS]
Boots a guest for each architecture and kernel (by default both architectures with kernel 6.12; --all: every kernel), runs the
sensor's tests under every hook and tare itself with the smoke profile there. --contract-only leaves the sensor's further
families out, --no-smoke the run. A guest without QEMU or image is skipped, with the reason.`;

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const report = (outcome: GuestOutcome, tally: Tally): void => {
  for (const test of outcome.tests) {
    tally[test.state] += 1;
    if (test.state === "failed") print(`  failed: ${test.name.join(" > ")}: ${test.why}`);
  }
  const fault = outcome.smoke === null ? undefined : smokeFault(outcome.smoke);
  if (outcome.smoke !== null) tally[fault === undefined ? "passed" : "failed"] += 1;
  const count = (state: string): number => outcome.tests.filter((test) => test.state === state).length;
  const smoke =
    outcome.smoke === null ? "not asked for" : (fault ?? "every event delivered, emulation recognised");
  print(
    `${outcome.arch} ${outcome.kernelRelease} (QEMU ${outcome.qemu}, ${outcome.seconds} s): sensor tests ${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped; smoke run: ${smoke}`,
  );
};

const list = (value: unknown): readonly string[] | undefined =>
  typeof value === "string" ? value.split(",") : undefined;

await command(
  {
    usage: USAGE,
    options: {
      all: { type: "boolean", default: false },
      arch: { type: "string" },
      kernel: { type: "string" },
      "contract-only": { type: "boolean", default: false },
      "no-smoke": { type: "boolean", default: false },
      timeout: { type: "string", default: "1500" },
      verbose: { type: "boolean", default: false },
    },
  },
  async ({ values }) => {
    const archs: readonly Arch[] = (list(values["arch"]) ?? ARCHS).map((name) => architectureOf(name).arch);
    const chosen = list(values["kernel"])?.map(kernelOf);
    const kernels: readonly KernelSeries[] = chosen ?? (values["all"] === true ? KERNELS : KERNELS.slice(-1));
    const seconds = Number(values["timeout"]);
    if (!(seconds > 0))
      throw new TareError("usage", `--timeout is "${String(values["timeout"])}"`, "seconds above 0");
    const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
    await mkdir(OUTCOMES, { recursive: true });
    await untilInterrupted(async (signal) => {
      for (const series of kernels) {
        for (const arch of archs) {
          say(`checking ${arch} with kernel ${series}`);
          try {
            const outcome = await checkGuest({
              architecture: architectureOf(arch),
              series,
              tests: values["contract-only"] === true ? CONTRACT : [...CONTRACT, ...BEYOND],
              smoke: values["no-smoke"] !== true,
              timeoutMs: seconds * 1000,
              signal,
              ...(values["verbose"] === true ? { onOutput: (text) => process.stderr.write(text) } : {}),
            });
            await writeFile(
              join(OUTCOMES, `${arch}-${series}.json`),
              `${JSON.stringify(outcome, undefined, 1)}\n`,
            );
            report(outcome, tally);
          } catch (error) {
            if (!(error instanceof TareError) || error.kind === "interrupted") throw error;
            const skipped = error.kind === "host-unfit";
            tally[skipped ? "skipped" : "failed"] += 1;
            print(`${arch} ${series}: ${skipped ? "skipped" : "failed"}: ${messageOf(error)}`);
            print(`  hint: ${error.hint}`);
          }
        }
      }
    });
    print(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
    return tally.failed === 0 ? 0 : 1;
  },
);
