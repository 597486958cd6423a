/** Waits inside `start` for what its next step needs. That the agent is ready is proved by a sentinel, never by this. */
import type { AgentContext } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import { describeExit, type Host, type HostProcess } from "../../domain/host.ts";
import { tellingLine } from "../../domain/telling-line.ts";
import { known } from "../../domain/units.ts";
import type { Launched } from "./launch.ts";

export interface StartCondition<T> {
  readonly process: HostProcess;
  readonly who: string;
  /** "opened no socket": completes "... within 10 s". */
  readonly lacking: string;
  readonly log: string;
  readonly hint?: string;
  readonly every: number;
  readonly atMost: number;
  readonly check: () => Promise<T | undefined>;
}

/** @throws TareError `run-failed` when the process ends before that or takes too long, with what it said */
export const awaitStart = async <T>(
  host: Host,
  { signal }: Pick<AgentContext, "signal">,
  { process, who, lacking, log, hint, check, ...limits }: StartCondition<T>,
): Promise<T> => {
  const waited = await host.until<{ readonly found: T } | "ended">(
    async () => {
      if (process.exit() !== undefined) return "ended";
      const found = await check();
      return found === undefined ? undefined : { found };
    },
    { ...limits, signal },
  );
  if (waited.kind === "met" && waited.value !== "ended") return waited.value.found;
  const exit = process.exit();
  const how =
    waited.kind === "late"
      ? `${lacking} within ${waited.seconds} s`
      : `ended by itself${exit === undefined ? "" : ` (${describeExit(exit)})`}`;
  const said = tellingLine(known(await host.readText(log)) ?? "");
  throw new TareError(
    "run-failed",
    `${who} (pid ${process.pid}) ${how}${said === "" ? "" : `: ${said}`}`,
    hint ?? `run ${who} by hand and see what it says`,
  );
};

export const awaitLogged = async (
  host: Host,
  context: Pick<AgentContext, "signal">,
  pattern: RegExp,
  rest: Omit<StartCondition<string>, "check">,
): Promise<string> =>
  await awaitStart(host, context, {
    ...rest,
    check: async () => pattern.exec(known(await host.readText(rest.log)) ?? "")?.[0],
  });

/** A Unix socket at the address. */
export const awaitListening = async (
  host: Host,
  context: AgentContext,
  who: string,
  { process, stderr }: Pick<Launched, "process" | "stderr">,
  address: string,
): Promise<void> => {
  await awaitStart(host, context, {
    process,
    who,
    lacking: "opened no socket",
    log: stderr,
    every: 10,
    atMost: 10_000,
    check: async () => known(await host.fileSize(address)),
  });
};
