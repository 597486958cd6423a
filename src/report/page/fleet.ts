/** What an agent would take over a whole fleet: the measured cost of an operation times how often the reader's nodes do it. */
import type { MetricId } from "../../domain/units.ts";
import { EMULATED } from "../../domain/emulation.ts";
import type { Summary } from "../../domain/verdict.ts";
import { fleetFigures, fleetText, leftOutText } from "../fleet-formula.ts";
import type { FleetAgent, FleetFigures, FleetInputs } from "../fleet-formula.ts";
import { find, groupsOf, isExploratory, operationTitle, testedAgents } from "../select.ts";
import type { Group } from "../select.ts";
import { html } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { agentLabel, note, section } from "./parts.ts";

/** Where a reader starts from; not what anyone's nodes do. */
const START = { nodes: 100, rate: 100 } as const;

/** One group an operation: the closed load, under which an operation was measured most precisely, before any other. */
const operationsOf = (summary: Summary): readonly Group[] => {
  const measured = groupsOf(summary).filter(
    (group) => group.operation !== "*" && group.estimates.some(({ metric }) => metric === "system-cpu"),
  );
  const byTitle = Map.groupBy(measured, operationTitle);
  return [...byTitle.values()].flatMap(
    (groups) => groups.find(({ load }) => load === "closed") ?? groups[0] ?? [],
  );
};

const largest = (summary: Summary, agent: string, metric: MetricId): number | null => {
  const values = summary.estimates
    .filter((estimate) => estimate.agent === agent && estimate.metric === metric)
    .map(({ absolute }) => absolute.value);
  return values.length === 0 ? null : Math.max(...values);
};

/** An agent that writes nothing for an operation that it does not observe has no output there, which is no missing reading. */
const bytesOf = (summary: Summary, group: Group, agent: string): number | null => {
  const found = find(group, agent, "output-volume")?.absolute.value;
  if (found !== undefined) return found;
  const observed = summary.ledger.some((row) => row.agent === agent && row.scenario === group.scenario);
  return observed ? null : 0;
};

const fleetAgent = (summary: Summary, operations: readonly Group[], agent: string): FleetAgent => {
  const memory = largest(summary, agent, "agent-memory");
  return {
    operations: operations.map((group) => {
      const cpu = find(group, agent, "system-cpu")?.absolute;
      return {
        title: operationTitle(group),
        cpuNs: cpu === undefined ? null : [cpu.value, cpu.low, cpu.high],
        bytes: bytesOf(summary, group, agent),
      };
    }),
    memoryMib: memory === null ? null : memory + (largest(summary, agent, "bpf-map-memory") ?? 0),
    invalid: summary.trust.failures.length > 0,
  };
};

const COLUMNS: readonly (readonly [figure: Exclude<keyof FleetFigures, "leftOut">, title: string])[] = [
  ["cores", "CPU cores"],
  ["memoryGib", "memory, GiB"],
  ["gigabytesADay", "output, GB a day"],
  ["priceAMonth", "price a month"],
];

/** What must be known before the figures are read. */
const banners = (summary: Summary, operations: readonly Group[]): readonly Markup[] => [
  ...(summary.trust.failures.length === 0
    ? []
    : [
        html`<p class="banner over">
          No CPU time and no price is worked out, because no cost of this run is valid:
          ${summary.trust.failures.join("; ")}.
        </p>`,
      ]),
  ...(operations.some(({ estimates }) =>
    estimates.some((one) => one.metric === "system-cpu" && isExploratory(one)),
  )
    ? [
        html`<p class="banner">
          Exploratory: a figure with ~ rests on fewer than ten blocks and has no interval, so nothing may be
          concluded from it.
        </p>`,
      ]
    : []),
];

const field = (name: string, label: string, value: string, more: Markup | null = null): Markup =>
  html`<label
    >${label}
    <input name="${name}" type="number" min="0" step="any" inputmode="decimal" value="${value}" ${more}
  /></label>`;

export const fleetSection = (summary: Summary): Markup => {
  const operations = operationsOf(summary);
  const agents = testedAgents(summary);
  const title = "What it would take over a fleet";
  if (summary.host.emulated) {
    return section("fleet", title, note(`${EMULATED}: a fleet's cost cannot be worked out from this run.`));
  }
  if (operations.length === 0 || agents.length === 0) {
    return section("fleet", title, note("No whole-system CPU time of an operation was measured."));
  }
  const inputs: FleetInputs = {
    nodes: START.nodes,
    rates: operations.map(() => START.rate),
    corePrice: null,
    storagePrice: null,
  };
  const caption = "What each agent would take on all nodes together";
  return section(
    "fleet",
    title,
    ...banners(summary, operations),
    note(
      `Put in what your nodes do; ${START.nodes} nodes and ${START.rate} operations a second are only where the page starts. It multiplies this run's whole-system CPU time and output of one operation, so it holds for nodes like this one and agents set up like these.`,
    ),
    html`<form class="fleet" hidden>
      ${field("nodes", "nodes", String(START.nodes))}
      ${operations.map((group, index) =>
        field(
          `rate-${index}`,
          `${operationTitle(group)}, operations a second on each node`,
          String(START.rate),
          html` data-operation="${index}"`,
        ),
      )}
      ${field("core-price", "price of a core for an hour", "")}
      ${field("storage-price", "price of a GB of output", "")}
    </form>`,
    html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}">
      <table>
        <caption>
          <span>${caption}, with the 95 % interval of the CPU time where there is one</span>
        </caption>
        <thead>
          <tr>
            <th scope="col">agent</th>
            ${COLUMNS.map(([, name]) => html`<th scope="col" class="number">${name}</th>`)}
            <th scope="col">left out, not measured</th>
          </tr>
        </thead>
        <tbody aria-live="polite">
          ${agents.map(({ id }) => {
            const agent = fleetAgent(summary, operations, id);
            const figures = fleetFigures(agent, inputs);
            return html`<tr data-fleet="${JSON.stringify(agent)}">
              <th scope="row">${agentLabel(summary, id)}</th>
              ${COLUMNS.map(
                ([figure]) =>
                  html`<td class="number" data-figure="${figure}">${fleetText(figures[figure])}</td>`,
              )}
              <td data-left-out>${leftOutText(figures)}</td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>`,
    note(
      "A dash means that there is no figure: a price was not put in, or nothing that it needs was measured. A part is the sum of what was measured; the last column says what is not in it, and an agent that does not observe an operation may still cost it something. Prices are per month of 730 hours, in the currency that you put in; memory is not priced. Intervals of several operations are added, which is on the safe side.",
    ),
  );
};
