/** Records as a sample of a fleet: nodes into kinds, and for each kind and agent what one more node would show (docs/adr/0046). */
import type { BenchFile, FleetBench } from "../../domain/bench-file.ts";
import { comparableOf, keyOf } from "../../domain/condition.ts";
import type { DecidingCost, Decision } from "../../domain/decision.ts";
import type {
  Fit,
  Fleet,
  FleetAnswer,
  FleetFigure,
  FleetNode,
  FleetWhy,
  Stratum,
} from "../../domain/fleet.ts";
import { known } from "../../domain/units.ts";
import type { Estimate } from "../../domain/verdict.ts";
import { isAllowed } from "../allowed.ts";
import { tQuantile, upperShare } from "../distributions.ts";
import { outlyingOf } from "../fleet/outlying.ts";
import { MIN_NODES, type NodeValue, randomEffects } from "../fleet/random-effects.ts";
import { ALPHA } from "../interval.ts";
import { groupsBy } from "../groups.ts";
import { agentAside, agentOtherwise, asideByItself, measuredOtherwise } from "./aside.ts";
import type { Loaded } from "./conditions.ts";
import { contrastsOf } from "./contrasts.ts";
import { differencesOf } from "./differs.ts";
import { kindOf, namesOf, recordsByNode, shortsOf } from "./nodes.ts";

/** `benches`: what nodes of clusters were drawn from; those of which no record is here are left out. */
export const fleetOf = (sides: readonly Loaded[], benches: readonly BenchFile[] = []): Fleet => {
  const placed = placedNodes(sides);
  const strata = strataOf(placed);
  const judged = strata.map(({ nodes }) =>
    nodes.flatMap((node) => placed.filter((one) => one.node === node)),
  );
  const figures = judged.flatMap((nodes, stratum) => figuresIn(nodes, stratum));
  return {
    nodes: placed.map(({ facts }) => facts),
    sameId: copiesIn(placed),
    strata,
    answers: judged.flatMap((nodes, stratum) => answersIn(nodes, stratum, figures)),
    figures,
    contrasts: contrastsOf(figures),
    benches: benches.filter((one) => sides.some(isOf(one))).map((one) => benchOf(one, sides)),
  };
};

const nodeIn = ({ header: { host } }: Loaded): string => host.kubernetes?.node ?? host.hostname;

/** A record that was made by hand on a node tells no bench. */
const isOf =
  ({ bench, drawn }: BenchFile) =>
  (side: Loaded): boolean =>
    (side.header.host.kubernetes?.bench ?? bench) === bench &&
    drawn.some(({ node }) => node === nodeIn(side));

const benchOf = (file: BenchFile, sides: readonly Loaded[]): FleetBench => {
  const { tare: _tare, schema: _schema, drawn, ...bench } = file;
  const recorded = new Set(sides.filter(isOf(file)).map(nodeIn));
  return { ...bench, missing: drawn.filter(({ node }) => !recorded.has(node)) };
};

interface Placed {
  /** Its position. */
  readonly node: number;
  readonly side: Loaded;
  readonly kind: readonly string[];
  readonly facts: FleetNode;
}

const nameOfKind = (kind: readonly string[]): string => kind.join(", ");

/** Each node with the record that stands for it, and whether that is judged. */
const placedNodes = (sides: readonly Loaded[]): readonly Placed[] => {
  const standing = recordsByNode(sides).flatMap((records) => {
    const loaded = records.flatMap((index) => {
      const side = sides[index];
      return side === undefined ? [] : [{ index, side, aside: asideByItself(side) }];
    });
    const own = loaded.findLast(({ aside }) => aside === null) ?? loaded.at(-1);
    return own === undefined ? [] : [{ ...own, records, kind: kindOf(own.side) }];
  });
  const kinds = [...new Set(standing.map(({ kind }) => nameOfKind(kind)))];
  const otherwise = new Map(
    kinds.flatMap((kind) => [
      ...measuredOtherwise(
        standing.filter((one) => one.aside === null && nameOfKind(one.kind) === kind).map(({ side }) => side),
      ),
    ]),
  );
  const names = namesOf(standing.map(({ side }) => side.header.host));
  return standing.map(({ side, index, records, kind, aside }, node) => ({
    node,
    side,
    kind,
    facts: {
      name: names[node] ?? "",
      sides: records,
      side: index,
      stratum: kinds.indexOf(nameOfKind(kind)),
      aside: aside ?? otherwise.get(side) ?? null,
    },
  }));
};

const strataOf = (placed: readonly Placed[]): readonly Stratum[] => {
  const kinds = groupsBy(placed, ({ facts }) => String(facts.stratum));
  const shorts = shortsOf(kinds.map(([{ kind }]) => kind));
  return kinds.map((members, index) => ({
    title: nameOfKind(members[0].kind),
    short: shorts[index] ?? "",
    nodes: members.filter(({ facts }) => facts.aside === null).map(({ node }) => node),
    aside: members.filter(({ facts }) => facts.aside !== null).map(({ node }) => node),
  }));
};

const copiesIn = (placed: readonly Placed[]): Fleet["sameId"] =>
  [...Map.groupBy(placed, ({ side }) => known(side.header.host.machineIdHash))]
    .filter(([id, same]) => id !== undefined && same.length > 1)
    .map(([, same]) => same.map(({ node }) => node));

/** The nodes on which an agent is the same, and why others are not among them. */
const withAgent = (nodes: readonly Placed[], agent: string) => {
  const aside = nodes.map(({ node, side }) => ({ node, side, why: agentAside(side, agent) }));
  const measured = aside.filter(({ why }) => why === undefined).map(({ side }) => side);
  const otherwise = agentOtherwise(measured, agent);
  const told = aside.map(({ node, side, why }) => ({ node, why: why ?? otherwise.get(side) }));
  return {
    aside: told.flatMap(({ node, why }) => (why === undefined ? [] : [{ node, why }])),
    nodes: nodes.filter((_, index) => told[index]?.why === undefined),
  };
};

const agentsOf = (nodes: readonly Placed[]): readonly string[] => [
  ...new Set(nodes.flatMap(({ side }) => side.view.decisions.agents.map(({ agent }) => agent))),
];

const decisionOf = ({ side }: Placed, agent: string): Decision | undefined =>
  side.view.decisions.agents.find((one) => one.agent === agent);

interface Told {
  readonly placed: Placed;
  readonly cost: DecidingCost;
  readonly estimate: Estimate;
}

const figuresIn = (nodes: readonly Placed[], stratum: number): readonly FleetFigure[] => {
  const groups = agentsOf(nodes).flatMap((agent) => {
    const told = withAgent(nodes, agent).nodes.flatMap((placed) =>
      (decisionOf(placed, agent)?.costs ?? []).flatMap((cost): readonly Told[] => {
        const key = keyOf({ ...cost, agent });
        const estimate = placed.side.view.estimates.find(
          (one) => one.metric === cost.metric && keyOf(one) === key,
        );
        return estimate === undefined ? [] : [{ placed, cost, estimate }];
      }),
    );
    return groupsBy(told, ({ cost }) => keyOf(cost) + JSON.stringify([cost.metric, cost.budget]));
  });
  const tests = groups.flat().filter(({ estimate }) => estimate.standardError !== null).length;
  return groups.map((told) => figureOf(told, stratum, tests));
};

const figureOf = (told: readonly [Told, ...Told[]], stratum: number, tests: number): FleetFigure => {
  const [{ cost, estimate }] = told;
  const withError = told.filter((one) => one.estimate.standardError !== null);
  const values = withError.map(valueOf);
  const notWithin = told.filter((one) => !isAllowed(one.cost)).length;
  return {
    ...comparableOf(cost),
    agent: estimate.agent,
    metric: cost.metric,
    unit: cost.unit,
    stratum,
    budget: cost.budget,
    nodes: told.map((one) => ({
      node: one.placed.node,
      value: one.estimate.absolute.value,
      error: one.estimate.standardError,
      verdict: one.cost.kind,
    })),
    fit: randomEffects(values) ?? null,
    ratio: ratioOf(withError),
    over: told.filter((one) => one.cost.kind === "over").length,
    notWithin,
    overAtMost: upperShare(notWithin, told.length, ALPHA),
    outlying: outlyingOf(values, tests).flatMap((position) => outlyingIn(withError, position)),
  };
};

const valueOf = ({ estimate }: Told): NodeValue => ({
  value: estimate.absolute.value,
  error: estimate.standardError ?? 0,
});

/** A node's ratio has its interval by a t of its logarithm, which tells the error of that. */
const ratioOf = (told: readonly Told[]): Fit | null => {
  const values = told.flatMap(({ estimate: { ratio, level, degrees } }): readonly NodeValue[] => {
    if (ratio === null || ratio.low === null || ratio.high === null || degrees === null) return [];
    const width = Math.log(ratio.high) - Math.log(ratio.low);
    return [{ value: Math.log(ratio.value), error: width / 2 / tQuantile((1 + level) / 2, degrees) }];
  });
  const fit = values.length < told.length ? undefined : randomEffects(values);
  if (fit === undefined) return null;
  const back = ({ value, low, high }: Fit["mean"]): Fit["mean"] => ({
    value: Math.exp(value),
    low: low === null ? null : Math.exp(low),
    high: high === null ? null : Math.exp(high),
  });
  return { mean: back(fit.mean), spread: Math.exp(fit.spread), next: back(fit.next) };
};

const outlyingIn = (told: readonly Told[], position: number): FleetFigure["outlying"] => {
  const own = told[position];
  if (own === undefined) return [];
  const baselines = new Map(told.map(({ placed, estimate }) => [placed.side, estimate.baseline]));
  const others = told.filter((one) => one !== own).map(({ placed }) => placed.side);
  const { node, side } = own.placed;
  return [
    {
      node,
      differs: differencesOf(side, others, own.estimate.agent, (one) => baselines.get(one) ?? null),
    },
  ];
};

const answersIn = (
  nodes: readonly Placed[],
  stratum: number,
  figures: readonly FleetFigure[],
): readonly FleetAnswer[] =>
  agentsOf(nodes).map((agent) => {
    const { nodes: told, aside } = withAgent(nodes, agent);
    const answering = (answer: Decision["answer"]): readonly number[] =>
      told.filter((one) => decisionOf(one, agent)?.answer === answer).map(({ node }) => node);
    const [within, over, notKnown] = [answering("within"), answering("over"), answering("not-known")];
    const own = [...figures.entries()].filter(([, one]) => one.agent === agent && one.stratum === stratum);
    const why = whyOf({ within, over, notKnown }, own);
    const [{ kind }] = why;
    return {
      agent,
      stratum,
      answer: kind === "over" || kind === "within" ? kind : "not-known",
      why,
      within,
      over,
      notKnown,
      aside,
      overAtMost: told.length === 0 ? null : upperShare(over.length + notKnown.length, told.length, ALPHA),
    };
  });

const whyOf = (
  { within, over, notKnown }: Pick<FleetAnswer, "within" | "over" | "notKnown">,
  figures: readonly (readonly [index: number, figure: FleetFigure])[],
): readonly [FleetWhy, ...FleetWhy[]] => {
  const fitted = figures.map(([, { nodes }]) => nodes.filter(({ error }) => error !== null).length);
  const fewest = Math.min(within.length, ...fitted);
  const beyond = figures.filter(([, figure]) => isNextOver(figure)).map(([index]) => index);
  const whys: readonly FleetWhy[] = [
    ...(over.length > 0 ? [{ kind: "over", nodes: over } as const] : []),
    ...(notKnown.length > 0 ? [{ kind: "not-known", nodes: notKnown } as const] : []),
    ...(over.length + notKnown.length === 0 && within.length > 0 && fewest < MIN_NODES
      ? [{ kind: "few-nodes", nodes: fewest, needed: MIN_NODES } as const]
      : []),
    ...(beyond.length > 0 ? [{ kind: "next-over", figures: beyond } as const] : []),
  ];
  const [first, ...rest] = whys;
  if (first !== undefined) return [first, ...rest];
  return within.length === 0 ? [{ kind: "no-node" }] : [{ kind: "within", nodes: within.length }];
};

/** One more node could be over, or it cannot be told, although there are nodes enough. */
const isNextOver = ({ budget, fit, ratio }: FleetFigure): boolean => {
  if (fit === null) return false;
  switch (budget.kind) {
    case "absolute":
      return !((fit.next.high ?? Infinity) <= budget.value);
    case "percent":
      return !((ratio?.next.high ?? Infinity) <= 1 + budget.percent / 100);
  }
};
