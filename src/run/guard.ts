/**
 * A process outside of tare that puts right what must not last: it sends a signal when its time is over, and when tare dies, however that happens.
 * Told by tare that all is well it ends without, since its pids may be others' by then.
 */
import type { EffectScope, Host } from "../domain/host.ts";
import { StageFailure } from "./context.ts";
import { within } from "./drive.ts";

const ARM_MS = 5000;

/**
 * `kill` is the shell's own: no program is started, which a node that stands still might not let it. The kernel sends TERM when tare dies. What
 * undoes a process signals its children too, and `sleep` must not be the one that ends first.
 */
const GUARD = `signal=$1; seconds=$2; shift 2
trap '' USR1
sleep "$seconds" &
sleeper=$!
trap 'kill -s "$signal" "$@" 2>/dev/null; [ -z "$sleeper" ] || kill "$sleeper" 2>/dev/null' EXIT
trap 'exit 0' TERM INT HUP
trap 'trap - EXIT; kill "$sleeper"; exit 0' USR1
echo armed
wait "$sleeper"
sleeper=`;

export interface GuardRequest {
  readonly send: "CONT" | "KILL" | "TERM";
  readonly pids: readonly number[];
  readonly seconds: number;
  /** Completes "the guard that ... did not start". */
  readonly purpose: string;
  readonly stage: string;
  readonly stderr: string;
  readonly signal: AbortSignal;
}

/** Resolves when it is in place. What it is for is undone by an effect of its own, and undoing this one only ends the guard. */
export const armGuard = async (
  host: Host,
  effects: EffectScope,
  { send, pids, seconds, purpose, stage, stderr, signal }: GuardRequest,
): Promise<void> => {
  const guard = await effects.start(
    {
      command: "sh",
      args: ["-c", GUARD, "sh", send, String(seconds), ...pids.map(String)],
      stdout: "pipe",
      stderr,
    },
    { signals: ["SIGUSR1"], graceMs: 2000 },
  );
  const said = await within(host, guard.readLine(), ARM_MS, stage, signal);
  if (said !== "armed") throw new StageFailure(stage, `the guard that ${purpose} did not start`);
};
