/** Programs of ours say `{"ready":true,...}` on standard error once they are. */
import type { AgentContext } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import type { Host, HostProcess } from "../../domain/host.ts";

const POLL_MS = 20;
const TRIES = 500;

/**
 * Waits for the line and returns it.
 *
 * @throws TareError `run-failed` when the process ends before it or never says it, with what it said instead.
 */
export const awaitReadyLine = async (
  host: Host,
  context: AgentContext,
  process: HostProcess,
  stderr: string,
  who: string,
  hint: string,
): Promise<string> => {
  for (let attempt = 0; attempt < TRIES && process.exit() === undefined; attempt += 1) {
    const text = await host.readText(stderr);
    const line = text.kind === "value" ? /^\{"ready":true.*\}$/m.exec(text.value)?.[0] : undefined;
    if (line !== undefined) return line;
    await host.sleep(POLL_MS, context.signal);
  }
  const said = await host.readText(stderr);
  const exit = process.exit();
  const how =
    exit === undefined
      ? `said no "ready" within ${(POLL_MS * TRIES * host.timeoutScale) / 1000} s`
      : `ended by itself (${exit.signal ?? `exit status ${exit.code ?? "unknown"}`})`;
  throw new TareError(
    "run-failed",
    `${who} (pid ${process.pid}) ${how}: ${said.kind === "value" ? said.value.trim() : said.reason}`,
    hint,
  );
};

/** The hooks that a ready line names, as they stand there; undefined when it names none. */
export const hooksIn = (line: string): string | undefined => /"hooks":(\{.*\})\}$/.exec(line)?.[1];
