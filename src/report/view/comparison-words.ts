/** A comparison in words, the same in every format. */
import type { Comparison, Difference, KeptApart, Side } from "../../domain/comparison.ts";
import { formatLoss, formatNumberOf, formatTime } from "../format.ts";
import { apartText } from "../words/comparison.ts";
import { checkFailureText } from "../words/self-checks.ts";
import { countVerdicts, emulationBanner, list, verdictTitle } from "./in-short.ts";

/** A value as a reader wants it: times to the minute. */
export const shown = ({ key }: Pick<Difference, "key">, value: string | null): string | null =>
  key === "date" && value !== null ? formatTime(value) : value;

/** "load of file-open, closed: 5 x 3000 operations after 500 (x86_64), 5 x 300 operations after 50 (aarch64)". */
export const keptApartText = (apart: KeptApart, sides: readonly Side[]): string =>
  `${apartText(apart.what)}: not put together, because ${apart.key} differs: ${apart.values
    .flatMap((value, index) =>
      value === null ? [] : [`${shown(apart, value) ?? ""} (${sides[index]?.label ?? ""})`],
    )
    .join(", ")}`;

/** What stands before everything else: per side why its figures of time may not be used. */
export const bannersOf = ({ sides }: Pick<Comparison, "sides">): readonly string[] => [
  ...methodBanner(sides),
  ...sides.flatMap((side) => [
    ...[emulationBanner(side.view)].flatMap((text) => (text === null ? [] : [`${side.label}: ${text}`])),
    ...(side.view.run.complete ? [] : [`${side.label}: incomplete run, the blocks that ended count`]),
    ...side.view.selfChecks.failures.map(
      (failure) => `${side.label}: no verdict on cost: ${checkFailureText(failure)}`,
    ),
  ]),
];

const methodBanner = (sides: readonly Side[]): readonly string[] => {
  const methods = new Set(sides.map(({ view }) => view.run.method));
  return methods.size < 2
    ? []
    : [
        `records of different methods (${list([...methods])}): their costs are not costs of the same thing, and none is judged against another`,
      ];
};

/** Of what differs, that which a reader takes for the reason of the comparison. */
const REASONS = ["architecture", "kernel", "node", "CPU", "date"];

const measuredSentence = ({ sides, varies }: Comparison): string => {
  const reasons = varies.filter(({ key }) => REASONS.includes(key)).map(({ key }) => key);
  const differ = reasons.length === 0 ? "nothing that was recorded of node and time" : list(reasons);
  return `${formatNumberOf(sides.length, "record")} stand side by side: ${sides.map(({ label }) => label).join("; ")}. What differs is ${differ}.`;
};

const verdictSentence = ({ sides }: Comparison): string =>
  sides
    .map(({ label, view }) => {
      if (view.host.emulated) return `${label}: functional figures, no performance verdict.`;
      if (view.verdicts.length === 0) return `${label}: no budget was declared.`;
      const tally = countVerdicts(view.verdicts).map(([kind, count]) => `${count} ${verdictTitle(kind)}`);
      return `${label}: ${list(tally)}.`;
    })
    .join(" ");

const lossSentence = ({ losses, sides }: Comparison): string => {
  const rows = losses.flatMap((loss) =>
    loss.rows.flatMap((row, index) =>
      row === null || row.delivered >= row.operations ? [] : [{ row, label: sides[index]?.label ?? "" }],
    ),
  );
  const [first] = rows;
  if (first === undefined) {
    return losses.length === 0
      ? "No events were counted on more than one side."
      : "No agent that was counted lost an event on any side.";
  }
  const worst = rows.reduce(
    (most, one) => (one.row.lossRate.value > most.row.lossRate.value ? one : most),
    first,
  );
  return `The largest loss is that of ${worst.row.agent} on ${worst.row.scenario} (${worst.label}): ${formatLoss(worst.row.lossRate)}.`;
};

export const comparisonInWords = (comparison: Comparison): readonly [string, string, string] => [
  measuredSentence(comparison),
  verdictSentence(comparison),
  lossSentence(comparison),
];
