/**
 * Eight hours by the clock of a node made of data, on the path that every run takes: plan, run, record on a real disk, resume, analysis.
 * What the harness holds must not grow with the run, and a run that was interrupted must end with the figures of one that was not.
 *
 * TARE_LONG_TRIALS: in how many trials the hours pass; `npm run test:soak -- --simulated` takes as many as a real run has.
 */
import {
  appendFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  truncateSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import type { Agent } from "../../src/domain/agent.ts";
import type { DriverResult } from "../../src/domain/driver.ts";
import { TareError } from "../../src/domain/errors.ts";
import { createRng, toUnit } from "../../src/domain/random.ts";
import { collectGarbage } from "../../src/host/collect-garbage.ts";
import { readRecord } from "../../src/record/reader.ts";
import { newRun } from "../../src/session/new-run.ts";
import { writeSummary } from "../../src/session/outputs.ts";
import { resumeRun } from "../../src/session/resume-run.ts";
import type { Session, SessionEvent } from "../../src/session/session.ts";
import type { RunSettings } from "../../src/session/settings.ts";
import { viewOf } from "../../src/session/view.ts";
import { BASELINE_AGENT, SCENARIO, WATCHER, fakeNode, resultOf } from "../run/fake-run.ts";
import type { FakeHost } from "../support/fake-host.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const HOURS = 8;
const LONG_TRIALS = process.env["TARE_LONG_TRIALS"];
const TRIALS = Number(LONG_TRIALS ?? 900);
// As many trials as in a real run take minutes, and the limits of the command line do not reach a project's tests.
if (LONG_TRIALS !== undefined) vi.setConfig({ testTimeout: 3_600_000, hookTimeout: 3_600_000 });
/** Two baselines and an agent. */
const BLOCKS = Math.ceil(TRIALS / 3);
const TRIAL_MS = (HOURS * 3_600_000) / TRIALS;
const SEED = 20_260_101;

const folder = temporaryFolder();
const agents = new Map<string, Agent>([BASELINE_AGENT, WATCHER].map((agent) => [agent.id, agent]));
const scenarios = new Map([[SCENARIO.id, SCENARIO]]);

/** By a trial's id alone, so that a trial that is done again measures the same. */
const noisyResult = (trial: string): DriverResult => {
  const next = createRng(Number.parseInt(trial, 16));
  const usual = resultOf(trial);
  return {
    ...usual,
    operations: usual.operations.map((operation) => ({
      ...operation,
      batches: operation.batches.map((batch) => ({ ...batch, cpuNs: batch.cpuNs * (1 + toUnit(next())) })),
    })),
  };
};

interface Long {
  readonly session: Session;
  readonly host: FakeHost;
}

const onNode = (
  onTrial: (count: number) => void,
  onBlock: (block: number) => void = () => undefined,
): Long => {
  let count = 0;
  const host = fakeNode(
    {
      resultOf: noisyResult,
      onTrial: (_, node) => {
        void node.sleep(TRIAL_MS);
        onTrial(++count);
      },
      options: {
        files: { "/sys/kernel/tracing/events/header_page": "", "/tare/package.json": '{"version":"0.0.0"}' },
      },
    },
    () => false,
  );
  const tell = (event: SessionEvent): void => {
    if (event.kind !== "progress" || event.event.kind !== "block") return;
    host.forget("/var/tmp");
    onBlock(event.event.block);
  };
  const session: Session = {
    host,
    journalDirectory: join(folder, "tare/journal"),
    startedMs: 0,
    agents: () => Promise.resolve(agents),
    scenarios: () => Promise.resolve(scenarios),
    tell,
  };
  return { session, host };
};

const settings = (name: string): RunSettings => ({
  profile: "quick",
  agents: [WATCHER.id],
  scenarios: [SCENARIO.id],
  blocks: BLOCKS,
  seed: SEED,
  filesOn: "disk",
  out: join(folder, name),
});

/** The summary's files, without times of day and without the note that the run was resumed. */
const summaryOf = async (path: string): Promise<readonly string[]> => {
  const record = await readRecord(path);
  const written = await writeSummary(record, viewOf(record));
  return written.map((file) =>
    readFileSync(file, "utf8")
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
      .replaceAll(/ +\{\s+"block": \d+,\s+"kind": "incident",[^}]+"what": "resumed"\s+\},\n/g, "")
      .replaceAll(/ +"run: resumed at block \d+",\n/g, ""),
  );
};

const descriptors = (): readonly string[] =>
  readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(folder) ? [target] : [];
    } catch {
      return [];
    }
  });

interface Held {
  readonly bytes: number;
  readonly recorded: number;
}

let whole: {
  readonly path: string;
  readonly summary: readonly string[];
  readonly held: readonly Held[];
  readonly ms: number;
};

beforeAll(async () => {
  const held: Held[] = [];
  const every = Math.ceil(BLOCKS / 40);
  const { session, host } = onNode(
    () => undefined,
    (block) => {
      if (block % every !== 0) return;
      collectGarbage();
      const recorded = statSync(join(folder, "whole/record.jsonl")).size;
      held.push({ bytes: process.memoryUsage().heapUsed, recorded });
    },
  );
  const path = await newRun(session, settings("whole"));
  whole = { path, summary: await summaryOf(path), held, ms: host.now() };
});

test("eight hours pass, and every block of them is in the record", async () => {
  const { lines } = await readRecord(whole.path);
  expect(lines.at(-1)).toMatchObject({ type: "end", reason: "complete", blocks: BLOCKS });
  expect(whole.ms).toBeGreaterThanOrEqual(HOURS * 3_600_000);
});

test("what the harness holds does not grow with what it has recorded", () => {
  const { held } = whole;
  const least = (part: readonly Held[]): number => Math.min(...part.map(({ bytes }) => bytes));
  const quarter = Math.floor(held.length / 4);
  const [earlier, later] = [held.slice(quarter, 2 * quarter), held.slice(-quarter)];
  const recorded = (later.at(0)?.recorded ?? NaN) - (earlier.at(0)?.recorded ?? NaN);
  expect(recorded).toBeGreaterThan(0);
  expect((least(later) - least(earlier)) / recorded).toBeLessThan(0.7);
});

test("no descriptor and no signal handler is left", () => {
  expect(descriptors()).toEqual([]);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    expect(process.listeners(signal as NodeJS.Signals).map(({ name }) => name)).not.toContain("interrupt");
});

test("interrupted again and again, and resumed, it ends with the same summary", async () => {
  const next = createRng(SEED);
  const untilNext = (): number => 1 + Math.floor(toUnit(next()) * (TRIALS / 3));
  const interruptedAfter = async (
    work: (session: Session) => Promise<string>,
  ): Promise<string | undefined> => {
    const at = untilNext();
    const { session } = onNode((count) => {
      if (count === at) process.emit("SIGHUP", "SIGHUP");
    });
    try {
      return await work(session);
    } catch (error) {
      if (error instanceof TareError && error.kind === "interrupted") return undefined;
      throw error;
    }
  };
  const out = join(folder, "pieces");
  let path = await interruptedAfter((session) => newRun(session, settings("pieces")));
  let interruptions = 0;
  while (path === undefined) {
    interruptions++;
    path = await interruptedAfter((session) => resumeRun(session, out, false));
  }
  expect(interruptions).toBeGreaterThan(2);
  expect(descriptors()).toEqual([]);
  expect(await summaryOf(path)).toEqual(whole.summary);
});

test("cut off anywhere, as by a power cut, and resumed, it ends with the same summary", async () => {
  const next = createRng(SEED + 1);
  const text = readFileSync(whole.path);
  // The header must be whole: without it there is no run to resume.
  const header = text.indexOf("\n") + 1;
  for (const share of [0, toUnit(next()), 0.999]) {
    const out = join(folder, `cut-${share}`);
    cpSync(dirname(whole.path), out, { recursive: true });
    const path = join(out, "record.jsonl");
    truncateSync(path, header + Math.floor(share * (text.length - header)));
    appendFileSync(path, '{"type":"tri');
    const { session } = onNode(() => undefined);
    await resumeRun(session, out, false);
    expect(await summaryOf(path), `cut at ${share}`).toEqual(whole.summary);
  }
});
