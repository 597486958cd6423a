/** Runs an agent on the real kernel, ready as in a real turn, and lets a test drive real workloads under it. */
import { statfsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Agent, RunningAgent } from "../../src/domain/agent.ts";
import type { DriverResult } from "../../src/domain/driver.ts";
import type { Completed, EffectScope, Host } from "../../src/domain/host.ts";
import type { Plan, Trial } from "../../src/domain/plan.ts";
import type { Scenario } from "../../src/domain/scenario.ts";
import { type Family, known } from "../../src/domain/units.ts";
import { loadFolder } from "../../src/host/load-folder.ts";
import { attachTo } from "../../src/run/attach.ts";
import { seesAnyOf, workloadFor } from "../../src/run/coverage.ts";
import { prepareDriver } from "../../src/run/drive.ts";
import { closing, follow } from "../../src/run/follow.ts";
import { openNamespaces } from "../../src/run/isolation.ts";
import { startedIn } from "../../src/run/namespaces.ts";
import { drainPushing } from "../../src/run/push-out.ts";
import { waitUntilReady } from "../../src/run/readiness.ts";
import { mustBeAlone } from "./alone.ts";

export const ROOT = resolve(import.meta.dirname, "../..");
const scenarios = [...(await loadFolder<Scenario>(join(ROOT, "scenarios"))).values()];

export interface TrialLedger {
  readonly operations: number;
  readonly delivered: number;
  /** The same for each kind of operation, where the scenario has several. */
  readonly techniques: readonly { readonly id: string; readonly delivered: number }[];
  readonly duplicates: number;
  /** Lost by the agent's own count during the trial; undefined where it has none. */
  readonly declared: number | undefined;
}

export interface Session {
  readonly running: RunningAgent;
  /** Runs a command where the agent and its workload are. */
  readonly run: (...command: readonly string[]) => Promise<Completed>;
  /** One closed trial whose events nobody counts; the operations that the workload did, its warm-up included. */
  readonly work: (family: Family, operations: number) => Promise<number>;
  /** One closed trial. `around` may disturb the agent while the window is open. What it is made to lose is not waited for. */
  readonly trial: (
    family: Family,
    operations: number,
    more?: { readonly around?: (window: () => Promise<void>) => Promise<void>; readonly toLose?: number },
  ) => Promise<TrialLedger>;
}

export interface Ended<T> {
  readonly result: T;
  readonly running: RunningAgent;
  /** What could not be undone. */
  readonly problems: readonly string[];
}

const operationsOf = (result: DriverResult): number =>
  result.operations.reduce((sum, operation) => sum + operation.count, 0);

/** TMPFS_MAGIC of linux/magic.h. */
const TMPFS = 0x01021994;

/** What a run would say of files in the folder. */
export const filesOn = (folder: string): Plan["filesOn"] =>
  statfsSync(folder).type === TMPFS ? "tmpfs" : "disk";

/** The workload that stands for a family. */
export const workloadOf = (family: Family): Scenario => {
  const found = scenarios.find(({ emits, represents }) => represents === true && emits?.family === family);
  if (found === undefined) throw new Error(`no workload stands for ${family}`);
  return found;
};

/** Why the agent cannot be run here, or undefined. */
export const whyNot = async (host: Host, agent: Agent): Promise<string | undefined> => {
  const probe = await agent.probe(host);
  if (probe.kind === "unavailable") return `${agent.id}: ${probe.reason}`;
  for (const family of agent.observes) {
    const { driver } = workloadOf(family);
    const program = driver.kind === "native" ? driver.program : "";
    if ((await host.which(`${ROOT}/build/scenarios/${program}`)) === undefined)
      return `${agent.id}: build/scenarios/${program} is not built`;
  }
  return undefined;
};

const TRIAL = "0a51";
const WARM_UP = 12;

const trialOf = (scenario: Scenario, operations: number): Trial => ({
  id: TRIAL,
  scenario: scenario.id,
  load: { kind: "closed", batches: 2, batchOperations: operations / 2, warmupOperations: WARM_UP },
  placement: "free",
});

export const withAgent = async <T>(
  host: Host,
  agent: Agent,
  folder: string,
  body: (session: Session) => Promise<T>,
): Promise<Ended<T>> => {
  mustBeAlone(agent.id);
  const { signal } = new AbortController();
  const scope = host.effects.scope(agent.id);
  const directory = `${folder}/agent`;
  const watchedDirectory = `${folder}/watched`;
  const stderr = `${folder}/driver.err`;
  let problems: readonly string[] = [];
  let ended: { readonly result: T; readonly running: RunningAgent };
  try {
    await scope.perform({ kind: "directory", path: directory, mode: 0o700 });
    await scope.perform({ kind: "directory", path: watchedDirectory });
    const namespaces = await openNamespaces(host, scope, agent.isolation, { stderr, signal });
    const running = await agent.start(host, {
      directory,
      families: agent.observes,
      workloads: scenarios.flatMap((scenario) => workloadFor(agent, scenario, filesOn(folder)) ?? []),
      watchedDirectory,
      buffers: "usual",
      effects: scope,
      inside: (command) => namespaces.inside(command),
      launch: async (spec, stop) => await scope.start(startedIn(namespaces, spec), stop),
      signal,
    });
    await waitUntilReady(host, scope, {
      agent,
      running,
      sentinels: agent.observes
        .map(workloadOf)
        .filter((scenario) => seesAnyOf(agent, scenario, filesOn(folder))),
      directory: watchedDirectory,
      namespaces,
      stderr,
      signal,
    });
    const prepare = async (trialScope: EffectScope, scenario: Scenario, trial: Trial) => {
      const driver = await prepareDriver(host, trialScope, {
        scenario,
        trial,
        directory: watchedDirectory,
        snapshots: [],
        stderr,
        paddingBytes: 0,
        namespaces,
        signal,
      });
      await attachTo(driver.workers, running);
      return driver;
    };
    const run: Session["run"] = async (...command) => {
      const [first = "", ...rest] = namespaces.inside(command);
      return await host.run(first, rest);
    };
    const work: Session["work"] = async (family, operations) => {
      const scenario = workloadOf(family);
      const trialScope = host.effects.scope(scenario.id);
      try {
        return (
          WARM_UP +
          operationsOf(await (await prepare(trialScope, scenario, trialOf(scenario, operations))).go())
        );
      } finally {
        await trialScope.undo();
      }
    };
    const trial: Session["trial"] = async (family, operations, { around, toLose = 0 } = {}) => {
      const scenario = workloadOf(family);
      const trialScope = host.effects.scope(scenario.id);
      try {
        const planned = trialOf(scenario, operations);
        const { emits, techniques = [] } = scenario;
        if (emits === undefined) throw new Error(`${scenario.id} raises no events`);
        const view = { ...emits, techniques: techniques.map(({ id }) => ({ id, asked: true })) };
        const driver = await prepare(trialScope, scenario, planned);
        const before = known(await running.lost());
        return await closing(async (keep) => {
          const asked = techniques.length === 0 ? emits : view;
          const follower = keep(await follow(host, running.outputs, asked, planned));
          if (follower === undefined) throw new Error(`no output of ${agent.id} tells of ${family}`);
          let done = 0;
          const window = async (): Promise<void> => {
            done = operationsOf(await driver.go());
          };
          await (around === undefined ? window() : around(window));
          const place = { directory: watchedDirectory, namespaces, stderr };
          const expected = operations - toLose;
          await drainPushing(
            { host, effects: trialScope, agent, follower, sentinel: scenario, place, signal },
            expected,
          );
          const after = known(await running.lost());
          // Asked, it has written whatever it still held.
          await follower.advance();
          const { delivered, duplicates, byTechnique } = follower.counts();
          return {
            operations: done,
            delivered,
            duplicates,
            declared: before === undefined || after === undefined ? undefined : after - before,
            techniques: techniques.map(({ id }, index) => ({ id, delivered: byTechnique?.[index] ?? 0 })),
          };
        });
      } finally {
        await trialScope.undo();
      }
    };
    ended = { running, result: await body({ running, run, trial, work }) };
  } finally {
    problems = await scope.undo();
  }
  return { ...ended, problems };
};
