/**
 * The page's script: shows a mark's text beside the pointer, hides agents, and works the fleet's figures out again. The page shows the
 * same figures without it. It is inlined as it stands here, loads nothing, and the page's policy names its digest, so that no other
 * script can run. `fleetFigures`, `fleetText` and `leftOutText` also make the static table (`view/fleet.ts`).
 */

/** @typedef {readonly [value: number, low: number | null, high: number | null]} Range */

/**
 * What one agent needs on one node; null where it was not measured.
 *
 * @typedef {object} FleetAgent
 * @property {readonly FleetOperation[]} operations
 * @property {number | null} memoryMib
 * @property {boolean} invalid A self-check of the run failed, so its CPU times must not be used.
 */

/**
 * @typedef {object} FleetOperation
 * @property {string} title
 * @property {Range | null} cpuNs Whole-system CPU time above baseline, ns for each operation.
 * @property {number | null} bytes Output, bytes for each operation.
 */

/**
 * @typedef {object} FleetInputs
 * @property {number | null} nodes
 * @property {readonly (number | null)[]} rates Operations a second on each node, in the order of the operations.
 * @property {number | null} corePrice For one core and one hour, in any currency.
 * @property {number | null} storagePrice For one GB (10^9 bytes) of output.
 */

/**
 * @typedef {object} FleetFigure
 * @property {Range} range
 * @property {boolean} exploratory It rests on a CPU time without an interval.
 * @property {boolean} part Something that happens was not measured and is not in it.
 */

/** @typedef {FleetFigure | "invalid" | null} FleetCell Null where nothing of what it needs was measured. */

/**
 * @typedef {object} FleetFigures
 * @property {FleetCell} cores
 * @property {FleetCell} memoryGib
 * @property {FleetCell} gigabytesADay
 * @property {FleetCell} coreHoursAYear A year of 8,760 hours.
 * @property {FleetCell} priceAMonth A month of 730 hours.
 * @property {FleetCell} priceAYear
 * @property {readonly string[]} leftOut Operations without a CPU time, and those without an output.
 */

const HOURS_A_MONTH = 730;
const MONTHS_A_YEAR = 12;
const SECONDS_A_DAY = 86_400;

/**
 * Cores are rate times cost, added over the operations that were measured. Ends of intervals are added too, which is wider than the truth
 * where operations vary independently. An operation with no rate or rate 0 does not happen; one that happens and was not measured is left
 * out and named.
 *
 * @param {FleetAgent} agent
 * @param {FleetInputs} inputs
 * @returns {FleetFigures}
 */
export const fleetFigures = (agent, { nodes, rates, corePrice, storagePrice }) => {
  const happening = agent.operations
    .map((operation, index) => ({ ...operation, rate: rates[index] ?? 0 }))
    .filter(({ rate }) => rate > 0);
  const timed = happening.flatMap(({ cpuNs, rate }) => (cpuNs === null ? [] : [{ cpuNs, rate }]));
  const written = happening.flatMap(({ bytes, rate }) => (bytes === null ? [] : [bytes * rate]));
  const untimed = happening.filter(({ cpuNs }) => cpuNs === null);
  const unwritten = happening.filter(({ bytes }) => bytes === null);

  /** @type {(end: 0 | 1 | 2) => number | null} */
  const sum = (end) => {
    if (nodes === null) return null;
    let total = 0;
    for (const { cpuNs, rate } of timed) {
      const one = cpuNs[end];
      if (one === null) return null;
      total += (nodes * rate * one) / 1e9;
    }
    return total;
  };
  const [value, low, high] = [sum(0), sum(1), sum(2)];
  const exploratory = low === null || high === null;
  const isTimed = happening.length === 0 || timed.length > 0;
  /** @type {FleetFigure | null} */
  const cores =
    value === null || !isTimed ? null : { range: [value, low, high], exploratory, part: untimed.length > 0 };

  const isWritten = happening.length === 0 || written.length > 0;
  const bytesASecond = written.reduce((all, one) => all + one, 0);
  const gigabytes = nodes === null || !isWritten ? null : (nodes * bytesASecond * SECONDS_A_DAY) / 1e9;

  /** @type {(one: number | null, part: boolean) => FleetFigure | null} */
  const plain = (one, part) => (one === null ? null : { range: [one, null, null], exploratory: false, part });

  /** @type {(cores: number | null) => number | null} */
  const priced = (one) =>
    one === null || corePrice === null || storagePrice === null
      ? null
      : one * HOURS_A_MONTH * corePrice + (((gigabytes ?? 0) * HOURS_A_MONTH) / 24) * storagePrice;
  const price = cores === null ? null : priced(value);
  const part = untimed.length > 0 || unwritten.length > 0;
  /** @type {FleetCell} */
  const priceAMonth =
    price === null ? null : { range: [price, priced(low), priced(high)], exploratory, part };
  return {
    cores: agent.invalid ? "invalid" : cores,
    memoryGib: plain(
      nodes === null || agent.memoryMib === null ? null : (nodes * agent.memoryMib) / 1024,
      false,
    ),
    gigabytesADay: plain(gigabytes, unwritten.length > 0),
    coreHoursAYear: agent.invalid ? "invalid" : times(cores, HOURS_A_MONTH * MONTHS_A_YEAR),
    priceAMonth: agent.invalid ? "invalid" : priceAMonth,
    priceAYear: agent.invalid ? "invalid" : times(priceAMonth, MONTHS_A_YEAR),
    leftOut: [...untimed.map(({ title }) => title), ...unwritten.map(({ title }) => `output of ${title}`)],
  };
};

/** @type {(figure: FleetFigure | null, factor: number) => FleetFigure | null} */
const times = (figure, factor) => {
  if (figure === null) return null;
  const [value, low, high] = figure.range;
  /** @type {(end: number | null) => number | null} */
  const scaled = (end) => (end === null ? null : end * factor);
  return { ...figure, range: [value * factor, scaled(low), scaled(high)] };
};

/** @type {(value: number) => string} Three significant digits, thin separators. */
const digits = (value) => {
  const rounded = Number(value.toPrecision(3));
  const [whole = "", fraction] = Math.abs(rounded).toString().split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
  return (rounded < 0 ? "\u2212" : "") + grouped + (fraction === undefined ? "" : `.${fraction}`);
};

/**
 * "12.3 [11.8, 12.9]", "part: ~12.3" where it is marked, an en dash where there is no figure.
 *
 * @param {FleetCell} cell
 */
export const fleetText = (cell) => {
  if (cell === null) return "\u2013";
  if (cell === "invalid") return cell;
  const [value, low, high] = cell.range;
  const ends = low === null || high === null ? "" : ` [${digits(low)}, ${digits(high)}]`;
  return `${cell.part ? "part: " : ""}${cell.exploratory ? "~" : ""}${digits(value)}${ends}`;
};

/** @param {Pick<FleetFigures, "leftOut">} figures */
export const leftOutText = ({ leftOut }) => (leftOut.length === 0 ? "nothing" : leftOut.join(", "));

const showTexts = () => {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("aria-hidden", "true");
  tip.hidden = true;
  document.body.append(tip);
  // A browser shows a title by itself, late and elsewhere.
  for (const title of document.querySelectorAll("svg.chart title")) {
    const mark = title.parentElement;
    if (mark instanceof SVGElement) mark.dataset["tip"] = title.textContent;
    title.remove();
  }
  document.addEventListener("pointermove", (event) => {
    const mark = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
    tip.hidden = mark === null;
    if (mark === null) return;
    tip.textContent = mark.getAttribute("data-tip");
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = `${Math.max(8, Math.min(room, event.clientX + 14))}px`;
    tip.style.top = `${Math.max(8, event.clientY - tip.offsetHeight - 10)}px`;
  });
};

/**
 * What goes when an agent is hidden: a mark, a cell, an item, or the whole row that its name heads.
 *
 * @param {Element} element
 */
const targetOf = (element) => {
  if (element.closest("svg") !== null || element.matches("th, td, li, details")) return element;
  const header = element.closest("tbody th[scope=row]");
  return header === null ? element.closest(".legend li") : header.parentElement;
};

const hideAgents = () => {
  const toggles = document.querySelector(".toggles");
  if (!(toggles instanceof HTMLElement)) return;
  toggles.hidden = false;
  toggles.addEventListener("change", () => {
    const boxes = [...toggles.querySelectorAll("input")];
    const off = new Set(boxes.filter(({ checked }) => !checked).map(({ value }) => value));
    for (const element of document.querySelectorAll("main [data-agent]")) {
      targetOf(element)?.classList.toggle("off", off.has(element.getAttribute("data-agent") ?? ""));
    }
    for (const figure of document.querySelectorAll("figure")) {
      const marks = [...figure.querySelectorAll("[data-agent]")];
      figure.classList.toggle("off", marks.length > 0 && marks.every((mark) => mark.matches(".off")));
    }
  });
};

/** @param {unknown} input @returns Null where nothing, or no amount, was put in. */
const amountIn = (input) => {
  if (!(input instanceof HTMLInputElement) || input.value.trim() === "") return null;
  const amount = Number(input.value);
  return amount >= 0 && amount < Infinity ? amount : null;
};

const workOutFleet = () => {
  const form = document.querySelector("form.fleet");
  if (!(form instanceof HTMLFormElement)) return;
  const work = () => {
    const inputs = {
      nodes: amountIn(form.elements.namedItem("nodes")),
      corePrice: amountIn(form.elements.namedItem("core-price")),
      storagePrice: amountIn(form.elements.namedItem("storage-price")),
      rates: [...form.querySelectorAll("input[data-operation]")].map(amountIn),
    };
    for (const row of document.querySelectorAll("[data-fleet]")) {
      const figures = fleetFigures(JSON.parse(row.getAttribute("data-fleet") ?? ""), inputs);
      for (const cell of row.querySelectorAll("[data-figure]")) {
        const figure = /** @type {keyof FleetFigures} */ (cell.getAttribute("data-figure"));
        cell.textContent = figure === "leftOut" ? leftOutText(figures) : fleetText(figures[figure]);
      }
    }
  };
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", work);
  work();
};

// Not where a report is made or a test runs.
if (typeof document !== "undefined") {
  showTexts();
  hideAgents();
  workOutFleet();
}
