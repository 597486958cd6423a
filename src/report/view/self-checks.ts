/** Whether the instrument can be believed: what it made of known answers and of itself, in this very run. */
import { METRICS, type Unit } from "../../domain/units.ts";
import type { VerdictKind } from "../../domain/reason.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { Calibration } from "../../domain/self-checks.ts";
import { drawCalibrationPlot } from "../charts/calibration-plot.ts";
import { formatConfidence, formatCost, formatValue, percentOf, scaleOf } from "../format.ts";
import { typeset } from "../page/typeset.ts";
import { conditionsOf, operationTitle } from "../select.ts";
import { checkFailureText, sensitiveText } from "../words/self-checks.ts";
import { calibrationState, checksOf, slopeText, stateTitle, type CheckState } from "./checks.ts";
import type { Block, Cell, Drawing, Facts, Section } from "./section.ts";
import * as say from "./section.ts";

const LOOK: Readonly<Record<CheckState, VerdictKind>> = {
  passed: "within",
  failed: "over",
  open: "inconclusive",
  shown: "invalid",
};

export const checkBadge = (state: CheckState): Cell => say.badge(LOOK[state], stateTitle(state));

const overview = (view: RunView): Block =>
  say.tableOf("Checks of the instrument on itself, in this run", checksOf(view), [
    ["check", ({ title }) => say.text(title)],
    ["outcome", ({ state }) => checkBadge(state)],
    [{ title: "what was seen", terminal: "wrapped" }, (check) => say.figures(check.text)],
  ]);

const aaBlocks = ({ selfChecks }: RunView): readonly Block[] =>
  say.headed(
    "A/A: differences where there is none",
    say.tableOf(
      "Comparisons of the node with itself that are not shown to differ by less than a third of the budget",
      selfChecks.aa.contrasts.filter(({ state, absolute }) => state !== "passed" && absolute.low !== null),
      [
        [
          say.key("compared with the baseline"),
          ({ of }) => say.text(of === "baseline" ? "the second baseline" : of),
        ],
        [say.key("operation"), (contrast) => say.place(operationTitle(contrast), conditionsOf(contrast))],
        [say.key("metric"), ({ metric }) => say.text(METRICS[metric].title)],
        [say.right("difference, 90 % interval"), ({ within, unit }) => say.cost(within, unit)],
        [say.right("a third of the budget"), marginCell],
        ["outcome", ({ state }) => checkBadge(state)],
        [say.right("n"), ({ blocks }) => say.count(blocks)],
      ],
    ),
  );

const marginCell = ({ margin, unit }: { readonly margin: number | null; readonly unit: Unit }): Cell =>
  margin === null ? say.absent("no budget on its cost") : say.value(margin, unit);

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

const shareText = (percent: number): string => {
  const { value, unit } = percentOf({ value: 1 + percent / 100, low: null, high: null });
  return `${value.replace("+", "")} ${unit}`;
};

/** `more`: what a reader of this one workload asks beside, such as how many blocks a cost needs. */
export const calibrationBlocks = (
  calibration: Calibration,
  index: number,
  more: Facts = [],
): readonly Block[] => {
  const { points, intercept, residual, minimalDetectable, slope } = calibration;
  const confidence = formatConfidence(slope.level);
  const detectable =
    minimalDetectable === null
      ? "not known"
      : `${formatValue(minimalDetectable.ns, "ns/op")}${minimalDetectable.percent === null ? "" : ` (${shareText(minimalDetectable.percent)} of the operation)`}`;
  return [
    say.heading(`Known cost: ${operationTitle(calibration)}`, conditionsOf(calibration)),
    say.charts([calibrationDrawing(calibration, index)]),
    say.facts([
      [
        `Slope, ${confidence} interval`,
        {
          kind: "several",
          cells: [say.figures(slopeText(calibration)), checkBadge(calibrationState(calibration))],
        },
      ],
      [`Cost without a dose, ${confidence} interval`, say.cost(intercept, "ns/op")],
      [
        "Spread around the line",
        residual === null ? say.absent("needs three doses") : say.value(residual, "ns/op"),
      ],
      ["Detectable from", say.figures(detectable)],
      ...more,
    ]),
    say.tableOf(
      `Known costs in ${operationTitle(calibration)}: means over n blocks with the 95 % interval of what was recovered`,
      points,
      [
        ["agent", ({ agent }) => say.text(agent)],
        [say.right("injected"), ({ injected }) => say.value(injected, "ns/op")],
        [say.right("recovered"), ({ recovered }) => say.cost(recovered, "ns/op")],
        [say.right("n"), ({ blocks }) => say.count(blocks)],
      ],
    ),
  ];
};

export const knownLossBlocks = ({ selfChecks }: RunView): readonly Block[] =>
  say.headed(
    "Known loss",
    say.tableOf(
      "Events that were discarded on purpose, and what the ledger made of them",
      selfChecks.knownLoss,
      [
        [say.key("agent"), ({ agent }) => say.text(agent)],
        [say.key("scenario"), ({ scenario, load }) => say.place(scenario, load)],
        [say.right("operations", 2), ({ operations }) => say.count(operations)],
        [say.right("missing"), ({ missing }) => say.count(missing)],
        [say.right("declared", 1), ({ declared }) => say.rangeOr(declared, "no counter could be read")],
        [say.right("discarded", 1), ({ discarded }) => say.count(discarded)],
        ["as injected", ({ exact }) => checkBadge(exact ? "passed" : "failed")],
      ],
    ),
  );

export const knownLevelBlocks = ({ selfChecks }: RunView): readonly Block[] =>
  say.headed(
    "Known CPU time and memory",
    say.tableOf(
      "Levels of known size: means over n blocks with the 95 % interval of what was recovered",
      selfChecks.knownLevels,
      [
        [say.key("agent"), ({ agent }) => say.text(agent)],
        [say.key("scenario"), ({ scenario, load }) => say.place(scenario, load)],
        [say.key("metric"), ({ metric }) => say.text(METRICS[metric].title)],
        [say.right("injected"), ({ injected, unit }) => say.value(injected, unit)],
        [say.right("recovered"), ({ recovered, unit }) => say.level(recovered, unit)],
        [say.right("n"), ({ blocks }) => say.count(blocks)],
      ],
    ),
  );

const carryOverBlocks = ({ selfChecks }: RunView): readonly Block[] =>
  say.headed(
    "Carry-over",
    say.tableOf(
      "Baselines straight after an agent against the other baseline of their block, not shown to differ by less than a third of the budget",
      selfChecks.carryOver.filter(({ state, difference }) => state !== "passed" && difference.low !== null),
      [
        ["after", ({ after }) => say.text(after)],
        ["operation", (one) => say.place(operationTitle(one), conditionsOf(one))],
        [say.right("difference, 90 % interval"), ({ within, unit }) => say.cost(within, unit)],
        [say.right("a third of the budget"), marginCell],
        ["outcome", ({ state }) => checkBadge(state)],
        [say.right("blocks"), ({ trials }) => say.count(trials)],
      ],
    ),
  );

export const selfCheckSection = (view: RunView): Section => {
  const { selfChecks } = view;
  const details: readonly Block[] = [
    ...aaBlocks(view),
    ...selfChecks.calibration.flatMap((one, index) => calibrationBlocks(one, index)),
    ...knownLossBlocks(view),
    ...knownLevelBlocks(view),
    ...carryOverBlocks(view),
    ...say.when(
      selfChecks.noise.sensitive.length > 0,
      say.heading("Verdicts that depend on which attempts count"),
      say.list(selfChecks.noise.sensitive.map(sensitiveText)),
    ),
  ];
  return {
    id: "self-checks",
    title: "Self-checks of the instrument",
    short: "Self-checks",
    blocks: [
      say.onPage(
        say.note(
          "The same run measured things whose answer is known: the node against itself, agents that burn a known time or drop a known share of the events. Their figures are no sensor's and stand in no other table.",
        ),
      ),
      ...selfChecks.failures.map((failure): Block =>
        say.banner(`No verdict on cost: ${checkFailureText(failure)}.`, true),
      ),
      overview(view),
      ...details.map(say.onPage),
    ],
  };
};
