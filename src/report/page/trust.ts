/** Whether the instrument can be believed: what it made of known answers and of itself, in this very run. */
import type { AaContrast, Calibration, CarryOver, Summary } from "../../domain/verdict.ts";
import { METRICS } from "../../domain/units.ts";
import { drawCalibrationPlot } from "../charts/calibration-plot.ts";
import { formatConfidence, formatCost, formatCount, formatValue, percentOf, scaleOf } from "../format.ts";
import { conditionsOf, operationTitle } from "../select.ts";
import type { CheckState } from "../trust-words.ts";
import { calibrationState, slopeText, stateTitle, trustChecks } from "../trust-words.ts";
import { html, joined } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { chartName, charts, list, note, section, table } from "./parts.ts";
import { absent, figureMarkup, typeset } from "./typeset.ts";

/** The look of the verdict that means the same for a reader. */
const LOOK: Readonly<Record<CheckState, string>> = {
  passed: "within",
  failed: "over",
  open: "inconclusive",
  shown: "invalid",
};

export const trustBadge = (state: CheckState): Markup =>
  html`<span class="verdict ${LOOK[state]}">${stateTitle(state)}</span>`;

const overview = (summary: Summary): Markup =>
  table(
    "Checks of the instrument on itself, in this run",
    [{ title: "check" }, { title: "outcome" }, { title: "what was seen" }],
    trustChecks(summary).map(({ title, state, text }) => ({
      header: html`${title}`,
      cells: [trustBadge(state), html`${typeset(text)}`],
    })),
  );

const place = (at: Omit<AaContrast, "of">): Markup =>
  html`${operationTitle(at)} <small>${conditionsOf(at)}</small>`;

const aaPart = ({ trust }: Summary): Markup => {
  const rejected = trust.aa.contrasts.filter((contrast) => contrast.rejected);
  if (rejected.length === 0) return html``;
  return html`<h3>A/A: differences where there is none</h3>
    ${table(
      "Comparisons of the node with itself whose 95 % interval leaves out zero",
      [
        { title: "compared with the baseline" },
        { title: "operation" },
        { title: "metric" },
        { title: "difference", numeric: true },
        { title: "n", numeric: true },
      ],
      rejected.map((contrast) => ({
        header: html`${contrast.of === "baseline" ? "the second baseline" : contrast.of}`,
        cells: [
          place(contrast),
          html`${METRICS[contrast.metric].title}`,
          figureMarkup(contrast.absolute, contrast.unit, { sign: true }),
          html`${contrast.blocks}`,
        ],
      })),
    )}`;
};

const calibrationChart = (calibration: Calibration, index: number): Promise<string> => {
  const { points, slope, intercept } = calibration;
  const scale = scaleOf(
    "ns/op",
    points.flatMap(({ injected, recovered }) => [injected, recovered.value]),
  );
  const scaled = (one: number | null): number | null => (one === null ? null : one / scale.size);
  return drawCalibrationPlot({
    name: chartName("calibration", index),
    label: `Recovered against injected cost in ${operationTitle(calibration)} (${conditionsOf(calibration)}), ${typeset(scale.name)}; dashed: both are equal; drawn through: the fitted line, slope ${typeset(slopeText(calibration))}`,
    unit: typeset(scale.name),
    points: points.map(({ agent, injected, recovered, blocks }) => ({
      agent,
      tip: `${agent}: ${typeset(formatValue(injected, "ns/op"))} injected, ${typeset(formatCost(recovered, "ns/op"))} recovered, n = ${blocks}`,
      injected: injected / scale.size,
      recovered: {
        value: recovered.value / scale.size,
        low: scaled(recovered.low),
        high: scaled(recovered.high),
      },
    })),
    slope: slope.value,
    intercept: intercept.value / scale.size,
  });
};

/** "2.2 %". */
const shareText = (percent: number): string => {
  const { value, unit } = percentOf({ value: 1 + percent / 100, low: null, high: null });
  return `${value.replace("+", "")} ${unit}`;
};

const calibrationPart = async (calibration: Calibration, index: number): Promise<Markup> => {
  const { points, intercept, residual, minimalDetectable, slope } = calibration;
  const level = formatConfidence(slope.level);
  const detectable =
    minimalDetectable === null
      ? "not known"
      : `${formatValue(minimalDetectable.ns, "ns/op")}${minimalDetectable.percent === null ? "" : ` (${shareText(minimalDetectable.percent)} of the operation)`}`;
  return html`<h3>Known cost: ${operationTitle(calibration)} <small>${conditionsOf(calibration)}</small></h3>
    ${charts(await calibrationChart(calibration, index))}
    <dl>
      <dt>Slope, ${level} interval</dt>
      <dd>${typeset(slopeText(calibration))} ${trustBadge(calibrationState(calibration))}</dd>
      <dt>Cost without a dose, ${level} interval</dt>
      <dd>${figureMarkup(intercept, "ns/op", { sign: true })}</dd>
      <dt>Spread around the line</dt>
      <dd>${residual === null ? absent("needs three doses") : typeset(formatValue(residual, "ns/op"))}</dd>
      <dt>Detectable from</dt>
      <dd>${typeset(detectable)}</dd>
    </dl>
    ${table(
      `Known costs in ${operationTitle(calibration)}: means over n blocks with the 95 % interval of what was recovered`,
      [
        { title: "agent" },
        { title: "injected", numeric: true },
        { title: "recovered", numeric: true },
        { title: "n", numeric: true },
      ],
      points.map((point) => ({
        header: html`${point.agent}`,
        cells: [
          html`${typeset(formatValue(point.injected, "ns/op"))}`,
          figureMarkup(point.recovered, "ns/op", { sign: true }),
          html`${point.blocks}`,
        ],
      })),
    )}`;
};

const lossPart = ({ trust }: Summary): Markup =>
  trust.knownLoss.length === 0
    ? html``
    : html`<h3>Known loss</h3>
        ${table(
          "Events that were discarded on purpose, and what the ledger made of them",
          [
            { title: "agent" },
            { title: "scenario" },
            { title: "operations", numeric: true },
            { title: "missing", numeric: true },
            { title: "declared, with the warm-up's", numeric: true },
            { title: "discarded, with the warm-up's", numeric: true },
            { title: "as injected" },
          ],
          trust.knownLoss.map((one) => ({
            header: html`${one.agent}`,
            cells: [
              html`${one.scenario} <small>${one.load}</small>`,
              html`${formatCount(one.operations)}`,
              html`${typeset(formatCount(one.missing))}`,
              one.declared === null ? absent("no counter could be read") : html`${formatCount(one.declared)}`,
              html`${formatCount(one.discarded)}`,
              trustBadge(one.exact ? "passed" : "failed"),
            ],
          })),
        )}`;

const levelPart = ({ trust }: Summary): Markup =>
  trust.knownLevels.length === 0
    ? html``
    : html`<h3>Known CPU time and memory</h3>
        ${table(
          "Levels of known size: means over n blocks with the 95 % interval of what was recovered",
          [
            { title: "agent" },
            { title: "scenario" },
            { title: "metric" },
            { title: "injected", numeric: true },
            { title: "recovered", numeric: true },
            { title: "n", numeric: true },
          ],
          trust.knownLevels.map((one) => ({
            header: html`${one.agent}`,
            cells: [
              html`${one.scenario} <small>${one.load}</small>`,
              html`${METRICS[one.metric].title}`,
              html`${typeset(formatValue(one.injected, one.unit))}`,
              figureMarkup(one.recovered, one.unit),
              html`${one.blocks}`,
            ],
          })),
        )}`;

const carryOverPart = ({ trust }: Summary): Markup => {
  const suspicious = trust.carryOver.filter((one) => one.suspicious);
  if (suspicious.length === 0) return html``;
  return html`<h3>Carry-over</h3>
    ${table(
      "Baselines straight after an agent against the other baseline of their block, with an interval that holds for all such comparisons together",
      [
        { title: "after" },
        { title: "operation" },
        { title: "difference", numeric: true },
        { title: "blocks", numeric: true },
      ],
      suspicious.map((one: CarryOver) => ({
        header: html`${one.after}`,
        cells: [
          html`${operationTitle(one)} <small>${conditionsOf(one)}</small>`,
          figureMarkup(one.difference, one.unit, { sign: true }),
          html`${one.trials}`,
        ],
      })),
    )}`;
};

export const trustSection = async (summary: Summary): Promise<Markup> => {
  const { trust } = summary;
  const calibrations = await Promise.all(trust.calibration.map(calibrationPart));
  return section(
    "trust",
    "Can the instrument be trusted?",
    note(
      "The same run measured things whose answer is known: the node against itself, agents that burn a known time or drop a known share of the events. Their figures are no sensor's and stand in no other table.",
    ),
    joined(
      trust.failures.map((failure) => html`<p class="banner over">No verdict on cost: ${failure}.</p>`),
      "",
    ),
    overview(summary),
    aaPart(summary),
    joined(calibrations, ""),
    lossPart(summary),
    levelPart(summary),
    carryOverPart(summary),
    trust.noise.sensitive.length === 0
      ? html``
      : html`<h3>Verdicts that hang on which attempts count</h3>
          ${list(trust.noise.sensitive)}`,
  );
};
