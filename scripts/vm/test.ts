/**
 * `npm run test:vm`: the sensor's tests and a short run of tare in guests of both architectures, by default with the newest kernel.
 * Prints each guest's verdict and a closing line `N passed, N failed, N skipped`. Outcomes are kept for `kernels-table.ts`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TareError, messageOf } from "../../src/domain/errors.ts";
import type { Arch } from "./architectures.ts";
import { ARCHS, architectureOf } from "./architectures.ts";
import { RELEASES, checkAgents, releaseOf, updated } from "./check-agents.ts";
import { readJson } from "./in-clone.ts";
import { BEYOND, CONTRACT, checkGuest } from "./check-guest.ts";
import { command } from "./command.ts";
import type { KernelSeries } from "./kernel.ts";
import { KERNELS, kernelOf } from "./kernel.ts";
import { untilInterrupted } from "./machine.ts";
import type { AgentsOutcome, GuestOutcome, TestOutcome } from "./outcome.ts";
import { AGENTS_OUTCOMES, OUTCOMES } from "./outcomes-folder.ts";
import { say } from "./shell.ts";
import { smokeFault } from "./verdict.ts";

const USAGE = `npm run test:vm -- [--all] [--arch amd64,arm64] [--kernel 5.10,6.1,6.12] [--contract-only] [--no-smoke] [--timeout SECONDS]
       npm run test:vm -- --agents [--arch amd64] [--release bookworm,trixie] [--only PATTERN] [--timeout SECONDS]
Boots a guest for each architecture and kernel (by default both architectures with kernel 6.12; --all: every kernel), runs the
sensor's tests under every hook and tare itself with the smoke profile there. --contract-only leaves the sensor's further
families out, --no-smoke the run. --agents: instead a guest for each Debian with its own kernel, in which the agents that it packages are
held to their contract and units of systemd are attached to (--only: just the agents whose id matches, or "units"). A guest without QEMU or image is skipped, with the reason.`;

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const count = (tests: readonly TestOutcome[], tally: Tally): void => {
  for (const test of tests) {
    tally[test.state] += 1;
    if (test.state === "failed") print(`  failed: ${test.name.join(" > ")}: ${test.why}`);
  }
};

const reportAgents = (outcome: AgentsOutcome, tally: Tally): void => {
  const tests = [...outcome.agents, ...outcome.units];
  count(tests, tally);
  for (const test of tests) {
    if (test.state === "skipped") print(`  skipped: ${test.name.join(" > ")}: ${test.why}`);
    if (test.state === "passed") print(`  passed: ${test.name.join(" > ")}: ${test.said.join("; ")}`);
  }
  if (outcome.module !== null) print(`  ${outcome.module}`);
  print(
    `${outcome.release} ${outcome.arch} ${outcome.kernelRelease} (QEMU ${outcome.qemu}, ${outcome.seconds} s)`,
  );
};

const earlierOutcome = async (name: string): Promise<AgentsOutcome | undefined> => {
  try {
    return await readJson<AgentsOutcome>(join(AGENTS_OUTCOMES, `${name}.json`));
  } catch {
    return undefined;
  }
};

const report = (outcome: GuestOutcome, tally: Tally): void => {
  count(outcome.tests, tally);
  const fault = outcome.smoke === null ? undefined : smokeFault(outcome.smoke);
  if (outcome.smoke !== null) tally[fault === undefined ? "passed" : "failed"] += 1;
  const among = (state: string): number => outcome.tests.filter((test) => test.state === state).length;
  const smoke =
    outcome.smoke === null ? "not asked for" : (fault ?? "every event delivered, emulation recognised");
  print(
    `${outcome.arch} ${outcome.kernelRelease} (QEMU ${outcome.qemu}, ${outcome.seconds} s): sensor tests ${among("passed")} passed, ${among("failed")} failed, ${among("skipped")} skipped; smoke run: ${smoke}`,
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
      agents: { type: "boolean", default: false },
      release: { type: "string" },
      only: { type: "string" },
      timeout: { type: "string" },
      verbose: { type: "boolean", default: false },
    },
  },
  async ({ values }) => {
    const archs: readonly Arch[] = (list(values["arch"]) ?? ARCHS).map((name) => architectureOf(name).arch);
    const chosen = list(values["kernel"])?.map(kernelOf);
    const kernels: readonly KernelSeries[] = chosen ?? (values["all"] === true ? KERNELS : KERNELS.slice(-1));
    const seconds = Number(values["timeout"] ?? (values["agents"] === true ? 3600 : 1500));
    if (!(seconds > 0))
      throw new TareError("usage", `--timeout is "${String(values["timeout"])}"`, "seconds above 0");
    const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
    const more = values["verbose"] === true ? { onOutput: (text: string) => process.stderr.write(text) } : {};
    /** One that cannot be had, or breaks down, is no reason to leave the others out. */
    const each = async (name: string, work: () => Promise<void>): Promise<void> => {
      say(`checking ${name}`);
      try {
        await work();
      } catch (error) {
        if (!(error instanceof TareError) || error.kind === "interrupted") throw error;
        const skipped = error.kind === "host-unfit";
        tally[skipped ? "skipped" : "failed"] += 1;
        print(`${name}: ${skipped ? "skipped" : "failed"}: ${messageOf(error)}`);
        print(`  hint: ${error.hint}`);
      }
    };
    const keep = async (folder: string, name: string, outcome: object): Promise<void> => {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, `${name}.json`), `${JSON.stringify(outcome, undefined, 1)}\n`);
    };
    const checkSensor = async (signal: AbortSignal): Promise<void> => {
      for (const series of kernels) {
        for (const arch of archs) {
          await each(`${arch} with kernel ${series}`, async () => {
            const outcome = await checkGuest({
              architecture: architectureOf(arch),
              series,
              tests: values["contract-only"] === true ? CONTRACT : [...CONTRACT, ...BEYOND],
              smoke: values["no-smoke"] !== true,
              timeoutMs: seconds * 1000,
              signal,
              ...more,
            });
            await keep(OUTCOMES, `${arch}-${series}`, outcome);
            report(outcome, tally);
          });
        }
      }
    };
    const checkEachDebian = async (signal: AbortSignal): Promise<void> => {
      const only = values["only"];
      const releases = (list(values["release"]) ?? Object.keys(RELEASES)).map(releaseOf);
      for (const release of releases) {
        for (const arch of list(values["arch"]) ?? ["amd64"]) {
          await each(`the agents of ${release}, ${arch}`, async () => {
            const outcome = await checkAgents({
              architecture: architectureOf(arch),
              release,
              ...(typeof only === "string" ? { only } : {}),
              timeoutMs: seconds * 1000,
              signal,
              ...more,
            });
            const earlier = await earlierOutcome(`${release}-${arch}`);
            if (only === undefined || earlier === undefined)
              await keep(AGENTS_OUTCOMES, `${release}-${arch}`, outcome);
            else await keep(AGENTS_OUTCOMES, `${release}-${arch}`, updated(earlier, outcome));
            reportAgents(outcome, tally);
          });
        }
      }
    };
    await untilInterrupted(values["agents"] === true ? checkEachDebian : checkSensor);
    print(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
    return tally.failed === 0 ? 0 : 1;
  },
);
