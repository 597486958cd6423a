/** Why a node is not judged with the others of its kind. */
import type { AgentAside, NodeAside } from "../../domain/fleet.ts";
import { type Facts, type Loaded, MEASURED_ALIKE, agentFacts, agentIn, loadFacts } from "./conditions.ts";

/** By its record alone; null: it can be judged. */
export const asideByItself = ({ header, view }: Loaded): NodeAside | null => {
  if (header.counting !== undefined) return { kind: "counted" };
  if (header.host.emulated) return { kind: "emulated" };
  const { foreignSensors } = header;
  if (foreignSensors !== undefined) return { kind: "foreign-sensors", sensors: foreignSensors };
  const { failures } = view.selfChecks;
  if (failures.length > 0) return { kind: "instrument-failed", failures };
  return view.run.blocks === 0 || view.run.trials.measured === 0 ? { kind: "not-benched" } : null;
};

type Otherwise = Extract<NodeAside, { readonly kind: "otherwise" }> &
  Extract<AgentAside, { readonly kind: "otherwise" }>;

interface Most {
  readonly value: string | null;
  readonly count: number;
}

/** Of values that are equally common, the first. */
export const mostCommon = (values: readonly (string | null)[]): Most => {
  const [first = []] = [...Map.groupBy(values, (value) => value).values()].toSorted(
    (a, b) => b.length - a.length,
  );
  return { value: first[0] ?? null, count: first.length };
};

const apartBy = (facts: Facts, sides: readonly Loaded[]): ReadonlyMap<Loaded, Otherwise> => {
  const apart = new Map<Loaded, Otherwise>();
  for (const [key, read] of facts) {
    const left = sides.filter((side) => !apart.has(side));
    const others = mostCommon(left.map(read)).value;
    for (const side of left) {
      const value = read(side);
      if (value !== others) apart.set(side, { kind: "otherwise", key, value, others });
    }
  }
  return apart;
};

/** Of nodes of one kind that can be judged, those that were measured otherwise than most. A load that a node lacks is no other load. */
export const measuredOtherwise = (sides: readonly Loaded[]): ReadonlyMap<Loaded, Otherwise> => {
  const shapes = loadFacts(sides).map(([key, read]): Facts[number] => {
    const most = mostCommon(sides.map(read).filter((one) => one !== null)).value;
    return [key, (side) => read(side) ?? most];
  });
  return apartBy([...MEASURED_ALIKE, ...shapes], sides);
};

/**
 * Of nodes of one kind, those on which the agent is another than on most. A setting without a value that more than half of them have is no
 * setting of the fleet, but follows the node.
 */
export const agentOtherwise = (sides: readonly Loaded[], agent: string): ReadonlyMap<Loaded, Otherwise> => {
  const [version, ...rest] = agentFacts(sides).filter(([, , of]) => of === agent);
  const settled = rest.filter(([, read]) => mostCommon(sides.map(read)).count * 2 > sides.length);
  return apartBy(version === undefined ? [] : [version, ...settled], sides);
};

/** Undefined where the agent was measured there. */
export const agentAside = (side: Loaded, agent: string): AgentAside | undefined => {
  const decision = side.view.decisions.agents.find((one) => one.agent === agent);
  if (agentIn(side, agent) === undefined || decision === undefined) return { kind: "absent" };
  const why = decision.why.find(({ kind }) => kind === "unmeasured");
  return why === undefined ? undefined : { kind: "unmeasured", why };
};
