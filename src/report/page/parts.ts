/** Pieces that every section is built from: sections, tables, figures, labels of agents. */
import type { Summary } from "../../domain/verdict.ts";
import { colourOf } from "../charts/palette.ts";
import { html, joined, trusted } from "./markup.ts";
import type { Markup } from "./markup.ts";

export const section = (id: string, title: string, ...body: readonly Markup[]): Markup =>
  html` <section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${body}
  </section>`;

export interface TableColumn {
  readonly title: string;
  readonly numeric?: boolean;
  /** The agent that the column is about: it goes when a reader hides the agent. */
  readonly agent?: string;
}

/** The first cell of a row is its header. */
export interface TableRow {
  readonly header: Markup;
  readonly cells: readonly Markup[];
  /** Printed, but not valid: the reason stands beside the table. */
  readonly doubtful?: boolean;
}

/**
 * Scrolls by itself on a narrow screen, also by keyboard. Dense: intervals stand below their figures, for tables of many figures. Matrix:
 * a column an agent, as narrow as can be.
 */
export const table = (
  caption: string,
  columns: readonly TableColumn[],
  rows: readonly TableRow[],
  look: "plain" | "dense" | "matrix" = "plain",
): Markup =>
  html` <div class="scroll" role="region" tabindex="0" aria-label="${caption}">
    <table class="${look}">
      <caption>
        <span>${caption}</span>
      </caption>
      <thead>
        <tr>
          ${columns.map((column) => html`<th scope="col" ${kind(column)}>${breakable(column.title)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr${row.doubtful === true ? html` class="doubtful"` : null}>
              <th scope="row">${row.header}</th>
              ${row.cells.map((cell, index) => html`<td${kind(columns[index + 1])}>${cell}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;

/** A line may break before the variant of an agent: "bpftrace", "@everything". */
const breakable = (title: string): Markup =>
  joined(
    title.split(/(?=@)/).map((part, index) => html`${index === 0 ? null : html`<wbr />`}${part}`),
    "",
  );

const kind = (column: TableColumn | undefined): Markup => {
  const numeric = column?.numeric === true ? html` class="number"` : null;
  const agent = column?.agent === undefined ? null : html` data-agent="${column.agent}"`;
  return html`${numeric}${agent}`;
};

/** How many groups of a section, or rows of a table, stand open. */
const FEW_GROUPS = 4;
const FEW_ROWS = 24;

export const isLong = (count: { readonly groups: number } | { readonly rows: number }): boolean =>
  "groups" in count ? count.groups > FEW_GROUPS : count.rows > FEW_ROWS;

/** Figures that a chart or a table before them sums up. Where they are long they are folded: then a reader opens what he looks for, and paper holds what is open. */
export const detail = (title: string, isFolded: boolean, figures: Markup): Markup =>
  isFolded
    ? html` <details>
        <summary>${title}</summary>
        ${figures}
      </details>`
    : figures;

/** Parts of a section, one a group; two stand beside each other on paper where their tables are folded. */
export const groups = (parts: readonly Markup[]): Markup =>
  html`<div class="groups">${parts.map((part) => html`<div class="group">${part}</div>`)}</div>`;

/** A chart that is wider than a narrow screen scrolls by itself there, also by keyboard. */
export const wideChart = (label: string, drawn: string): Markup =>
  html`<div class="wide scroll" role="region" tabindex="0" aria-label="${label}">${charts(drawn)}</div>`;

export const charts = (...drawn: readonly string[]): Markup =>
  html` <div class="charts">${drawn.map((svg) => html`<figure>${trusted(svg)}</figure>`)}</div>`;

/** An agent's name with its colour. */
export const agentLabel = (summary: Summary, agent: string): Markup =>
  html`<span class="agent" data-agent="${agent}"
    ><span class="dot" style="background:${colourOf(summary, agent)}"></span>${breakable(agent)}</span
  >`;

/** A box with which a reader hides an agent in every chart and table. */
export const agentToggle = (summary: Summary, agent: string): Markup =>
  html`<label
    ><input type="checkbox" value="${agent}" checked /><span
      class="dot"
      style="background:${colourOf(summary, agent)}"
    ></span
    >${agent}</label
  >`;

export const list = (items: readonly (string | Markup)[]): Markup =>
  html`<ul>
    ${items.map((item) => html`<li>${item}</li>`)}
  </ul>`;

/** Items that go when a reader hides the agent that they are about; those about none or several stay. */
export const agentList = (
  items: readonly { readonly agent: string | null; readonly text: string | Markup }[],
): Markup =>
  html`<ul>
    ${items.map(({ agent, text }) => html`<li${agent === null ? null : html` data-agent="${agent}"`}>${text}</li>`)}
  </ul>`;

/** Text that explains the figures around it. */
export const note = (text: string | Markup): Markup => html`<p class="note">${text}</p>`;

/** Unique in the page and safe as an identifier, whatever a scenario is called. */
export const chartName = (prefix: string, index: number): string => `${prefix}-${index + 1}`;
