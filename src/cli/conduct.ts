/** Conducts a plan on this node into a record: scratch folder, signals, placement, and the way back from all of them. */
import { TareError } from "../domain/errors.ts";
import type { Agent } from "../domain/agent.ts";
import type { Plan } from "../domain/plan.ts";
import type { RecordLine } from "../domain/record.ts";
import type { Scenario } from "../domain/scenario.ts";
import { canGuardAudit } from "../run/audit-guard.ts";
import type { NodeState } from "../observe/node-state.ts";
import { createNoiseGate } from "../run/noise-gate.ts";
import { createRetryIds } from "../run/retry-id.ts";
import { moveHarness } from "../run/cpu-placement.ts";
import { runPlan } from "../run/run-plan.ts";
import type { RunOutcome } from "../run/run-plan.ts";
import type { RunEvent } from "../run/context.ts";
import type { CliContext } from "./context.ts";

export interface ConductRequest {
  readonly plan: Plan;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly scenarios: ReadonlyMap<string, Scenario>;
  readonly before: NodeState;
  readonly firstBlock: number;
  /** See `RunContext`. */
  blocksNeeded?(): number;
  readonly overflowed?: ReadonlySet<string>;
  /** Aborted where the run was interrupted before it was conducted. */
  readonly interruption?: AbortSignal;
  append(line: RecordLine): Promise<void>;
  emit(event: RunEvent): void;
}

/** Short, because sensors cut long paths; on disk or in memory, because these are different workloads. */
const SCRATCH_PARENT = { disk: "/var/tmp", tmpfs: "/dev/shm" } as const;

export const conduct = async (context: CliContext, request: ConductRequest): Promise<RunOutcome> => {
  const { host } = context;
  const interruption = new AbortController();
  const interrupt = (signal: NodeJS.Signals): void => {
    if (interruption.signal.aborted) return;
    context.screen.info(`${signal}: stopping what was started ...`);
    interruption.abort(
      new TareError(
        "interrupted",
        `interrupted by ${signal}; everything measured so far is in the record`,
        "go on with `tare run --resume DIR`",
      ),
    );
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, interrupt);
  const aborted =
    request.interruption === undefined
      ? interruption.signal
      : AbortSignal.any([interruption.signal, request.interruption]);
  const effects = host.effects.scope("run");
  const name = `tare-${process.pid}`;
  const scratch = `${SCRATCH_PARENT.disk}/${name}`;
  const watchedDirectory = `${SCRATCH_PARENT[request.plan.filesOn]}/${name}/f`;
  const putBack = await moveHarness(host, process.pid);
  try {
    await effects.perform({ kind: "directory", path: scratch, mode: 0o755 });
    if (request.plan.filesOn === "tmpfs") {
      await effects.perform({ kind: "directory", path: `${SCRATCH_PARENT.tmpfs}/${name}`, mode: 0o755 });
    }
    await effects.perform({ kind: "directory", path: watchedDirectory, mode: 0o755 });
    return await runPlan(
      {
        ...request,
        host,
        name,
        effects,
        scratch,
        watchedDirectory,
        guardAudit: canGuardAudit(request.before),
        harnessPid: process.pid,
        noiseGate: createNoiseGate(),
        retryId: createRetryIds(),
        signal: aborted,
      },
      request.firstBlock,
      context.startedMs,
    );
  } catch (error) {
    // A sleep that was cut short reports "aborted"; the reason is what the user should read.
    if (aborted.aborted) throw aborted.reason;
    throw error;
  } finally {
    for (const problem of await effects.undo()) context.screen.warn(`left on the node: ${problem}`);
    await putBack();
    for (const signal of signals) process.off(signal, interrupt);
  }
};
