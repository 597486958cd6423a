/** A run on a FakeHost: an agent that writes a token for every operation, drivers that answer at once, and what was recorded. */
import type { Exit } from "../../src/domain/host.ts";
import { type Agent, defineAgent } from "../../src/domain/agent.ts";
import type { DriverResult } from "../../src/domain/driver.ts";
import { BASELINE, type Plan } from "../../src/domain/plan.ts";
import type { RecordLine, TrialLine } from "../../src/domain/record.ts";
import type { ScalePoint } from "../../src/domain/scale.ts";
import type { Load, Scenario } from "../../src/domain/scenario.ts";
import { missing, value } from "../../src/domain/units.ts";
import { buildPlan } from "../../src/plan/build-plan.ts";
import { PROFILES } from "../../src/plan/profiles.ts";
import type { RunEvent } from "../../src/run/context.ts";
import { createNoiseGate, type NoiseGate } from "../../src/run/noise-gate.ts";
import { runPlan } from "../../src/run/run-plan.ts";
import { fakeContext } from "./fake-context.ts";
import { FakeHost, type FakeHostOptions, type FakeProcess } from "../support/fake-host.ts";

export const OPERATIONS = 20;
const LOAD: Load = { kind: "closed", batches: 2, batchOperations: OPERATIONS / 2, warmupOperations: 0 };
export const SCENARIO: Scenario = {
  id: "file-open",
  title: "file-open",
  summary: "opens",
  emits: { family: "file", tokenIn: "path" },
  represents: true,
  operations: ["open"],
  driver: { kind: "native", program: "file-open" },
  loads: { small: [LOAD], medium: [LOAD], large: [LOAD] },
};

export const BASELINE_AGENT: Agent = defineAgent({
  id: BASELINE,
  role: "baseline",
  title: "nothing",
  homepage: "",
  observes: [],
  coverage: { notes: [] },
  overload: "none",
  residue: "none",
  packages: [],
  probe: () => Promise.resolve({ kind: "available", version: "0", path: "" }),
  start: () =>
    Promise.resolve({
      processes: [],
      outputs: [],
      logs: [],
      settings: {},
      lost: () => Promise.resolve(missing("nothing runs")),
    }),
});

/** Starts `watcher`, which writes its events to a file. */
export const WATCHER: Agent = defineAgent({
  ...BASELINE_AGENT,
  id: "watcher",
  role: "sensor",
  title: "a watcher",
  observes: ["file"],
  overload: "drops",
  start: async (host, context) => {
    const path = `${context.directory}/events`;
    const stderr = `${context.directory}/err`;
    const process = await context.launch(
      { command: "watcher", args: [], stdout: path, stderr },
      { signals: ["SIGINT"], graceMs: 100 },
    );
    return {
      processes: [process],
      outputs: [{ path, forms: { file: { kind: "text" } } }],
      logs: [stderr],
      settings: { buffer: "small" },
      lost: async () => value((await host.fileSize("/lost")).kind === "value" ? 3 : 0),
    };
  },
});

const flag = (process: FakeProcess, name: string): string | undefined =>
  process.spec.args.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);

export const resultOf = (trial: string): DriverResult => {
  const batch = {
    operations: OPERATIONS / 2,
    wallNs: 2e6,
    cpuNs: 1e6,
    userNs: 5e5,
    systemNs: 5e5,
    voluntarySwitches: 0,
    involuntarySwitches: 0,
  };
  const service = { significantDigits: 3, minNs: 1, maxNs: 2, buckets: [[2, OPERATIONS]] } as const;
  return {
    protocol: 2,
    scenario: "file-open",
    trial,
    mode: "closed",
    startNs: 0,
    endNs: 4e6,
    operations: [
      {
        operation: "open",
        count: OPERATIONS,
        errors: 0,
        timedEvery: 1,
        batches: [batch, batch],
        service,
        response: null,
      },
    ],
    control: { spinNs: [1, 1], syscallNs: [1, 1] },
    snapshots: [],
    maxRssKib: 100,
  };
};

export interface Behaviour {
  /** Tokens that the watcher does not write. */
  readonly missed?: number;
  /** Tokens that it writes only when something pushes them out. */
  readonly heldBack?: number;
  /** How sentinels with this interval end, having done nothing. */
  readonly sentinelsEnd?: { readonly intervalMs: number; readonly exit: Exit };
  readonly loneEventHeldBack?: boolean;
  readonly neverReady?: boolean;
  /** What a trial's driver measured; by default the same in each. */
  readonly resultOf?: (trial: string) => DriverResult;
  /** Called when a trial's driver is started, before it answers. */
  onTrial?(driver: FakeProcess, host: FakeHost): void;
  readonly agents?: readonly Agent[];
  /** Those of the plan; those that they need beside them are known in any case. */
  readonly scenarios?: readonly Scenario[];
  readonly blocks?: number;
  readonly timeBudgetSeconds?: number;
  readonly options?: FakeHostOptions;
  readonly firstBlock?: number;
  readonly noiseGate?: NoiseGate;
  readonly blocksNeeded?: () => number;
  /** Force overflows: the watcher writes its events when its readers are continued. */
  readonly overflow?: boolean;
  /** With `overflow`: the workload does not get on before that. */
  readonly blocksWhenStopped?: boolean;
  readonly guardFails?: boolean;
  /** At which the node is measured. */
  readonly sizes?: readonly ScalePoint[];
  /** None of a crowd can be made. */
  readonly crowdFails?: boolean;
  readonly overflowed?: ReadonlySet<string>;
  readonly covered?: ReadonlySet<string>;
  readonly techniques?: readonly string[];
  /** What the program of techniques says when it is told to go, and what the watcher writes of it. */
  readonly coverage?: {
    readonly said: readonly string[];
    readonly written: string;
    /** The program ends after that. */
    readonly ends?: boolean;
  };
}

/** Also when it is started inside namespaces. */
const isWatcher = ({ spec }: FakeProcess): boolean => [spec.command, ...spec.args].includes("watcher");

const isTrying = ({ spec }: FakeProcess): boolean => spec.command.endsWith("/coverage");

/** Where a pipe is between, the file that its reader writes. */
const eventsFile = (host: FakeHost): string | undefined =>
  host.processes
    .find((process) => isWatcher(process) && process.exit() === undefined)
    ?.spec.stdout.replace(/\.pipe$/, "");

const append = (host: FakeHost, path: string, text: string): void => {
  host.files.set(path, (host.files.get(path) ?? "") + text);
};

export interface FakeRun {
  readonly host: FakeHost;
  readonly plan: Plan;
  readonly lines: RecordLine[];
  readonly events: RunEvent[];
  readonly abort: AbortController;
  run(): ReturnType<typeof runPlan>;
  trials(agent: string): readonly TrialLine[];
}

/** The node of a run. `isForced`: whether a trial is an overflow's. */
export const fakeNode = (behaviour: Behaviour, isForced: (trial: string) => boolean): FakeHost => {
  let onContinue: (() => void) | undefined;
  const held: string[] = [];
  return new FakeHost({
    ...behaviour.options,
    onStart: (process, fake) => {
      const path = eventsFile(fake);
      if (isWatcher(process) && path !== undefined) fake.files.set(path, "");
      if (process.spec.command.endsWith("/crowd")) {
        if (behaviour.crowdFails === true) {
          fake.files.set(process.spec.stderr, "crowd: fork: Resource temporarily unavailable\n");
          process.end({ code: 1, signal: null });
        } else process.print("ready");
      }
      if (process.spec.command === "unshare") process.print("isolated");
      if (process.spec.command === "sh") {
        if (behaviour.guardFails === true) process.end({ code: 127, signal: null });
        else process.print(process.spec.args.some((one) => one.endsWith("/filler")) ? "full" : "armed");
      }
      if (flag(process, "mode") === "sentinel") {
        const isLone = flag(process, "interval-ms") === "1000";
        if (flag(process, "interval-ms") === String(behaviour.sentinelsEnd?.intervalMs)) {
          fake.files.set(process.spec.stderr, "cannot listen: Address already in use\n");
          process.end(behaviour.sentinelsEnd?.exit ?? { code: 1, signal: null });
          return;
        }
        if (
          path !== undefined &&
          behaviour.neverReady !== true &&
          !(isLone && behaviour.loneEventHeldBack === true)
        )
          append(fake, path, `open /w/TK-${flag(process, "trial") ?? ""}/00000000\n`);
        if (flag(process, "interval-ms") === "1") {
          if (path !== undefined) append(fake, path, held.splice(0).join(""));
        }
        process.end({ code: 0, signal: null });
      }
      if (isTrying(process)) process.print(JSON.stringify({ driver: "prepared", workers: [process.pid] }));
      if (["closed", "open"].includes(flag(process, "mode") ?? "")) {
        process.print(JSON.stringify({ driver: "prepared", workers: [process.pid] }));
        behaviour.onTrial?.(process, fake);
      }
    },
    onInput: (driver, line, fake) => {
      const trial = flag(driver, "trial") ?? "";
      if (driver.exit() !== undefined) return;
      if (line === "drained") {
        driver.print('{"driver":"drained","snapshots":[]}');
        driver.end({ code: 0, signal: null });
      }
      if (line !== "go") return;
      if (isTrying(driver)) {
        const { said = [], written = "", ends = false } = behaviour.coverage ?? {};
        const path = eventsFile(fake);
        if (path !== undefined) append(fake, path, written);
        for (const one of said) driver.print(one);
        driver.end({ code: ends ? 1 : 0, signal: null });
        return;
      }
      const finish = (): void => {
        driver.print(JSON.stringify((behaviour.resultOf ?? resultOf)(trial)));
      };
      const tokens = Array.from(
        { length: OPERATIONS - (behaviour.missed ?? 0) },
        (_, operation) => `open /w/TK-${trial}/${operation.toString(16).padStart(8, "0")}\n`,
      );
      const path = eventsFile(fake);
      const write = (): void => {
        held.push(...tokens.splice(tokens.length - (behaviour.heldBack ?? 0)));
        if (path !== undefined) append(fake, path, tokens.join(""));
      };
      const forced = isForced(trial);
      const blocks = forced && behaviour.blocksWhenStopped === true;
      if (!forced) write();
      if (!blocks) finish();
      onContinue = () => {
        if (forced) write();
        if (blocks) finish();
      };
    },
    onSignal: (pid, signal, fake) => {
      if (signal === "SIGCONT") {
        onContinue?.();
        onContinue = undefined;
      }
      behaviour.options?.onSignal?.(pid, signal, fake);
    },
  });
};

export const fakeRun = (behaviour: Behaviour = {}): FakeRun => {
  const agents = behaviour.agents ?? [WATCHER];
  const scenarios = behaviour.scenarios ?? [SCENARIO];
  const plan = buildPlan({
    seed: 1,
    profile: PROFILES.quick,
    agents,
    scenarios,
    blocks: behaviour.blocks ?? 1,
    overflow: behaviour.overflow === true,
    techniques: behaviour.techniques ?? [],
    ...(behaviour.sizes === undefined ? {} : { sizes: behaviour.sizes }),
    filesOn: "disk",
    stop: "fixed",
    timeBudgetSeconds: behaviour.timeBudgetSeconds,
    budgets: [],
    budgetSource: "none",
  });
  const host = fakeNode(
    behaviour,
    // An agent whose disk is slow or full is not stopped, and nobody who could be continued.
    (trial) =>
      plan.overflow?.some(
        ({ trial: { id }, outside }) => id === trial && outside !== "disk-slow" && outside !== "disk-full",
      ) === true,
  );
  const { context, lines, events, abort } = fakeContext(
    host,
    plan,
    [BASELINE_AGENT, ...agents],
    [SCENARIO, ...scenarios],
    {
      disks: ["/s/tare-1", "/results"],
      noiseGate: behaviour.noiseGate ?? createNoiseGate(host.cpus.length),
      ...(behaviour.covered === undefined ? {} : { covered: behaviour.covered }),
      ...(behaviour.overflowed === undefined ? {} : { overflowed: behaviour.overflowed }),
      ...(behaviour.blocksNeeded === undefined ? {} : { blocksNeeded: behaviour.blocksNeeded }),
    },
  );
  return {
    host,
    plan,
    lines,
    events,
    abort,
    run: () => runPlan(context, behaviour.firstBlock ?? 0, 0),
    trials: (agent) =>
      lines.filter((line): line is TrialLine => line.type === "trial" && line.agent === agent),
  };
};
