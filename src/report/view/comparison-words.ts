/** A comparison in words, the same in every format. */
import type { Comparison, Difference, KeptApart, Side } from "../../domain/comparison.ts";
import { EMULATED } from "../../domain/emulation.ts";
import { formatNumberOf, formatTime } from "../format.ts";
import type { RunView } from "../../domain/run-view.ts";
import { groupsBy } from "../select.ts";
import { apartText } from "../words/comparison.ts";
import { checkFailureText } from "../words/self-checks.ts";
import { bannersOf as runBanners } from "./decision.ts";
import { list } from "../words/lists.ts";

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

/** What stands before everything else: why figures of time may not be used, and of which records. */
export const bannersOf = ({ sides, unread }: Pick<Comparison, "sides" | "unread">): readonly string[] => {
  const said = sides.flatMap(({ label, view }) => [
    ...runBanners(view).map((text) => ({ label, text })),
    ...view.selfChecks.failures.map((failure) => ({
      label,
      text: `no verdict on cost: ${checkFailureText(failure)}`,
    })),
  ]);
  return [
    ...unread.map(({ path, why }) => `${path} is in none of the figures: ${why}`),
    ...methodBanner(sides),
    ...groupsBy(said, ({ text }) => text).map((same) => {
      const labels = same.map(({ label }) => label);
      const [{ text }] = same;
      return text === EMULATED ? emulatedBanner(labels) : `${list(labels)}: ${text}`;
    }),
  ];
};

const emulatedBanner = (labels: readonly string[]): string =>
  `${list(labels.map((label) => label.replace(/ \(emulated\)$/, "")))}, ${EMULATED}. Trust which agents ran and which events they saw and lost. Do not trust costs and times, or take the losses for a real node's under load.`;

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

export const comparedSentence = ({ sides, varies }: Comparison): string => {
  const reasons = varies.filter(({ key }) => REASONS.includes(key)).map(({ key }) => key);
  const differ = reasons.length === 0 ? "nothing that was recorded of node and time" : list(reasons);
  return `${formatNumberOf(sides.length, "record")} stand side by side: ${sides.map(({ label }) => label).join("; ")}. What differs is ${differ}.`;
};

/** "sensor is the cheapest that saw everything in x86_64 and aarch64. ..." */
export const cheapestInEach = ({ sides }: Pick<Comparison, "sides">): string => {
  const real = sides.filter(({ view }) => !view.host.emulated);
  if (real.length === 0) return "No cost holds on an emulated CPU, so no agent is known to be the cheapest.";
  return groupsBy(real, ({ view }) => cheapestName(view))
    .map(([first, ...rest]) => {
      const labels = list([first, ...rest].map(({ label }) => label));
      const name = cheapestName(first.view);
      return name === null
        ? `No agent is known to be the cheapest that saw everything within its budgets in ${labels}.`
        : `${name} is the cheapest that saw everything within its budgets in ${labels}.`;
    })
    .join(" ");
};

const cheapestName = ({ decisions: { cheapest } }: RunView): string | null =>
  cheapest === null || cheapest.answer !== "within" ? null : list([cheapest.agent, ...cheapest.tied]);
