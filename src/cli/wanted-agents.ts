/** Which agents a run is about: those named, or whatever takes part of itself. */
import type { Agent } from "../domain/agent.ts";
import { BASELINE } from "../domain/plan.ts";
import type { Profile } from "../plan/profiles.ts";
import { choose } from "./context.ts";

/** In a list of agents: every sensor, also those that take part only when they are named. */
export const ALL = "all";

type Choosable = Pick<Agent, "id" | "injected" | "optIn">;

const isSensor = ({ id, injected }: Choosable): boolean => id !== BASELINE && injected === undefined;

/** A file's name stands for those of its variants that take part unasked; for all of them where none does. */
const variantsOf = (name: string, agents: ReadonlyMap<string, Choosable>): readonly string[] => {
  const unasked = [...agents.values()].filter(
    ({ id, optIn }) => id.startsWith(`${name}@`) && optIn === undefined,
  );
  return unasked.length === 0 ? [name] : unasked.map(({ id }) => id);
};

/**
 * Those named; or else every sensor that takes part unasked, and the calibration agents that the profile brings along.
 *
 * @throws TareError `usage` when the list names an agent that there is not
 */
export const wantedAgents = <T extends Choosable>(
  list: string | undefined,
  profile: Pick<Profile, "calibration">,
  agents: ReadonlyMap<string, T>,
): readonly T[] => {
  const sensors = [...agents.values()].filter(isSensor);
  if (list !== undefined) {
    const named = list
      .split(",")
      .map((name) => name.trim())
      .flatMap((name) => (name === ALL ? sensors.map(({ id }) => id) : variantsOf(name, agents)));
    return choose("agent", named.join(","), agents).filter(({ id }) => id !== BASELINE);
  }
  const calibrating =
    profile.calibration.length === 0 ? [] : choose("agent", profile.calibration.join(","), agents);
  return [...sensors.filter(({ optIn }) => optIn === undefined), ...calibrating];
};

/** Sensors that a run which names none leaves out. */
export const leftOut = <T extends Choosable>(
  list: string | undefined,
  agents: ReadonlyMap<string, T>,
): readonly T[] =>
  list === undefined
    ? [...agents.values()].filter((agent) => isSensor(agent) && agent.optIn !== undefined)
    : [];
