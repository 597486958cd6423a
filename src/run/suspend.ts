/**
 * Stops the processes that read an agent's events, so that its buffers overflow, and continues them on every path: by the caller, by the
 * journal's undo, and by a guard process. The guard exists because an agent that blocks may stall every system call on the node: if tare
 * were killed meanwhile, `tare clean` could not even be started.
 */
import type { EffectScope, Host } from "../domain/host.ts";
import { armGuard } from "./guard.ts";

/** Longer than any suspension that the harness ends by itself. */
export const GUARD_SECONDS = 20;
/** Until the guard's child has become `sleep`; later its execve might stall too. */
const SETTLE_MS = 100;

export interface Suspension {
  release(): void;
}

export const suspend = async (
  host: Host,
  effects: EffectScope,
  pids: readonly number[],
  stderr: string,
  signal: AbortSignal,
  guardSeconds: number = GUARD_SECONDS,
): Promise<Suspension> => {
  await armGuard(host, effects, {
    send: "CONT",
    pids,
    seconds: guardSeconds,
    purpose: "continues the agent's readers",
    stage: "overflow",
    stderr,
    signal,
  });
  await host.sleep(SETTLE_MS, signal);
  await effects.perform({ kind: "suspension", pids });
  return {
    release: () => {
      for (const pid of pids) host.signal(pid, "SIGCONT");
    },
  };
};

/** A tenth of the time it runs. */
const PULSE_MS = 500;
const RUNS_MS = 50;

/** Lets the suspended run for a moment now and then, until it is released. */
export const inPulses = (host: Host, pids: readonly number[], suspension: Suspension): Suspension => {
  let isReleased = false;
  const end = host.every(PULSE_MS, async () => {
    for (const pid of pids) host.signal(pid, "SIGCONT");
    await host.sleep(RUNS_MS);
    if (!isReleased) for (const pid of pids) host.signal(pid, "SIGSTOP");
  });
  return {
    release: () => {
      isReleased = true;
      void end();
      suspension.release();
    },
  };
};
