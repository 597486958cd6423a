/** Measures a plan into a record: the part that a new and a resumed run share. */
import { blocksNeededFor } from "../analyse/stop-rule.ts";
import type { Agent } from "../domain/agent.ts";
import type { Plan } from "../domain/plan.ts";
import type { RecordLine } from "../domain/record.ts";
import type { Scenario } from "../domain/scenario.ts";
import type { NodeState } from "../observe/node-state.ts";
import { canGuardAudit } from "../run/audit-guard.ts";
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
  readonly append: (line: RecordLine) => Promise<void>;
  /** Where the record lies. Absent: nothing is written. */
  readonly folder?: string;
}

/** Short, because sensors cut long paths; on disk or in memory, because these are different workloads. */
const SCRATCH_PARENT = { disk: "/var/tmp", tmpfs: "/dev/shm" } as const;

export const measure = async (
  session: Session,
  { plan, agents, scenarios, before, recorded, append, folder }: Measurement,
  signal: AbortSignal,
): Promise<void> => {
  const { host, tell } = session;
  const firstBlock = blocksIn(recorded);
  const emulated = recorded.some((line) => line.type === "header" && line.host.emulated);
  const lines = [...recorded];
  const effects = host.effects.scope("run");
  const name = `tare-${process.pid}`;
  const scratch = `${SCRATCH_PARENT.disk}/${name}`;
  const watchedDirectory = `${SCRATCH_PARENT[plan.filesOn]}/${name}/f`;
  const putBack = await moveHarness(host, process.pid);
  try {
    await effects.perform({ kind: "directory", path: scratch, mode: 0o755 });
    if (folder !== undefined) await host.effects.recordIn(folder);
    if (plan.filesOn === "tmpfs") {
      await effects.perform({ kind: "directory", path: `${SCRATCH_PARENT.tmpfs}/${name}`, mode: 0o755 });
    }
    await effects.perform({ kind: "directory", path: watchedDirectory, mode: 0o755 });
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
        before,
        guardAudit: canGuardAudit(before),
        harnessPid: process.pid,
        noiseGate: emulated ? OPEN_GATE : createNoiseGate(),
        retryId: createRetryIds(),
        ...(plan.stop === "blind" ? { blocksNeeded: () => blocksNeededFor(lines, plan) } : {}),
        overflowed: new Set(recorded.flatMap((line) => (line.type === "overflow" ? [line.id] : []))),
        signal,
        append: async (line) => {
          await append(line);
          lines.push(line);
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
    for (const problem of await effects.undo()) tell({ kind: "left", problem });
    await putBack();
  }
};

/** Whole blocks that a record holds. */
export const blocksIn = (lines: readonly RecordLine[]): number =>
  lines.filter((line) => line.type === "block").length;
