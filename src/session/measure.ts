/** Measures a plan into a record: the part that a new and a resumed run share. */
import { randomBytes } from "node:crypto";
import { loadGuide } from "../analyse/load/guide.ts";
import { blocksNeededFor, isOfPilot } from "../analyse/stop-rule.ts";
import type { Agent } from "../domain/agent.ts";
import { wallLimit } from "../domain/bounds.ts";
import { TareError } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import type { Plan } from "../domain/plan.ts";
import type { RecordLine } from "../domain/record.ts";
import type { Scenario } from "../domain/scenario.ts";
import { known } from "../domain/units.ts";
import type { NodeState } from "../observe/node-state.ts";
import { readTimeoutScale } from "../host/timeout-scale.ts";
import { expectedSeconds } from "../plan/duration.ts";
import { canGuardAudit } from "../run/audit-guard.ts";
import { PROC_STAT, parseProcStat } from "../observe/node-clock.ts";
import { moveHarness } from "../run/cpu-placement.ts";
import { createNoiseGate, OPEN_GATE } from "../run/noise-gate.ts";
import { createRetryIds } from "../run/retry-id.ts";
import { runPlan } from "../run/run-plan.ts";
import type { Session } from "./session.ts";

export interface Measurement {
  readonly plan: Plan;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly scenarios: ReadonlyMap<string, Scenario>;
  /** The node before anything was started. */
  readonly before: NodeState;
  /** What the record holds already. */
  readonly recorded: readonly RecordLine[];
  /** Of the record; absent: it goes to no disk. */
  readonly folder?: string;
  readonly append: (line: RecordLine) => Promise<void>;
}

/** Short, because sensors cut long paths; on disk or in memory, because these are different workloads. */
const SCRATCH_PARENT = { disk: "/var/tmp", tmpfs: "/dev/shm" } as const;

/** Its parents are everybody's: a name that can be foretold could be taken beforehand. */
const NAME_BYTES = 3;
/** Others pass through, as a workload that has given up root does, and see no name. */
const SCRATCH_MODE = 0o711;

export const measure = async (
  session: Session,
  { plan, agents, scenarios, before, recorded, folder, append }: Measurement,
  signal: AbortSignal,
): Promise<void> => {
  const { host, tell } = session;
  const firstBlock = blocksIn(recorded);
  const emulated = recorded.some((line) => line.type === "header" && line.host.emulated);
  // Those of all blocks would be hundreds of megabytes after some hours.
  const pilot = recorded.filter(isOfPilot);
  const effects = host.effects.scope("run");
  const own = `tare-${process.pid}`;
  // Control groups of a pod's lie below its own.
  const name = `${session.pod?.controlGroup ?? ""}/${own}`.replace(/^\//, "");
  const folderName = `${own}-${randomBytes(NAME_BYTES).toString("hex")}`;
  const parents = { ...SCRATCH_PARENT, disk: session.pod?.workFolder ?? SCRATCH_PARENT.disk };
  const scratch = `${parents.disk}/${folderName}`;
  const watchedDirectory = `${parents[plan.filesOn]}/${folderName}/f`;
  const overtime = endAfter(host, wallLimit(expectedSeconds(plan, emulated)));
  const nodeCpus = parseProcStat(known(await host.readText(PROC_STAT)) ?? "")?.cpus ?? host.cpus.length;
  const putBack = await moveHarness(host, process.pid);
  try {
    await effects.perform({ kind: "directory", path: scratch, mode: SCRATCH_MODE });
    if (folder !== undefined) await host.effects.recordIn(folder);
    if (plan.filesOn === "tmpfs") {
      await effects.perform({
        kind: "directory",
        path: `${parents.tmpfs}/${folderName}`,
        mode: SCRATCH_MODE,
      });
    }
    await effects.perform({ kind: "directory", path: watchedDirectory, mode: SCRATCH_MODE });
    tell({ kind: "measuring", plan, emulated });
    const outcome = await runPlan(
      {
        host,
        plan,
        agents,
        scenarios,
        name,
        effects,
        scratch,
        watchedDirectory,
        disks: [scratch, watchedDirectory, ...(folder === undefined ? [] : [folder])],
        before,
        guardAudit: canGuardAudit(before),
        harnessPid: process.pid,
        noiseGate: emulated ? OPEN_GATE : createNoiseGate(nodeCpus),
        retryId: createRetryIds(),
        ...(plan.stop === "blind" ? { blocksNeeded: () => blocksNeededFor(pilot, plan) } : {}),
        ...(plan.load === undefined ? {} : { loadGuide }),
        loaded: recorded.filter((line) => line.type === "load"),
        watched: new Set(recorded.flatMap((line) => (line.type === "watch" ? [line.id] : []))),
        overflowed: new Set(recorded.flatMap((line) => (line.type === "overflow" ? [line.id] : []))),
        covered: new Set(recorded.flatMap((line) => (line.type === "coverage" ? [line.id] : []))),
        signal: AbortSignal.any([signal, overtime.signal]),
        ...(session.pod === undefined ? {} : { ends: session.pod.wishes.unmet }),
        append: async (line) => {
          await append(line);
          if (isOfPilot(line)) pilot.push(line);
        },
        emit: (event) => {
          tell({ kind: "progress", event });
        },
      },
      firstBlock,
      session.startedMs,
    );
    tell({ kind: "measured", outcome, planned: plan.blocks.length });
  } finally {
    await overtime.close();
    for (const problem of await effects.undo()) tell({ kind: "left", problem });
    await putBack();
  }
};

const MAX_TIMER_MS = 2 ** 31 - 1;

/** A guard for a run that hangs where nothing else has a limit. */
const endAfter = (host: Pick<Host, "every">, seconds: number) => {
  const overtime = new AbortController();
  const end = (): Promise<void> => {
    overtime.abort(
      new TareError(
        "interrupted",
        `the run was ended after ${Math.round(seconds)} s, several times what it was to take; everything measured so far is in the record`,
        "see what hangs, then go on with `tare run --resume FOLDER`",
      ),
    );
    return Promise.resolve();
  };
  const close = host.every(Math.min(MAX_TIMER_MS, seconds * 1000 * readTimeoutScale()), end);
  return { signal: overtime.signal, close };
};

/** Whole blocks that a record holds. */
export const blocksIn = (lines: readonly RecordLine[]): number =>
  lines.filter((line) => line.type === "block").length;
