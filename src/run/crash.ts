/** Processes of an agent that end although nothing has told them to. */
import type { Agent, RunningAgent } from "../domain/agent.ts";
import type { Failed } from "../domain/failure.ts";
import { describeExit, type Exit, type Host } from "../domain/host.ts";
import { tellingLine } from "../domain/telling-line.ts";
import { StageFailure } from "./context.ts";
import { lastWords } from "./last-lines.ts";

/** Throws when one of the agent's processes has ended: nothing it was asked to see is seen any more. */
export const refuseIfDead = async (
  host: Host,
  agent: Agent,
  running: RunningAgent,
  stage: string,
): Promise<void> => {
  for (const process of running.processes) {
    const exit = process.exit();
    if (exit === undefined) continue;
    const said = await lastWords(host, running);
    const why = tellingLine(said.join("\n"));
    throw new StageFailure(
      stage,
      `${agent.id} (pid ${process.pid}) ended by itself (${describeExit(exit)})${why === "" ? "" : `: ${why}`}`,
      said,
      exit,
    );
  }
};

/** Nothing sends these to an agent that is stopped: it does so itself, or the kernel for what it did. */
const OF_A_CRASH = ["SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGTRAP", "SIGSYS"];

const isCrash = ({ signal }: Exit): boolean => signal !== null && OF_A_CRASH.includes(signal);

/** How an end comes to be known a moment after the process is gone. */
const REAP_MS = 1000;

/** The failure of a turn whose agent crashed while it was being stopped; undefined when it did not. */
export const crashWhileStopping = async (
  host: Host,
  agent: Agent,
  running: RunningAgent,
  signal: AbortSignal,
): Promise<Failed | undefined> => {
  for (const { pid, exited } of running.processes) {
    const ended = await host.within(exited, { atMost: REAP_MS, signal });
    if (ended.kind === "late" || !isCrash(ended.value)) continue;
    const exit = describeExit(ended.value);
    return {
      kind: "failed",
      stage: "stop",
      message: `${agent.id} (pid ${pid}) crashed while it was being stopped: ${exit}`,
      lastLines: [],
      cause: "crashed",
      exit,
    };
  }
  return undefined;
};
