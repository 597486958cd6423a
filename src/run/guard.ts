/**
 * A process outside of tare that puts right what must not last: it sends a signal, or writes a line to a file of the kernel's, when its time is
 * over, and when tare dies, however that happens. Told by tare that all is well it ends without, since its pids may be others' by then.
 */
import type { EffectScope, Host } from "../domain/host.ts";
import { StageFailure } from "./context.ts";
import { within } from "./drive.ts";

const ARM_MS = 5000;

/**
 * `kill` and `echo` are the shell's own, and the file is open: no program is started and nothing opened, which a node that stands still might not
 * let it. The kernel sends TERM when tare dies, once for each of its threads that its children pass to: a second one must not end what the first
 * has begun. What undoes a process signals its children too, and `sleep` must not be the one that ends first.
 */
const GUARD = `deed=$1; seconds=$2; shift 2
case $deed in
write) exec 9>"$2" || exit 1 ;;
esac
put_right() {
  case $deed in
  write) echo "$1" >&9 ;;
  *) kill -s "$deed" "$@" ;;
  esac 2>/dev/null
}
trap '' USR1
sleep "$seconds" &
sleeper=$!
trap 'put_right "$@"; [ -z "$sleeper" ] || kill "$sleeper" 2>/dev/null' EXIT
trap 'trap "" TERM INT HUP; exit 0' TERM INT HUP
trap 'trap - EXIT; kill "$sleeper"; exit 0' USR1
echo armed
wait "$sleeper"
sleeper=`;

type Deed =
  | { readonly send: "CONT" | "KILL" | "TERM"; readonly pids: readonly number[] }
  | { readonly write: string; readonly to: string };

export type GuardRequest = Deed & {
  readonly seconds: number;
  /** Completes "the guard that ... did not start". */
  readonly purpose: string;
  readonly stage: string;
  readonly stderr: string;
  readonly signal: AbortSignal;
};

const argumentsOf = (request: GuardRequest): readonly string[] => {
  const seconds = String(request.seconds);
  return "write" in request
    ? ["write", seconds, request.write, request.to]
    : [request.send, seconds, ...request.pids.map(String)];
};

/** Resolves when it is in place. What it is for is undone by an effect of its own, and undoing this one only ends the guard. */
export const armGuard = async (host: Host, effects: EffectScope, request: GuardRequest): Promise<void> => {
  const { purpose, stage, stderr, signal } = request;
  const guard = await effects.start(
    {
      command: "sh",
      args: ["-c", GUARD, "sh", ...argumentsOf(request)],
      stdout: "pipe",
      stderr,
    },
    { signals: ["SIGUSR1"], graceMs: 2000 },
  );
  const said = await within(host, guard.readLine(), ARM_MS, stage, signal);
  if (said !== "armed") throw new StageFailure(stage, `the guard that ${purpose} did not start`);
};
