/** Who suffers beside a storm, in sentences. */
import type { Setting } from "../../domain/beside.ts";
import type { Doubt, Measure, Neighbour, NeighbourAgent, NeighbourContrast } from "../../domain/neighbour.ts";
import { MIN_TAIL_BLOCKS, MIN_TAIL_REQUESTS } from "../../domain/neighbour.ts";
import { formatFigure, ratioOf } from "../format.ts";
import { list } from "./lists.ts";

export const measureTitle = (measure: Measure): string => {
  switch (measure) {
    case "p50":
      return "p50";
    case "p99":
      return "p99";
    case "p999":
      return "p99.9";
    case "throughput":
      return "throughput";
  }
};

export const settingText = (setting: Setting): string => {
  switch (setting) {
    case "shared":
      return "on the same CPUs";
    case "apart":
      return "on the other CPUs";
    case "low-weight":
      return "on the same CPUs with a tenth of the weight";
    case "agent-quota":
      return "on the same CPUs, with the agent under a quota of a fifth of a CPU";
  }
};

export const doubtText = (doubt: Doubt): string => {
  switch (doubt) {
    case "not-measured":
      return "no block holds all four sides";
    case "few-requests":
      return `a trial has fewer requests than this percentile takes (${MIN_TAIL_REQUESTS} far out)`;
    case "few-blocks":
      return `too few blocks for an interval (4, and ${MIN_TAIL_BLOCKS} for a 99.9th percentile)`;
  }
};

/** What a service does not feel is not told of, however well it is known. */
const MATTERS = { slower: 1.05, fewer: 0.99 } as const;

/** Known, large enough to be felt, and for the worse. */
export const isSuffered = ({ measure, interaction, known }: NeighbourContrast): boolean =>
  known === true &&
  interaction !== null &&
  (measure === "throughput" ? interaction.value <= MATTERS.fewer : interaction.value >= MATTERS.slower);

/** The same for the better: an agent that holds the storm up spares the service. */
const isSpared = ({ measure, interaction, known }: NeighbourContrast): boolean =>
  known === true &&
  interaction !== null &&
  (measure === "throughput"
    ? interaction.value >= 1 / MATTERS.fewer
    : interaction.value <= 1 / MATTERS.slower);

const figuresOf = (contrasts: readonly NeighbourContrast[]): string =>
  contrasts
    .flatMap(({ measure, interaction }) =>
      interaction === null ? [] : [`${measureTitle(measure)} ${formatFigure(ratioOf(interaction))}`],
    )
    .join(", ");

const suffersText = ({ agent, contrasts }: NeighbourAgent): readonly string[] => {
  const worse = contrasts.filter(isSuffered);
  return worse.length === 0
    ? []
    : [`with ${agent} more than storm and agent explain by themselves (${figuresOf(worse)})`];
};

const sparedText = ({ agent, contrasts }: NeighbourAgent): readonly string[] => {
  const better = contrasts.filter(isSpared);
  return better.length === 0 ? [] : [`with ${agent} less (${figuresOf(better)})`];
};

/** "Beside a storm on the same CPUs, neighbour-exec suffers: with X more than ... ; with Y and Z no more than ... is known." */
export const suffersSentence = ({ scenario, setting, agents }: Neighbour): string => {
  const told = agents.filter(({ contrasts }) => contrasts.some(({ known }) => known !== null));
  const untold = agents.filter((one) => !told.includes(one)).map(({ agent }) => agent);
  const parts = told.flatMap((one) => [...suffersText(one), ...sparedText(one)]);
  const calm = told
    .filter((one) => suffersText(one).length === 0 && sparedText(one).length === 0)
    .map(({ agent }) => agent);
  const said = [
    ...parts,
    ...(calm.length === 0 ? [] : [`with ${list(calm)} no more than these explain is known`]),
    ...(untold.length === 0 ? [] : [`with ${list(untold)} it is not known: too little was measured`]),
  ];
  return `${scenario} beside a storm ${settingText(setting)} suffers: ${said.length === 0 ? "nothing was measured" : said.join("; ")}.`;
};
