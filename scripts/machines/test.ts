/** `npm run test:vm`: each guest's verdict, and a closing line. Outcomes are kept until the tables are written. */
import { writeFile } from "node:fs/promises";
import { availableParallelism, freemem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { format, resolveConfig } from "prettier";
import type { Agent } from "../../src/domain/agent.ts";
import { EXIT, TareError, messageOf } from "../../src/domain/errors.ts";
import { checkCount } from "./check-count.ts";
import { exitOfSkipped } from "../command-line.ts";
import { loadFolder } from "../../src/host/load-folder.ts";
import { CLONE } from "../../src/machines/clone.ts";
import {
  type Architecture,
  ARCHITECTURES,
  type Kernel,
  KERNELS,
  NEWEST_KERNEL,
  RELEASE_NAMES,
  RELEASES,
  listOf,
  parseArchitecture,
  parseKernel,
  parseRelease,
} from "../../src/machines/guests.ts";
import { type ImageWanted, makeImage } from "../../src/machines/images/image.ts";
import { hostRelease } from "../../src/machines/images/mirror.ts";
import { bringForImage, bringForPayload } from "../../src/machines/setup/bring.ts";
import { makePayload } from "../../src/machines/images/payload.ts";
import { allOf, type BuildContext } from "../../src/machines/images/shell.ts";
import { interruptible } from "../../src/session/interruptible.ts";
import { agentsInGuests } from "../../src/machines/jobs/agents-in-guests.ts";
import { checkAgents, updated } from "../../src/machines/jobs/check-agents.ts";
import { BEYOND, CONTRACT, checkGuest } from "../../src/machines/jobs/check-guest.ts";
import { kernelsPage } from "../../src/machines/jobs/kernels-page.ts";
import {
  AGENTS_OUTCOMES,
  GUEST_OUTCOMES,
  keepOutcome,
  readJson,
  readOutcomes,
} from "../../src/machines/jobs/outcome-files.ts";
import type { AgentsOutcome, GuestOutcome, TestOutcome } from "../../src/machines/jobs/outcome.ts";
import { smokeFault } from "../../src/machines/jobs/smoke.ts";

const USAGE = `npm run test:vm -- [--all] [--arch amd64,arm64] [--kernel 5.10,6.1,6.12] [--contract-only] [--no-smoke] [--no-count] [--timeout SECONDS]
       npm run test:vm -- --agents [--arch amd64] [--release bookworm,trixie] [--only PATTERN] [--timeout SECONDS]
       npm run test:vm -- --write-tables
Boots a guest for each architecture and kernel (by default both architectures with kernel 6.12; --all: every kernel), runs the
sensor's tests under every hook and tare itself with the smoke profile there; then counts instructions, of few operations, on each architecture.
--contract-only leaves the sensor's further families out, --no-smoke the run, --no-count the count. --agents: instead a guest for each Debian with its own kernel, in which the agents that it
packages are held to their contract and units of systemd are attached to (--only: just the agents whose id matches, or "units").
What is missing is installed first (root; --no-setup: nothing is). A guest that cannot be made is skipped, with the reason, and the command fails at its
end (TARE_TEST_MAY_SKIP=yes allows it). --write-tables writes docs/kernels.md and
docs/agents/in-guests.json from the outcomes so far, of which pages are made by: npm run docs`;

const OPTIONS = {
  all: { type: "boolean" },
  arch: { type: "string" },
  kernel: { type: "string" },
  "contract-only": { type: "boolean" },
  "no-smoke": { type: "boolean" },
  "no-count": { type: "boolean" },
  agents: { type: "boolean" },
  release: { type: "string" },
  only: { type: "string" },
  timeout: { type: "string" },
  verbose: { type: "boolean" },
  "no-setup": { type: "boolean" },
  "write-tables": { type: "boolean" },
  help: { type: "boolean" },
} as const;

const parse = () => {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    throw new TareError("usage", messageOf(error), USAGE);
  }
};
type Flags = ReturnType<typeof parse>;

/** Steps go to standard error, verdicts to standard output. */
const info = (line: string): void => {
  process.stderr.write(`vm: ${line}\n`);
};

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

class Tally {
  readonly counts = { passed: 0, failed: 0, skipped: 0 };
  /** Guests that could not be made: what they exist for was not tried. */
  readonly obstacles: string[] = [];

  add(tests: readonly TestOutcome[]): void {
    for (const test of tests) {
      this.counts[test.state] += 1;
      if (test.state === "failed") print(`  failed: ${test.name.join(" > ")}: ${test.why}`);
    }
  }

  /** A guest that cannot be made, or breaks down, costs the others nothing. */
  async guard(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof TareError) || error.kind === "interrupted") throw error;
      const state = error.kind === "host-unfit" ? "skipped" : "failed";
      this.counts[state] += 1;
      if (state === "skipped") this.obstacles.push(`${name}: ${messageOf(error)}`);
      print(`${name}: ${state}: ${messageOf(error)}`);
      print(`  hint: ${error.hint}`);
    }
  }
}

const reportGuest = (outcome: GuestOutcome, tally: Tally): void => {
  const { tests, smoke } = outcome;
  tally.add(tests);
  const fault = smoke === null ? undefined : smokeFault(smoke);
  if (smoke !== null) tally.counts[fault === undefined ? "passed" : "failed"] += 1;
  const count = (state: string): number => tests.filter((test) => test.state === state).length;
  const said = smoke === null ? "not asked for" : (fault ?? "every event delivered, emulation recognised");
  print(
    `${outcome.arch} ${outcome.kernelRelease} (QEMU ${outcome.qemu}, ${outcome.seconds} s): sensor tests ${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped; smoke run: ${said}`,
  );
};

const reportAgents = (outcome: AgentsOutcome, tally: Tally): void => {
  const { agents, units, release, arch, kernelRelease, qemu, seconds } = outcome;
  tally.add([...agents, ...units]);
  for (const { state, name, why, said } of [...agents, ...units])
    if (state !== "failed") print(`  ${state}: ${name.join(" > ")}: ${why || said.join("; ")}`);
  if (outcome.module !== null) print(`  ${outcome.module}`);
  print(`${release} ${arch} ${kernelRelease} (QEMU ${qemu}, ${seconds} s)`);
};

const timeoutOf = ({ timeout }: Flags, seconds: number): number => {
  const asked = timeout === undefined ? seconds : Number(timeout);
  if (asked > 0) return asked * 1000;
  throw new TareError("usage", `--timeout is "${timeout}"`, "it is a number of seconds above 0");
};

const onOutputOf = (flags: Flags): ((piece: string) => void) | undefined =>
  flags.verbose === true ? (piece) => process.stderr.write(piece) : undefined;

const bringForTests = async (flags: Flags, image: ImageWanted, context: BuildContext): Promise<void> => {
  if (flags["no-setup"] === true) return;
  await bringForImage(image, context);
  await bringForPayload(image.architecture, context);
};

/** Nothing in an emulated guest is timed, so each CPU here has one, as far as memory goes: a guest's and QEMU's own. */
const guestsAtOnce = (): number =>
  Math.max(1, Math.min(availableParallelism(), Math.floor(freemem() / (2.5 * 2 ** 30))));

const checkSensor = async (flags: Flags, context: BuildContext, tally: Tally): Promise<void> => {
  const kernels = listOf(
    "--kernel",
    flags.kernel ?? (flags.all === true ? KERNELS.join(",") : NEWEST_KERNEL),
    parseKernel,
  );
  const architectures = listOf("--arch", flags.arch ?? ARCHITECTURES.join(","), parseArchitecture);
  const timeoutMs = timeoutOf(flags, 1500);
  const tests = flags["contract-only"] === true ? CONTRACT : [...CONTRACT, ...BEYOND];
  const smoke = flags["no-smoke"] !== true;
  const release = await hostRelease();

  // One after the other: side by side, what they share would be made twice.
  let lastMade: Promise<unknown> = Promise.resolve();
  const prepare = async (architecture: Architecture, kernel: Kernel): Promise<void> => {
    const made = lastMade.then(async () => {
      const image = { architecture, flavour: "fast", kernel, release } as const;
      await bringForTests(flags, image, context);
      await makeImage(image, context);
      await makePayload(architecture, context);
    });
    lastMade = made.catch(() => undefined);
    await made;
  };
  const waiting = kernels.flatMap((kernel) =>
    architectures.map((architecture) => ({ architecture, kernel })),
  );
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { architecture, kernel } = next;
      await tally.guard(`${architecture} with kernel ${kernel}`, async () => {
        await prepare(architecture, kernel);
        const wanted = { architecture, kernel, tests, smoke, timeoutMs, onOutput: onOutputOf(flags) };
        const outcome = await checkGuest(wanted, context);
        await keepOutcome(GUEST_OUTCOMES, `${architecture}-${kernel}`, outcome);
        reportGuest(outcome, tally);
      });
    }
  };
  await allOf(Array.from({ length: guestsAtOnce() }, work));
  if (flags["no-count"] === true) return;
  for (const architecture of architectures)
    await tally.guard(`counting on ${architecture}`, async () => {
      if (flags["no-setup"] !== true) await bringForPayload(architecture, context);
      const tests = await checkCount(
        architecture,
        { timeoutMs, jobs: guestsAtOnce(), evenIfSame: true },
        context,
      );
      tally.add(tests);
      print(`${architecture}: the same count twice`);
      for (const { state, name, why } of tests)
        if (state !== "failed") print(`  ${state}: ${name.join(" > ")}${why === "" ? "" : `: ${why}`}`);
    });
};

const checkDebians = async (flags: Flags, context: BuildContext, tally: Tally): Promise<void> => {
  const { only } = flags;
  const releases = flags.release ?? RELEASE_NAMES.join(",");
  const timeoutMs = timeoutOf(flags, 3600);
  for (const release of listOf("--release", releases, parseRelease)) {
    for (const architecture of listOf("--arch", flags.arch ?? "amd64", parseArchitecture)) {
      const name = `${release}-${architecture}`;
      await tally.guard(`the agents of ${release}, ${architecture}`, async () => {
        const wanted = { architecture, release, only, timeoutMs, onOutput: onOutputOf(flags) };
        await bringForTests(
          flags,
          { architecture, flavour: "agents", kernel: RELEASES[release], release },
          context,
        );
        const outcome = await checkAgents(wanted, context);
        const kept = join(AGENTS_OUTCOMES, `${name}.json`);
        const earlier =
          only === undefined ? undefined : await readJson<AgentsOutcome>(kept).catch(() => undefined);
        await keepOutcome(AGENTS_OUTCOMES, name, earlier ? updated(earlier, outcome) : outcome);
        reportAgents(outcome, tally);
      });
    }
  }
};

const writeDoc = async (name: string, guests: number, text: string): Promise<void> => {
  if (guests === 0) {
    print(`docs/${name}: left as it is: no outcome is kept`);
    return;
  }
  const path = join(CLONE, "docs", name);
  await writeFile(path, await format(text, { ...(await resolveConfig(path)), filepath: path }));
  print(`docs/${name}: ${guests} guests`);
};

const writeTables = async (): Promise<void> => {
  const guests = await readOutcomes<GuestOutcome>(GUEST_OUTCOMES);
  const debians = await readOutcomes<AgentsOutcome>(AGENTS_OUTCOMES);
  const agents = await loadFolder<Agent>(join(CLONE, "src/agents"));
  await writeDoc("kernels.md", guests.length, kernelsPage(guests));
  const inGuests = JSON.stringify(agentsInGuests(debians, agents));
  await writeDoc("agents/in-guests.json", debians.length, inGuests);
};

const check = async (flags: Flags, signal: AbortSignal): Promise<number> => {
  const tally = new Tally();
  await (flags.agents === true ? checkDebians : checkSensor)(flags, { info, signal }, tally);
  const { passed, failed, skipped } = tally.counts;
  print(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  for (const obstacle of tally.obstacles) info(`not tried: ${obstacle}`);
  if (failed > 0) return 1;
  return tally.obstacles.length === 0 ? 0 : exitOfSkipped();
};

try {
  const flags = parse();
  if (flags.help === true) print(USAGE);
  else if (flags["write-tables"] === true) await writeTables();
  else {
    process.exitCode = await interruptible(
      (name) => new TareError("interrupted", `the guest was stopped by ${name}`, "nothing of it is left"),
      async (signal) => await check(flags, signal),
    );
  }
} catch (error) {
  info(`error: ${messageOf(error)}`);
  if (error instanceof TareError) info(`hint: ${error.hint}`);
  process.exitCode = error instanceof TareError ? error.exitCode : EXIT.bug;
}
