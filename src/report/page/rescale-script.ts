/**
 * Draws axes anew when a reader hides an agent, so that what is left fills the plot: a hidden agent's row goes, the ends of the axis are those of the
 * marks that are shown. A mark is moved by what its axis moved, so no figure is computed a second time. With everyone shown again, each chart is
 * as it was drawn.
 */
import { evenTicks, logTicks, tickNumber, tickTime } from "../axis-formula.ts";

export const RESCALE = `
const evenTicks = ${evenTicks.toString()};
const logTicks = ${logTicks.toString()};
const tickNumber = ${tickNumber.toString()};
const tickTime = ${tickTime.toString()};
const rescale = (() => {
  const MARGIN = 10;
  const LABEL_DROP = 4;
  const HALF_A_DIGIT = 3.8;
  const FRAME = 4;
  const number = (element, name) => Number(element.getAttribute(name) ?? 0);
  const written = new Map();
  const write = (element, name, text) => {
    const before = written.get(element) ?? written.set(element, new Map()).get(element);
    if (!before.has(name)) before.set(name, element.getAttribute(name));
    element.setAttribute(name, text);
  };
  const restore = () => {
    for (const element of document.querySelectorAll("svg.chart .new-tick")) element.remove();
    for (const [element, names] of written) {
      for (const [name, text] of names) {
        if (text === null) element.removeAttribute(name);
        else element.setAttribute(name, text);
      }
    }
    written.clear();
  };
  const placeOf = (element) => {
    const found = /^translate\\(([-\\d.e]+),([-\\d.e]+)\\)/.exec(element.getAttribute("transform") ?? "");
    return found === null ? [0, 0] : [Number(found[1]), Number(found[2])];
  };
  const isPoint = (element) => element.closest(".mark-symbol, .mark-text") !== null;
  const marksOf = (plot) =>
    [...plot.querySelectorAll("line, path, rect, text")].filter((element) => element.closest(".role-axis") === null);
  const boxes = new Map();
  const boxOf = (element) => {
    const known = boxes.get(element);
    if (known !== undefined) return known;
    const [x, y] = placeOf(element);
    let box = { x: [x, x], y: [y, y] };
    if (element.tagName === "line") box = { x: [x, x + number(element, "x2")], y: [y, y + number(element, "y2")] };
    else if (!isPoint(element)) {
      const { x: left, y: top, width, height } = element.getBBox();
      box = { x: [x + left, x + left + width], y: [y + top, y + top + height] };
    }
    boxes.set(element, box);
    return box;
  };

  const moved = (axis, pixels) => {
    if (axis === undefined || pixels.length === 0) return null;
    const inner = axis.log ? Math.log10 : (one) => one;
    const outer = axis.log ? (one) => 10 ** one : (one) => one;
    const perPixel = (inner(axis.to) - inner(axis.from)) / (axis.end - axis.start);
    const values = pixels.map((pixel) => inner(axis.from) + (pixel - axis.start) * perPixel);
    if (axis.zero && !axis.log) values.push(0, axis.reach ?? 0);
    const low = values.reduce((least, one) => Math.min(least, one), Infinity);
    const high = values.reduce((most, one) => Math.max(most, one), -Infinity);
    if (!(high - low > Math.abs(high) * 1e-9)) return null;
    const room = ((high - low) * MARGIN) / (Math.abs(axis.end - axis.start) - 2 * MARGIN);
    const [from, to] = [low - room, high + room];
    const ticks = (axis.log ? logTicks : evenTicks)(outer(from), outer(to), axis.ticks).filter(
      (tick) => tick <= (axis.most ?? Infinity) && !(axis.zero && low === 0 && tick < 0),
    );
    const factor = (axis.end - axis.start) / (to - from);
    const at = (value) => axis.start + (value - from) * factor;
    return {
      end: axis.end,
      scale: perPixel * factor,
      shift: at(inner(axis.from) - axis.start * perPixel),
      ticks: ticks.map((tick) => [at(inner(tick)), axis.text === "time" ? tickTime(tick) : tickNumber(tick, ticks)]),
    };
  };

  const isCut = (text, room) => text.length * HALF_A_DIGIT > room + FRAME;
  const drawTicks = (plot, name, { end, ticks }) => {
    for (const group of plot.querySelectorAll("." + name)) {
      const olds = [...group.children];
      const [pattern] = olds;
      if (pattern === undefined) continue;
      for (const old of olds) write(old, "display", "none");
      const [x, y] = placeOf(pattern);
      const drop = pattern.tagName === "text" ? LABEL_DROP : 0;
      for (const [at, text] of ticks) {
        const tick = pattern.cloneNode(true);
        tick.removeAttribute("display");
        tick.classList.add("new-tick");
        tick.setAttribute("transform", name === "x-axis" ? \`translate(\${at},\${y})\` : \`translate(\${x},\${at + drop})\`);
        if (tick.tagName === "text") tick.textContent = name === "x-axis" && isCut(text, end - at) ? "" : text;
        group.append(tick);
      }
    }
  };

  const closeUp = (plot, { height, agents }, above) => {
    const whole = height * agents.length;
    const left = whole - height * above(agents.length);
    for (const [index, label] of [...plot.querySelectorAll(".y-axis text")].entries()) {
      const [x, y] = placeOf(label);
      if (above(index + 1) > above(index)) write(label, "display", "none");
      else write(label, "transform", \`translate(\${x},\${y - height * above(index)})\`);
    }
    for (const axis of plot.querySelectorAll(".role-axis > g")) {
      const [x, y] = placeOf(axis);
      if (y >= whole) write(axis, "transform", \`translate(\${x},\${y - whole + left})\`);
    }
    for (const line of plot.querySelectorAll("line")) {
      const [x, y] = placeOf(line);
      const down = number(line, "y2");
      if (Math.abs(down) < whole) continue;
      write(line, "y2", Math.sign(down) * left);
      if (y < 0) write(line, "transform", \`translate(\${x},\${-left})\`);
    }
    const chart = plot.ownerSVGElement;
    const { x, y, width, height: drawn } = chart.viewBox.baseVal;
    write(chart, "viewBox", \`\${x} \${y} \${width} \${drawn - whole + left}\`);
  };

  const follow = (plot, off) => {
    const axes = JSON.parse(plot.dataset.plot);
    const isHidden = (agent) => off.has(agent);
    const marks = marksOf(plot).filter((mark) => !isHidden(mark.dataset.agent));
    const x = moved(axes.x, marks.flatMap((mark) => boxOf(mark).x));
    const y = moved(axes.y, marks.flatMap((mark) => boxOf(mark).y));
    const above = (row) => axes.rows.agents.slice(0, row).filter(isHidden).length;
    for (const mark of marks) {
      const box = boxOf(mark);
      const [left, top] = placeOf(mark);
      const up =
        axes.rows === undefined || mark.dataset.agent === undefined
          ? 0
          : axes.rows.height * above(Math.floor((box.y[0] + box.y[1]) / 2 / axes.rows.height));
      const [wide, right] = [x?.scale ?? 1, x?.shift ?? 0];
      const [high, down] = [y?.scale ?? 1, (y?.shift ?? 0) - up];
      if (mark.tagName === "line" || isPoint(mark)) {
        write(mark, "transform", \`translate(\${left * wide + right},\${top * high + down})\`);
        if (mark.tagName === "line") {
          write(mark, "x2", number(mark, "x2") * wide);
          write(mark, "y2", number(mark, "y2") * high);
        }
      } else {
        const before = mark.getAttribute("transform") ?? "";
        write(mark, "transform", \`translate(\${right},\${down}) scale(\${wide},\${high}) \${before}\`);
        write(mark, "vector-effect", "non-scaling-stroke");
      }
    }
    if (x !== null) drawTicks(plot, "x-axis", x);
    if (y !== null) drawTicks(plot, "y-axis", y);
    if (axes.rows !== undefined) closeUp(plot, axes.rows, above);
  };

  return (off) => {
    restore();
    for (const chart of document.querySelectorAll("svg.chart")) {
      const agents = [...new Set([...chart.querySelectorAll("[data-agent]")].map((mark) => mark.dataset.agent))];
      const hidden = agents.filter((agent) => off.has(agent));
      chart.closest("figure").classList.toggle("off", agents.length > 0 && hidden.length === agents.length);
      if (hidden.length === 0 || hidden.length === agents.length) continue;
      for (const plot of chart.querySelectorAll("[data-plot]")) follow(plot, off);
    }
  };
})();
`;
