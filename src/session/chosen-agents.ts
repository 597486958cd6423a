/** Which agents a run is about: those named, or every one that takes part without being named. */
import type { Agent } from "../domain/agent.ts";
import { BASELINE } from "../domain/plan.ts";
import type { Profile } from "../plan/profiles.ts";
import { choose } from "./choose.ts";

/** In a list of agents: every sensor, also those that take part only when they are named. */
export const ALL = "all";

type Choosable = Pick<Agent, "id" | "role" | "optIn">;

const isSensor = ({ role }: Choosable): boolean => role === "sensor";

/** A file's name stands for its variants that take part without being named; for all of them where none does. */
const variantsOf = (name: string, agents: ReadonlyMap<string, Choosable>): readonly string[] => {
  const usual = [...agents.values()].filter(
    ({ id, optIn }) => id.startsWith(`${name}@`) && optIn === undefined,
  );
  return usual.length === 0 ? [name] : usual.map(({ id }) => id);
};

/**
 * Those named; otherwise every sensor that takes part without being named, and the profile's calibration agents.
 *
 * @throws TareError `usage` when a name is unknown
 */
export const chosenAgents = <T extends Choosable>(
  names: readonly string[] | undefined,
  { calibration }: Pick<Profile, "calibration">,
  agents: ReadonlyMap<string, T>,
): readonly T[] => {
  const sensors = [...agents.values()].filter(isSensor);
  if (names !== undefined) {
    const ids = names.flatMap((name) =>
      name === ALL ? sensors.map(({ id }) => id) : variantsOf(name, agents),
    );
    return choose("agent", ids, agents).filter(({ id }) => id !== BASELINE);
  }
  const calibrating = calibration.length === 0 ? [] : choose("agent", calibration, agents);
  return [...sensors.filter(({ optIn }) => optIn === undefined), ...calibrating];
};

/** Sensors that a run without named agents leaves out. */
export const leftOut = <T extends Choosable>(
  names: readonly string[] | undefined,
  agents: ReadonlyMap<string, T>,
): readonly T[] =>
  names === undefined
    ? [...agents.values()].filter((agent) => isSensor(agent) && agent.optIn !== undefined)
    : [];
