/** The page's writer: sections, tables and charts as HTML. */
import type { VerdictKind } from "../../domain/verdict.ts";
import { costBar } from "./cost-bar.ts";
import { type Agents, lookOf, type Shape } from "../charts/palette.ts";
import type { Block, Cell, Column, Drawing, MarkedRow, Section, Table } from "../view/section.ts";
import { cellAt, isOn, shownOf } from "../view/section.ts";
import { MAX_CODE, cellText } from "../view/cell-text.ts";
import { html, joined, trusted, type Markup } from "./markup.ts";
import { typeset } from "./typeset.ts";

const SIGN: Readonly<Record<VerdictKind, string>> = {
  over: "✕",
  invalid: "!",
  inconclusive: "?",
  within: "✓",
  "no-detectable-cost": "≈",
};

/** A line may break before the variant of an agent: "bpftrace", "@everything". */
const breakable = (title: string): Markup =>
  joined(
    title.split(/(?=@)/).map((part, index) => html`${index === 0 ? null : html`<wbr />`}${part}`),
    "",
  );

const dot = (colour: string, opacity = 1, shape: Shape = "square"): Markup =>
  html`<span
    class="dot ${shape}"
    style="background:${colour}${opacity === 1 ? null : html`;opacity:${opacity}`}"
  ></span>`;

const agentDot = (agents: Agents, agent: string): Markup => {
  const { colour, shape } = lookOf(agents, agent);
  return dot(colour, 1, shape);
};

export const agentLabel = (agents: Agents, agent: string): Markup =>
  html`<span class="agent" data-agent="${agent}">${agentDot(agents, agent)}${breakable(agent)}</span>`;

export const agentToggle = (agents: Agents, agent: string): Markup =>
  html`<label><input type="checkbox" value="${agent}" checked />${agentDot(agents, agent)}${agent}</label>`;

/** Stands in a table where there is no figure; says so to a screen reader. */
const absence = (why: string): Markup =>
  html`<span class="absent" title="${why}"
    ><span aria-hidden="true">–</span><span class="spoken">${why}</span></span
  >`;

/** Beyond this the small print of a cell is a sentence, which must wrap. */
const MAX_SMALL = 40;

const small = (agents: Agents, cell: Cell): Markup => {
  const isProse = cell.kind === "text" && cell.text.length > MAX_SMALL;
  return html` <small${isProse ? html` class="prose"` : null}>${cellOf(agents, cell)}</small>`;
};

const cellOf = (agents: Agents, cell: Cell): Markup => {
  switch (cell.kind) {
    case "text": {
      if (cell.text === "") return absence("none");
      const text = cell.sets === true ? typeset(cell.text) : cell.text;
      return cell.isAlarm === true ? html`<span class="alarm">${text}</span>` : html`${text}`;
    }
    case "figure": {
      const { value, unit, range } = cell.figure;
      return html`<b>${typeset(value)}</b
        >${unit === "" ? null : html` <span class="unit">${typeset(unit)}</span>`}
        <span class="range">${range === null ? "exploratory" : typeset(range)}</span>`;
    }
    case "agent":
      return agentLabel(agents, cell.agent);
    case "badge":
      return html`<span class="verdict ${cell.look}"
        ><span aria-hidden="true">${SIGN[cell.look]} </span>${cell.title}</span
      >`;
    case "code":
      return cell.folds === true && cell.text.length > MAX_CODE
        ? html`<details>
            <summary>${cellText(cell)}</summary>
            <code class="setting">${cell.text}</code>
          </details>`
        : html`<code class="setting">${cell.text}</code>`;
    case "absent":
      return absence(cell.why);
    case "bar":
      return costBar(cell);
    case "pair":
      return html`${cellOf(agents, cell.main)}${cell.small.map((one) => small(agents, one))}`;
    case "several":
      return joined(
        cell.cells.map((one) => cellOf(agents, one)),
        " ",
      );
  }
};

const attributes = ({ align, agent }: Column): Markup =>
  html`${align === "right" ? html` class="number"` : null}${agent === undefined ? null : html` data-agent="${agent}"`}`;

const headerOf = (column: Column): Markup => {
  const title = column.title.replaceAll("\n", " ");
  return html`<th scope="col" ${attributes(column)}>
    ${breakable(column.unit === undefined ? title : `${title}, ${column.unit}`)}
  </th>`;
};

/** Scrolls by itself on a narrow screen, also by keyboard. */
const tableOf = (agents: Agents, table: Table): Markup => {
  const { caption, look } = table;
  const { columns, rows } = shownOf(table, "page");
  const rowOf = (row: MarkedRow): Markup => {
    const [header, ...cells] = columns.map(({ column, index }) => ({
      column,
      cell: cellOf(agents, cellAt(row, index)),
    }));
    return html`<tr${row.isDoubtful === true ? html` class="doubtful"` : null}>
      <th scope="row">${header?.cell ?? null}</th>
      ${cells.map(({ column, cell }) => html`<td${attributes(column)}>${cell}</td>`)}
    </tr> `;
  };
  return html` <div class="scroll" role="region" tabindex="0" aria-label="${caption}">
    <table${look === undefined ? null : html` class="${look}"`}>
      <caption>
        <span>${caption}</span>
      </caption>
      <thead>
        <tr>
          ${columns.map(({ column }) => headerOf(column))}
        </tr>
      </thead>
      <tbody>
        ${rows.map(rowOf)}
      </tbody>
    </table>
  </div>`;
};

const chartsOf = async (drawings: readonly Drawing[]): Promise<Markup> => {
  const drawn = await Promise.all(drawings.map((draw) => draw()));
  return html` <div class="charts">${drawn.map((svg) => html`<figure>${trusted(svg)}</figure>`)}</div>`;
};

const blockOf = async (agents: Agents, block: Block): Promise<Markup> => {
  switch (block.kind) {
    case "heading":
      return html`<h3>
        ${block.text}${block.small === undefined ? null : html` <small>${block.small}</small>`}
      </h3>`;
    case "lead":
      return html`<p class="lead">${typeset(block.text)}</p>`;
    case "note":
      return html`<p class="note">${block.text}</p>`;
    case "banner":
      return html`<p class="banner${block.isAlarm === true ? " over" : ""}">${block.text}</p>`;
    case "list": {
      const list = html`<ul>
        ${block.items.map(
          ({ agent, text, isAlarm }) =>
            html`<li${agent === undefined ? null : html` data-agent="${agent}"`}>${isAlarm === true ? html`<span class="alarm">${text}</span>` : text}</li>`,
        )}
      </ul>`;
      return block.areNotes === true ? html`<div class="note">${list}</div>` : list;
    }
    case "facts":
      return html`<dl>
        ${block.facts.map(
          ([name, cell]) =>
            html`<dt>${name}</dt>
              <dd>${cellOf(agents, cell)}</dd>`,
        )}
      </dl>`;
    case "table": {
      const table = tableOf(agents, block.table);
      return block.folded === undefined
        ? table
        : html` <details>
            <summary>${block.folded}</summary>
            ${table}
          </details>`;
    }
    case "legend":
      return html`<ul class="legend">
        ${block.items.map((item) =>
          typeof item === "string"
            ? html`<li>${agentLabel(agents, item)}</li>`
            : html`<li>${dot(item.colour, item.opacity)}${item.title}</li>`,
        )}
      </ul>`;
    case "charts":
      return block.wide === undefined
        ? chartsOf(block.drawings)
        : html`<div class="wide scroll" role="region" tabindex="0" aria-label="${block.wide}">
            ${await chartsOf(block.drawings)}
          </div>`;
    case "groups": {
      const groups = await Promise.all(block.groups.map((blocks) => blocksOf(agents, blocks)));
      return html`<div class="groups">
        ${groups.map((group) => html`<div class="group">${group}</div>`)}
      </div>`;
    }
    case "folded":
      return html`<details${block.agent === undefined ? null : html` data-agent="${block.agent}"`}>
        <summary>
          ${block.agent === undefined ? null : html`${agentLabel(agents, block.agent)}: `}${block.title}
        </summary>
        ${await blocksOf(agents, block.blocks)}
      </details>`;
    case "markup":
      return block.markup;
  }
};

const blocksOf = (agents: Agents, blocks: readonly Block[]): Promise<readonly Markup[]> =>
  Promise.all(blocks.filter((block) => isOn(block, "page")).map((block) => blockOf(agents, block)));

export const writeSection = async (agents: Agents, { id, title, blocks }: Section): Promise<Markup> =>
  html` <section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${await blocksOf(agents, blocks)}
  </section>`;
