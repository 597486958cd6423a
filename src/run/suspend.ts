/**
 * Stops the processes that read an agent's events, so that its buffers overflow, and continues them on every path: by the caller, by the
 * journal's undo, and by a guard process. The guard exists because an agent that blocks may stall every system call on the node: if tare
 * were killed meanwhile, `tare clean` could not even be started.
 */
import type { EffectScope, Host } from "../domain/host.ts";
import { StageFailure } from "./context.ts";
import { within } from "./drive.ts";

/** Longer than any suspension that the harness ends by itself. */
const GUARD_SECONDS = 20;
const ARM_MS = 5000;
/** Until the guard's child has become `sleep`; later its execve might stall too. */
const SETTLE_MS = 100;

/** Continues the processes when its time is over, when it is stopped, and when tare dies. `kill` is the shell's own: no program is started. */
const GUARD = `seconds=$1; shift
trap 'kill -s CONT "$@" 2>/dev/null' EXIT
trap 'exit 0' TERM INT HUP
sleep "$seconds" &
echo armed
wait "$!"`;

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
  const guard = await effects.start(
    {
      command: "sh",
      args: ["-c", GUARD, "sh", String(guardSeconds), ...pids.map(String)],
      stdout: "pipe",
      stderr,
    },
    { signals: ["SIGTERM"], graceMs: 2000 },
  );
  const said = await within(host, guard.readLine(), ARM_MS, "overflow", signal);
  if (said !== "armed") {
    throw new StageFailure("overflow", "the guard that continues the agent's readers did not start");
  }
  await host.sleep(SETTLE_MS, signal);
  await effects.perform({ kind: "suspension", pids });
  return {
    release: () => {
      for (const pid of pids) host.signal(pid, "SIGCONT");
    },
  };
};
