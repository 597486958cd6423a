/** The same run with more agents: each is one of the built ones under a name of its own, some per mille apart from it. */
import type { RunView } from "../../../src/domain/run-view.ts";
import { buildView, withTrials } from "./view-builder.ts";

const MODELS = ["sensor", "auditd", "bpftrace"] as const;
const APART = 0.07;

type Named = { readonly agent: string };

/** Figures of latency and of loss, by which curves that lie on each other are told apart. */
const moved = <T>(item: T, by: number): T =>
  typeof item !== "object" || item === null
    ? item
    : Array.isArray(item)
      ? (item.map((one: unknown) => moved(one, by)) as T)
      : (Object.fromEntries(
          Object.entries(item).map(([key, one]: [string, unknown]) => [
            key,
            typeof one === "number" && /^(?:ns|value|low|high)$/.test(key) ? one * by : moved(one, by),
          ]),
        ) as T);

export const manyAgents = (count: number): RunView => {
  const view = withTrials(buildView());
  const names = Array.from({ length: count }, (_, at) => `agent-${String.fromCodePoint(97 + at)}`);
  const modelOf = (at: number): string => MODELS[at % MODELS.length] ?? MODELS[0];
  const each = <T extends Named>(items: readonly T[]): readonly T[] => [
    ...items.filter(({ agent }) => agent === "baseline"),
    ...names.flatMap((agent, at) =>
      items
        .filter((item) => item.agent === modelOf(at))
        .map((item) => ({ ...moved(item, 1 + at * APART), agent })),
    ),
  ];
  return {
    ...view,
    agents: [
      ...view.agents.filter(({ id }) => id === "baseline"),
      ...names.flatMap((id, at) =>
        view.agents.filter((agent) => agent.id === modelOf(at)).map((agent) => ({ ...agent, id })),
      ),
    ],
    estimates: each(view.estimates),
    ledger: each(view.ledger),
    coverage: [],
    verdicts: each(view.verdicts),
    deliveries: each(view.deliveries),
    distributions: each(view.distributions),
    kernelThreads: each(view.kernelThreads),
    trials: each(view.trials),
  };
};
