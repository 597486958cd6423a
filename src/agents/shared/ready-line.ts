/** Programs of ours say `{"ready":true,...}` on standard error once they are. */
import type { AgentContext } from "../../domain/agent.ts";
import type { Host, HostProcess } from "../../domain/host.ts";
import { awaitLogged } from "./await-start.ts";

/**
 * Waits for the line and returns it.
 *
 * @throws TareError `run-failed` when the process ends before it or never says it, with what it said instead.
 */
export const awaitReadyLine = async (
  host: Host,
  context: AgentContext,
  process: HostProcess,
  log: string,
  who: string,
  hint: string,
): Promise<string> =>
  await awaitLogged(host, context, /^\{"ready":true.*\}$/m, {
    process,
    who,
    lacking: 'said no "ready"',
    log,
    hint,
    every: 20,
    atMost: 10_000,
  });

/** The hooks that a ready line names, as they stand there; undefined when it names none. */
export const hooksIn = (line: string): string | undefined => /"hooks":(\{.*\})\}$/.exec(line)?.[1];
