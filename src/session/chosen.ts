/** What a run is about, by the names that its user gives or by what takes part without being named. */
import type { Agent } from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";
import { baseOf } from "../domain/installed.ts";
import { BASELINE } from "../domain/plan.ts";
import { pointsOf, ScaleAxis, type ScalePoint } from "../domain/scale.ts";
import type { Scenario } from "../domain/scenario.ts";
import type { Technique } from "../domain/technique.ts";
import { TECHNIQUES } from "../domain/techniques/all.ts";
import { suggest } from "../domain/suggest.ts";
import { isPlain } from "../domain/units.ts";
import { LOAD_TESTS, type LoadTest } from "../plan/load-tests.ts";
import type { Profile } from "../plan/profiles.ts";

/**
 * The entries of these names; where no entry has it, an id before an @ names all of its variants. All of them where there are no names.
 *
 * @throws TareError `usage` with a suggestion when one is unknown
 */
export const choose = <T>(
  what: string,
  names: readonly string[] | undefined,
  all: ReadonlyMap<string, T>,
): readonly T[] => {
  if (names === undefined) return [...all.values()];
  const known = [...all.keys()];
  if (names.length === 0)
    throw new TareError("usage", `--${what}s names nothing`, `known: ${known.join(", ")}`);
  const ids = names.flatMap((name) => {
    if (all.has(name)) return [name];
    const named = known.filter((id) => id.startsWith(`${name}@`));
    if (named.length > 0) return named;
    const bases = known.flatMap((id) => (id.includes("@") ? [id.slice(0, id.indexOf("@"))] : []));
    const near = suggest(name, [...new Set([...bases, ...known])]);
    throw new TareError(
      "usage",
      `unknown ${what} "${name}"`,
      near === undefined ? `known: ${known.join(", ")}` : `did you mean "${near}"?`,
    );
  });
  return [...new Set(ids)].flatMap((id) => all.get(id) ?? []);
};

/**
 * What of `--scenarios` is a workload, by its id, and what is an agent under rising load; both absent where nothing is named.
 *
 * @throws TareError `usage` when a name is unknown
 */
export const namedTests = (
  names: readonly string[] | undefined,
  scenarios: ReadonlyMap<string, Scenario>,
): { readonly workloads?: readonly string[]; readonly tests?: readonly LoadTest[] } => {
  if (names === undefined) return {};
  const all = new Map<string, Scenario | LoadTest>([...scenarios, ...LOAD_TESTS]);
  const ids = choose("scenario", names, all).map(({ id }) => id);
  const tests = ids.flatMap((id) => LOAD_TESTS.get(id) ?? []);
  return {
    workloads: ids.filter((id) => !LOAD_TESTS.has(id)),
    ...(tests.length === 0 ? {} : { tests }),
  };
};

/** In a list of agents: every sensor, also those that take part only when they are named. */
export const ALL = "all";

type Choosable = Pick<Agent, "id" | "role" | "optIn" | "sink">;

const isSensor = ({ role }: Choosable): boolean => role === "sensor";

/** A file's name stands for its variants that take part without being named; for all of them where none does. */
const variantsOf = (name: string, agents: ReadonlyMap<string, Choosable>): readonly string[] => {
  const usual = [...agents.values()].filter(
    ({ id, optIn }) => id.startsWith(`${name}@`) && optIn === undefined,
  );
  return usual.length === 0 ? [name] : usual.map(({ id }) => id);
};

/**
 * The rungs of their export ladders, for the agents that are named by a file's name or by one of their variants.
 *
 * @throws TareError `usage` when none is named, or one has no ladder
 */
export const rungsOf = (
  names: readonly string[] | undefined,
  agents: ReadonlyMap<string, Pick<Agent, "id" | "sink">>,
): readonly string[] => {
  const rungs = [...agents.values()].filter(({ sink }) => sink !== undefined).map(({ id }) => id);
  const having = `agents with one: ${[...new Set(rungs.map(baseOf))].join(", ")}`;
  if (names === undefined)
    throw new TareError("usage", "--ladder: no agent is named", `name it with --agents; ${having}`);
  return names.flatMap((name) => {
    const own = rungs.filter((id) => baseOf(id) === baseOf(name));
    if (own.length === 0 && name !== BASELINE)
      throw new TareError("usage", `--ladder: "${name}" has no export ladder`, having);
    return own;
  });
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

/** Those that a run which cannot measure them has not done what it was asked; `all` asks for what there is. */
export const namedAgents = <T extends Choosable>(
  names: readonly string[] | undefined,
  profile: Pick<Profile, "calibration">,
  agents: ReadonlyMap<string, T>,
): readonly T[] => {
  const own = (names ?? []).filter((name) => name !== ALL);
  return own.length === 0 ? [] : chosenAgents(own, profile, agents);
};

/** Sensors that a run without named agents leaves out, but for the rungs of export ladders: they say nothing by themselves. */
export const leftOut = <T extends Choosable>(
  names: readonly string[] | undefined,
  agents: ReadonlyMap<string, T>,
): readonly T[] =>
  names === undefined
    ? [...agents.values()].filter(
        (agent) => isSensor(agent) && agent.optIn !== undefined && agent.sink === undefined,
      )
    : [];

/**
 * Those named; otherwise those that the profile names, or all but those by name only and the profile's costly ones. High-value events and changes of
 * files say little about an agent that was not set up to report them, so unless named they take part only where an agent observes them; of a team's
 * own policy it is not known what it observes. What raises no events has a cost alone, which an emulated CPU does not tell.
 *
 * @throws TareError `usage` when a name is unknown
 */
export const chosenScenarios = (
  names: readonly string[] | undefined,
  scenarios: ReadonlyMap<string, Scenario>,
  agents: readonly Pick<Agent, "observes" | "policy">[],
  { without, underLoad }: Pick<Profile, "without" | "underLoad">,
  emulated = false,
): readonly Scenario[] => {
  if (names !== undefined) return choose("scenario", names, scenarios);
  const isObserved = ({ emits }: Scenario): boolean =>
    emits === undefined ||
    agents.some(
      ({ observes, policy }) =>
        observes.includes(emits.family) && (policy === undefined || emits.family === "high-value"),
    );
  if (underLoad !== undefined) return choose("scenario", underLoad.scenarios, scenarios).filter(isObserved);
  return [...scenarios.values()].filter(
    (scenario) =>
      (scenario.emits === undefined || isPlain(scenario.emits.family) || isObserved(scenario)) &&
      scenario.optIn === undefined &&
      !without.includes(scenario.id) &&
      (!emulated || scenario.emits !== undefined),
  );
};

/**
 * The sizes at which a node is measured.
 *
 * @throws TareError `usage` when an axis is unknown
 */
export const chosenSizes = (names: readonly string[], cpus: number): readonly ScalePoint[] => {
  const known = ScaleAxis.options.join(", ");
  if (names.length === 0) throw new TareError("usage", "--scale names nothing", `known: ${known}`);
  const axes = names.map((name) => {
    const axis = ScaleAxis.options.find((one) => one === name);
    if (axis === undefined) throw new TareError("usage", `unknown scale "${name}"`, `known: ${known}`);
    if (axis === "cpus" && cpus < 2)
      throw new TareError("usage", "--scale cpus: this node has one CPU", "leave it out, or name others");
    return axis;
  });
  return [...new Set(axes)].flatMap((axis) => pointsOf(axis, cpus));
};

/**
 * Those named, by themselves or by their group; in the order in which they are done.
 *
 * @throws TareError `usage` when a name is unknown
 */
export const chosenTechniques = (names: readonly string[] | undefined): readonly Technique[] => {
  const groups = new Set<string>(TECHNIQUES.map(({ group }) => group));
  const ids = names?.flatMap((name) =>
    groups.has(name) ? TECHNIQUES.filter(({ group }) => group === name).map(({ id }) => id) : [name],
  );
  const chosen = new Set(choose("technique", ids, new Map(TECHNIQUES.map((one) => [one.id, one] as const))));
  return TECHNIQUES.filter((one) => chosen.has(one));
};
