/** Why techniques are not tried under an agent. What is not counted is never called "not seen": that nothing tells of it is no sign of that. */
import type { Agent } from "./agent.ts";
import { isReadable } from "./sink.ts";
import type { Family } from "./units.ts";

type Tried = Pick<Agent, "role" | "observes" | "uncounted" | "policy" | "sink" | "telling">;

/** As its data sheet has it, before it is started; undefined: they are tried. */
export const whyUntried = (agent: Tried): string | undefined => {
  const { role, observes, uncounted, policy, sink = "json-file", telling } = agent;
  if (policy !== undefined)
    return "what a team's own policy reports is its team's decision: no data sheet claims anything of it";
  if (role === "attached")
    return "what it reports is its owner's decision: no data sheet claims anything of it";
  const silent = whyUncounted(observes, uncounted);
  if (silent !== undefined) return silent;
  if (!isReadable(sink)) return `where its events go, they are not searched (${sink})`;
  return telling === undefined
    ? "its output is not read event by event: its data sheet does not say how"
    : undefined;
};

/** Undefined where something of what it observes is counted. */
export const whyUncounted = (
  observes: readonly Family[],
  uncounted: readonly Family[] = [],
): string | undefined => {
  if (observes.length === 0) return "not counted: as it is configured, it is asked for no event";
  return observes.every((family) => uncounted.includes(family)) ? notCounted(observes) : undefined;
};

export const notCounted = (families: readonly Family[]): string =>
  `not counted: it hands out no event of ${families.join(", ")} that tare can count, so that only its cost is measured`;
