/** What an agent takes of a fleet: the page's calculator, over the mean of each kind of node instead of one run. */
import { mean } from "simple-statistics";
import type { Comparison, Side } from "../../domain/comparison.ts";
import { BUSY_NODE, type NodeWork } from "../../domain/default-budget.ts";
import type { Fleet, FleetAnswer } from "../../domain/fleet.ts";
import { own } from "../../domain/own.ts";
import { DECIDING_METRIC } from "../../domain/units.ts";
import type { Interval } from "../../domain/verdict.ts";
import type { FleetCostJson, FleetJson } from "../comparison-json.ts";
import { fleetFigures, fleetText, leftOutText } from "../page/client.js";
import type { FleetAgent, FleetCell, FleetInputs } from "../page/client.js";
import { html } from "../page/markup.ts";
import { agentLabel } from "../page/write.ts";
import { operationTitle } from "../select.ts";
import type { Agents } from "../charts/palette.ts";
import { START, fleetAgent, fleetTable, formOf, operationsOf, type FleetColumn } from "./fleet.ts";
import type { Section } from "./section.ts";
import * as say from "./section.ts";

/** An operation of the fleet, and how often a busy node does it (docs/budgets.md); 0: that node does not. */
interface Rate {
  readonly title: string;
  readonly perSecond: number;
}

const ratesOf = (fleet: Fleet): readonly Rate[] => {
  const busy: Readonly<Record<string, NodeWork>> = BUSY_NODE;
  const named = new Map(
    fleet.figures
      .filter(({ metric }) => metric === DECIDING_METRIC)
      .map((figure) => [operationTitle(figure), own(busy, figure.scenario)?.perSecond ?? 0]),
  );
  return [...named].map(([title, perSecond]) => ({ title, perSecond }));
};

const inputsOf = (rates: readonly Rate[]): FleetInputs => ({
  nodes: START.nodes,
  rates: rates.map(({ perSecond }) => perSecond),
  corePrice: null,
  storagePrice: null,
});

const meanOf = (values: readonly (number | null | undefined)[]): number | null => {
  const known = values.filter((one) => one !== null && one !== undefined);
  return known.length === 0 ? null : mean(known);
};

/** One node of the kind: CPU time by the mean over the nodes, output and memory by their plain means. */
const nodeOf = (
  fleet: Fleet,
  sides: readonly Side[],
  { agent, stratum, within, over, notKnown }: FleetAnswer,
  rates: readonly Rate[],
): FleetAgent => {
  const each = [...within, ...over, ...notKnown].flatMap((node) => {
    const side = sides[fleet.nodes[node]?.side ?? -1];
    return side === undefined ? [] : [fleetAgent(side.view, operationsOf(side.view), agent)];
  });
  return {
    operations: rates.map(({ title }) => {
      const figure = fleet.figures.find(
        (one) =>
          one.agent === agent &&
          one.stratum === stratum &&
          one.metric === DECIDING_METRIC &&
          operationTitle(one) === title,
      );
      const plain = meanOf((figure?.nodes ?? []).map(({ value }) => value));
      const fit = figure?.fit?.mean;
      return {
        title,
        cpuNs:
          fit !== undefined ? [fit.value, fit.low, fit.high] : plain === null ? null : [plain, null, null],
        bytes: meanOf(each.map(({ operations }) => operations.find((one) => one.title === title)?.bytes)),
      };
    }),
    memoryMib: meanOf(each.map(({ memoryMib }) => memoryMib)),
    invalid: false,
  };
};

interface Cost {
  readonly answer: FleetAnswer;
  readonly node: FleetAgent;
}

const costsOf = (
  { fleet, sides }: Pick<Comparison, "fleet" | "sides">,
  rates: readonly Rate[],
): readonly Cost[] =>
  fleet.answers
    .filter(({ overAtMost }) => overAtMost !== null)
    .map((answer) => ({ answer, node: nodeOf(fleet, sides, answer, rates) }));

const rangeIn = (cell: FleetCell): Interval | null => {
  if (cell === null || cell === "invalid") return null;
  const [value, low, high] = cell.range;
  return low === null || high === null ? { value, low: null, high: null } : { value, low, high };
};

/** For JSON: the figures of the table, with what they are worked out from. */
export const fleetCosts = (fleet: Fleet, sides: readonly Side[]): Pick<FleetJson, "costInputs" | "costs"> => {
  const rates = ratesOf(fleet);
  const inputs = inputsOf(rates);
  return {
    costInputs: rates.map(({ title, perSecond }) => ({ operation: title, perSecond })),
    costs: costsOf({ fleet, sides }, rates).map(({ answer: { agent, stratum }, node }): FleetCostJson => {
      const { cores, coreHoursAYear, memoryGib, gigabytesADay, leftOut } = fleetFigures(node, inputs);
      return {
        agent,
        stratum,
        nodes: START.nodes,
        cores: rangeIn(cores),
        coreHoursAYear: rangeIn(coreHoursAYear),
        memoryGib: rangeIn(memoryGib)?.value ?? null,
        gigabytesADay: rangeIn(gigabytesADay)?.value ?? null,
        leftOut,
      };
    }),
  };
};

const COLUMNS: readonly FleetColumn[] = [
  ["cores", "CPU cores"],
  ["coreHoursAYear", "core hours a year"],
  ["memoryGib", "memory, GiB"],
  ["gigabytesADay", "output, GB a day"],
  ["priceAYear", "price a year"],
];

export const fleetCostSection = (comparison: Comparison, agents: Agents): Section => {
  const { fleet } = comparison;
  const section = { id: "fleet-cost", title: "What it takes of a fleet in a year", short: "A year" };
  const rates = ratesOf(fleet);
  const costs = costsOf(comparison, rates);
  if (rates.length === 0 || costs.length === 0)
    return {
      ...section,
      blocks: [say.note("No node CPU time of an operation was measured on a node that is judged.")],
    };
  const inputs = inputsOf(rates);
  const shortOf = ({ stratum }: FleetAnswer): string => fleet.strata[stratum]?.short ?? "";
  const caption = `What each agent takes on ${START.nodes} nodes of a kind`;
  const done = rates.map(({ title, perSecond }) => `${title} ${perSecond}`).join(", ");
  return {
    ...section,
    blocks: [
      say.note(
        `${START.nodes} nodes of each kind, each of which does so many operations a second: ${done}. These are the busy node of the default budgets; the page takes the rates of yours, and prices. Cores are rates times the mean node CPU time of an operation over the nodes of the kind.`,
      ),
      say.onPage({
        kind: "markup",
        markup: formOf(
          "nodes of each kind",
          rates.map(({ title, perSecond }) => [title, perSecond]),
        ),
      }),
      say.onPage({
        kind: "markup",
        markup: fleetTable(
          caption,
          ["agent", "kind of node"],
          COLUMNS,
          costs.map(({ answer, node }) => ({
            heads: [agentLabel(agents, answer.agent), html`${shortOf(answer)}`],
            agent: node,
          })),
          inputs,
        ),
      }),
      say.inText(
        say.tableOf(
          `${caption}, with the 95 % interval of the CPU time where there is one`,
          costs.map(({ answer, node }) => ({ answer, figures: fleetFigures(node, inputs) })),
          [
            [say.key("agent"), ({ answer }) => say.agent(answer.agent)],
            [say.key("kind of node"), ({ answer }) => say.text(shortOf(answer))],
            ...COLUMNS.filter(([figure]) => figure !== "priceAYear").map(
              ([figure, title]) =>
                [
                  say.right(title),
                  ({ figures }: { readonly figures: ReturnType<typeof fleetFigures> }) =>
                    figures[figure] === null
                      ? say.absent("nothing that it needs was measured")
                      : say.figures(fleetText(figures[figure])),
                ] as const,
            ),
            ["left out, not measured", ({ figures }) => say.text(leftOutText(figures))],
          ],
        ),
      ),
      say.note(
        "A ~ marks a figure without an interval: too few nodes. Intervals of several operations are added, which is on the safe side. A year has 8,760 hours; memory is not priced.",
      ),
    ],
  };
};
