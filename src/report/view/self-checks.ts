/** Whether the instrument can be believed: what it made of known answers and of itself, in this very run. */
import { METRICS } from "../../domain/units.ts";
import type { VerdictKind } from "../../domain/reason.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { Calibration } from "../../domain/self-checks.ts";
import { drawCalibrationPlot } from "../charts/calibration-plot.ts";
import { formatConfidence, formatCost, formatValue, percentOf, scaleOf } from "../format.ts";
import { typeset } from "../page/typeset.ts";
import { conditionsOf, operationTitle } from "../select.ts";
import { checkFailureText, sensitiveText } from "../words/self-checks.ts";
import type { CheckState } from "./checks.ts";
import { calibrationState, checksOf, slopeText, stateTitle } from "./checks.ts";
import type { Block, Cell, Drawing, Section } from "./section.ts";
import {
  absent,
  badge,
  banner,
  charts,
  cost,
  count,
  figures,
  heading,
  key,
  level,
  list,
  note,
  onPage,
  place,
  right,
  table,
  text,
  value,
} from "./section.ts";

/** The look of the verdict that means the same for a reader. */
const LOOK: Readonly<Record<CheckState, VerdictKind>> = {
  passed: "within",
  failed: "over",
  open: "inconclusive",
  shown: "invalid",
};

export const checkBadge = (state: CheckState): Cell => badge(LOOK[state], stateTitle(state));

const overview = (view: RunView): Block =>
  table(
    "Checks of the instrument on itself, in this run",
    ["check", "outcome", { title: "what was seen", terminal: "wrapped" }],
    checksOf(view).map((check) => [text(check.title), checkBadge(check.state), figures(check.text)]),
  );

const aaBlocks = ({ selfChecks }: RunView): readonly Block[] => {
  const rejected = selfChecks.aa.contrasts.filter((contrast) => contrast.rejected);
  if (rejected.length === 0) return [];
  return [
    heading("A/A: differences where there is none"),
    table(
      "Comparisons of the node with itself whose 95 % interval leaves out zero",
      [key("compared with the baseline"), key("operation"), key("metric"), right("difference"), right("n")],
      rejected.map((contrast) => [
        text(contrast.of === "baseline" ? "the second baseline" : contrast.of),
        place(operationTitle(contrast), conditionsOf(contrast)),
        text(METRICS[contrast.metric].title),
        cost(contrast.absolute, contrast.unit),
        count(contrast.blocks),
      ]),
    ),
  ];
};

const calibrationDrawing =
  (calibration: Calibration, index: number): Drawing =>
  () => {
    const { points, slope, intercept } = calibration;
    const scale = scaleOf(
      "ns/op",
      points.flatMap(({ injected, recovered }) => [injected, recovered.value]),
    );
    const scaled = (one: number | null): number | null => (one === null ? null : one / scale.size);
    return drawCalibrationPlot({
      name: `calibration-${index + 1}`,
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

/** `more`: what a reader of this one workload asks beside, such as how many blocks a cost needs. */
export const calibrationBlocks = (
  calibration: Calibration,
  index: number,
  more: readonly (readonly [string, Cell])[] = [],
): readonly Block[] => {
  const { points, intercept, residual, minimalDetectable, slope } = calibration;
  const confidence = formatConfidence(slope.level);
  const detectable =
    minimalDetectable === null
      ? "not known"
      : `${formatValue(minimalDetectable.ns, "ns/op")}${minimalDetectable.percent === null ? "" : ` (${shareText(minimalDetectable.percent)} of the operation)`}`;
  return [
    heading(`Known cost: ${operationTitle(calibration)}`, conditionsOf(calibration)),
    charts([calibrationDrawing(calibration, index)]),
    {
      kind: "facts",
      facts: [
        [
          `Slope, ${confidence} interval`,
          {
            kind: "several",
            cells: [figures(slopeText(calibration)), checkBadge(calibrationState(calibration))],
          },
        ],
        [`Cost without a dose, ${confidence} interval`, cost(intercept, "ns/op")],
        [
          "Spread around the line",
          residual === null ? absent("needs three doses") : value(residual, "ns/op"),
        ],
        ["Detectable from", figures(detectable)],
        ...more,
      ],
    },
    table(
      `Known costs in ${operationTitle(calibration)}: means over n blocks with the 95 % interval of what was recovered`,
      ["agent", right("injected"), right("recovered"), right("n")],
      points.map((point) => [
        text(point.agent),
        value(point.injected, "ns/op"),
        cost(point.recovered, "ns/op"),
        count(point.blocks),
      ]),
    ),
  ];
};

export const knownLossBlocks = ({ selfChecks }: RunView): readonly Block[] =>
  selfChecks.knownLoss.length === 0
    ? []
    : [
        heading("Known loss"),
        table(
          "Events that were discarded on purpose, and what the ledger made of them",
          [
            key("agent"),
            key("scenario"),
            right("operations", 2),
            right("missing"),
            right("declared,\nwith warm-up", 1),
            right("discarded,\nwith warm-up", 1),
            "as injected",
          ],
          selfChecks.knownLoss.map((one) => [
            text(one.agent),
            place(one.scenario, one.load),
            count(one.operations),
            count(one.missing),
            one.declared === null ? absent("no counter could be read") : count(one.declared),
            count(one.discarded),
            checkBadge(one.exact ? "passed" : "failed"),
          ]),
        ),
      ];

export const knownLevelBlocks = ({ selfChecks }: RunView): readonly Block[] =>
  selfChecks.knownLevels.length === 0
    ? []
    : [
        heading("Known CPU time and memory"),
        table(
          "Levels of known size: means over n blocks with the 95 % interval of what was recovered",
          [key("agent"), key("scenario"), key("metric"), right("injected"), right("recovered"), right("n")],
          selfChecks.knownLevels.map((one) => [
            text(one.agent),
            place(one.scenario, one.load),
            text(METRICS[one.metric].title),
            value(one.injected, one.unit),
            level(one.recovered, one.unit),
            count(one.blocks),
          ]),
        ),
      ];

const carryOverBlocks = ({ selfChecks }: RunView): readonly Block[] => {
  const suspicious = selfChecks.carryOver.filter((one) => one.suspicious);
  if (suspicious.length === 0) return [];
  return [
    heading("Carry-over"),
    table(
      "Baselines straight after an agent against the other baseline of their block, with an interval that holds for all such comparisons together",
      ["after", "operation", right("difference"), right("blocks")],
      suspicious.map((one) => [
        text(one.after),
        place(operationTitle(one), conditionsOf(one)),
        cost(one.difference, one.unit),
        count(one.trials),
      ]),
    ),
  ];
};

export const selfCheckSection = (view: RunView): Section => {
  const { selfChecks } = view;
  const details: readonly Block[] = [
    ...aaBlocks(view),
    ...selfChecks.calibration.flatMap((one, index) => calibrationBlocks(one, index)),
    ...knownLossBlocks(view),
    ...knownLevelBlocks(view),
    ...carryOverBlocks(view),
    ...(selfChecks.noise.sensitive.length === 0
      ? []
      : [
          heading("Verdicts that depend on which attempts count"),
          list(selfChecks.noise.sensitive.map(sensitiveText)),
        ]),
  ];
  return {
    id: "self-checks",
    title: "Self-checks of the instrument",
    short: "Self-checks",
    blocks: [
      onPage(
        note(
          "The same run measured things whose answer is known: the node against itself, agents that burn a known time or drop a known share of the events. Their figures are no sensor's and stand in no other table.",
        ),
      ),
      ...selfChecks.failures.map((failure): Block =>
        banner(`No verdict on cost: ${checkFailureText(failure)}.`, true),
      ),
      overview(view),
      ...details.map(onPage),
    ],
  };
};
