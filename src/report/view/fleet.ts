/** What an agent would take over a whole fleet: the measured cost of an operation times how often the reader's nodes do it. */
import { EMULATED } from "../../domain/emulation.ts";
import { ALL_OPERATIONS } from "../../domain/condition.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { MetricId } from "../../domain/units.ts";
import { fleetFigures, fleetText, leftOutText } from "../page/client.js";
import type { FleetAgent, FleetFigures, FleetInputs } from "../page/client.js";
import { html, type Markup } from "../page/markup.ts";
import { agentLabel } from "../page/write.ts";
import { find, groupsOf, isExploratory, operationTitle, testedAgents, type Group } from "../select.ts";
import { checkFailureText } from "../words/self-checks.ts";
import { banner, note, when, type Block, type Section } from "./section.ts";

/** Where a reader starts from; not what anyone's nodes do. */
export const START = { nodes: 100, rate: 100 } as const;

/** One group an operation: the closed load, under which an operation was measured most precisely, before any other. */
export const operationsOf = (view: RunView): readonly Group[] => {
  const measured = groupsOf(view).filter(
    (group) =>
      group.operation !== ALL_OPERATIONS && group.estimates.some(({ metric }) => metric === "system-cpu"),
  );
  return [...Map.groupBy(measured, operationTitle).values()].flatMap(
    (groups) => groups.find(({ load }) => load === "closed") ?? groups[0] ?? [],
  );
};

const largest = ({ estimates }: RunView, agent: string, metric: MetricId): number | null => {
  const values = estimates
    .filter((estimate) => estimate.agent === agent && estimate.metric === metric)
    .map(({ absolute }) => absolute.value);
  return values.length === 0 ? null : Math.max(...values);
};

/** An agent that writes nothing for an operation that it does not observe has no output there, which is no missing reading. */
const bytesOf = (view: RunView, group: Group, agent: string): number | null => {
  const found = find(group, agent, "output-volume")?.absolute.value;
  if (found !== undefined) return found;
  return view.ledger.some((row) => row.agent === agent && row.scenario === group.scenario) ? null : 0;
};

export const fleetAgent = (view: RunView, operations: readonly Group[], agent: string): FleetAgent => {
  return {
    operations: operations.map((group) => {
      const cpu = find(group, agent, "system-cpu")?.absolute;
      return {
        title: operationTitle(group),
        cpuNs: cpu === undefined ? null : [cpu.value, cpu.low, cpu.high],
        bytes: bytesOf(view, group, agent),
      };
    }),
    memoryMib: largest(view, agent, "agent-memory-total"),
    invalid: view.selfChecks.failures.length > 0,
  };
};

export type FleetColumn = readonly [figure: Exclude<keyof FleetFigures, "leftOut">, title: string];

const COLUMNS: readonly FleetColumn[] = [
  ["cores", "CPU cores"],
  ["memoryGib", "memory, GiB"],
  ["gigabytesADay", "output, GB a day"],
  ["priceAMonth", "price a month"],
];

const banners = ({ selfChecks: { failures } }: RunView, operations: readonly Group[]): readonly Block[] => [
  ...when(
    failures.length > 0,
    banner(
      `No CPU time and no price is worked out, because no cost of this run is valid: ${failures.map(checkFailureText).join("; ")}.`,
      true,
    ),
  ),
  ...when(
    operations.some(({ estimates }) =>
      estimates.some((one) => one.metric === "system-cpu" && isExploratory(one)),
    ),
    banner(
      "Exploratory: a figure with ~ rests on fewer than four blocks and has no interval, so nothing may be concluded from it.",
    ),
  ),
];

const field = (name: string, label: string, value: string, more: Markup | null = null): Markup =>
  html`<label
    >${label}
    <input name="${name}" type="number" min="0" step="any" inputmode="decimal" value="${value}" ${more}
  /></label>`;

/** `nodes`: what they are called. `rates`: by operation, where a reader starts from. */
export const formOf = (
  nodes: string,
  rates: readonly (readonly [operation: string, rate: number])[],
): Markup =>
  html`<form class="fleet" hidden>
    ${field("nodes", nodes, String(START.nodes))}
    ${rates.map(([operation, rate], index) =>
      field(
        `rate-${index}`,
        `${operation}, operations a second on each node`,
        String(rate),
        html` data-operation="${index}"`,
      ),
    )}
    ${field("core-price", "price of a core for an hour", "")}
    ${field("storage-price", "price of a GB of output", "")}
  </form>`;

export interface FleetRow {
  readonly heads: readonly Markup[];
  readonly agent: FleetAgent;
}

/** Its cells are written anew by the page's script, so it is no table of the common kind. */
export const fleetTable = (
  caption: string,
  heads: readonly string[],
  columns: readonly FleetColumn[],
  rows: readonly FleetRow[],
  inputs: FleetInputs,
): Markup =>
  html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}">
    <table>
      <caption>
        <span>${caption}, with the 95 % interval of the CPU time where there is one</span>
      </caption>
      <thead>
        <tr>
          ${heads.map((head) => html`<th scope="col">${head}</th>`)}
          ${columns.map(([, name]) => html`<th scope="col" class="number">${name}</th>`)}
          <th scope="col">left out, not measured</th>
        </tr>
      </thead>
      <tbody aria-live="polite">
        ${rows.map((row) => {
          const figures = fleetFigures(row.agent, inputs);
          const [first, ...others] = row.heads;
          return html`<tr data-fleet="${JSON.stringify(row.agent)}">
            <th scope="row">${first ?? null}</th>
            ${others.map((head) => html`<td>${head}</td>`)}
            ${columns.map(
              ([figure]) =>
                html`<td class="number" data-figure="${figure}">${fleetText(figures[figure])}</td>`,
            )}
            <td data-figure="leftOut">${leftOutText(figures)}</td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;

const tableOf = (view: RunView, operations: readonly Group[]): Markup =>
  fleetTable(
    "What each agent would take on all nodes together",
    ["agent"],
    COLUMNS,
    testedAgents(view).map(({ id }) => ({
      heads: [agentLabel(view, id)],
      agent: fleetAgent(view, operations, id),
    })),
    { nodes: START.nodes, rates: operations.map(() => START.rate), corePrice: null, storagePrice: null },
  );

export const fleetSection = (view: RunView): Section => {
  const operations = operationsOf(view);
  const section = { id: "fleet", title: "What it would take over a fleet", short: "Fleet" };
  if (view.host.emulated)
    return {
      ...section,
      blocks: [note(`${EMULATED}: a fleet's cost cannot be worked out from this run.`)],
    };
  if (operations.length === 0 || testedAgents(view).length === 0)
    return { ...section, blocks: [note("No whole-system CPU time of an operation was measured.")] };
  return {
    ...section,
    blocks: [
      ...banners(view, operations),
      note(
        `Put in what your nodes do; ${START.nodes} nodes and ${START.rate} operations a second are only where the page starts. It multiplies this run's whole-system CPU time and output of one operation, so it holds for nodes like this one and agents set up like these.`,
      ),
      {
        kind: "markup",
        markup: formOf(
          "nodes",
          operations.map((group) => [operationTitle(group), START.rate]),
        ),
      },
      { kind: "markup", markup: tableOf(view, operations) },
      note(
        "A dash means that there is no figure: a price was not put in, or nothing that it needs was measured. A part is the sum of what was measured; the last column says what is not in it, and an agent that does not observe an operation may still cost it something. Prices are per month of 730 hours, in the currency that you put in; memory is not priced. Intervals of several operations are added, which is on the safe side.",
      ),
    ],
  };
};
