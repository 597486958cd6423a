/** Measures a plan of a benchmark's own; the lines go into memory and not into a record, so there is no header among them. */
import type { Agent } from "../../src/domain/agent.ts";
import { TareError } from "../../src/domain/errors.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import type { Scenario } from "../../src/domain/scenario.ts";
import { readNodeState } from "../../src/observe/node-state.ts";
import { interruptible } from "../../src/session/interruptible.ts";
import { measure } from "../../src/session/measure.ts";
import type { Session } from "../../src/session/session.ts";

export const measuredLines = async (
  session: Session,
  plan: Plan,
  agents: ReadonlyMap<string, Agent>,
  scenarios: ReadonlyMap<string, Scenario>,
): Promise<readonly RecordLine[]> => {
  const lines: RecordLine[] = [];
  const append = (line: RecordLine): Promise<void> => {
    lines.push(line);
    return Promise.resolve();
  };
  const quiet = { ...session, tell: () => undefined };
  const before = await readNodeState(session.host);
  await interruptible(
    (signal) => new TareError("interrupted", `interrupted by ${signal}`, "start again"),
    (signal) => measure(quiet, { plan, agents, scenarios, before, recorded: [], append }, signal),
  );
  return lines;
};
