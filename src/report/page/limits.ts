/** What could not be measured, what went wrong, and how it was done. */
import type { RecordLine } from "../../domain/record.ts";
import type { Summary } from "../../domain/verdict.ts";
import { skippedAgents, testedAgents } from "../select.ts";
import { html } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { agentLabel, list, note, section, table } from "./parts.ts";
import { absent } from "./typeset.ts";

/** Agents that were started and of which no trial came to a figure, with what stopped them. */
const failedAgents = (
  summary: Summary,
  lines: readonly RecordLine[],
): readonly { readonly id: string; readonly why: readonly string[] }[] =>
  testedAgents(summary)
    .filter(({ id }) => !isMeasured(summary, lines, id))
    .map(({ id }) => ({ id, why: failuresOf(lines, id) }));

const isMeasured = (summary: Summary, lines: readonly RecordLine[], agent: string): boolean =>
  lines.length === 0
    ? [...summary.estimates, ...summary.ledger].some((one) => one.agent === agent)
    : lines.some((line) => line.type === "trial" && line.agent === agent && line.outcome.kind === "measured");

/** Each once, in the order in which they came. */
const failuresOf = (lines: readonly RecordLine[], agent: string): readonly string[] => [
  ...new Set(
    lines.flatMap((line) => {
      if ((line.type !== "turn" && line.type !== "trial") || line.agent !== agent) return [];
      const { outcome } = line;
      if (outcome.kind === "skipped") return [`trials skipped: ${outcome.reason}`];
      return outcome.kind === "failed" ? [`failed at ${outcome.stage}: ${outcome.message}`] : [];
    }),
  ),
];

export const skippedSection = (summary: Summary, lines: readonly RecordLine[] = []): Markup => {
  const skipped = skippedAgents(summary);
  const failed = failedAgents(summary, lines);
  return section(
    "skipped",
    "Agents that were not measured",
    skipped.length === 0
      ? html``
      : table(
          "Agents that were asked for and could not be measured on this node",
          [{ title: "agent" }, { title: "why" }, { title: "what to do" }],
          skipped.map((agent) => ({
            header: agentLabel(summary, agent.id),
            cells: [
              agent.reason === null ? absent("no reason was recorded") : html`${agent.reason}`,
              agent.hint === null ? absent("nothing") : html`${agent.hint}`,
            ],
          })),
        ),
    failed.length === 0
      ? html``
      : table(
          "Agents that were tried and of which no trial was measured",
          [{ title: "agent" }, { title: "why" }],
          failed.map(({ id, why }) => ({
            header: agentLabel(summary, id),
            cells: [why.length === 0 ? absent("the warnings may say why") : html`${why.join("; ")}`],
          })),
        ),
    skipped.length + failed.length > 0
      ? html``
      : note(
          testedAgents(summary).length === 0
            ? "No agent was asked for but the baseline."
            : "None: every agent that was asked for was measured.",
        ),
  );
};

const METHOD: readonly string[] = [
  "The unit that counts is the block: every agent runs once and the baseline twice, in an order drawn at random. An agent is compared with the two baselines of its own block, so a machine that grows slower during the run does not favour anyone.",
  "A cost is the mean over blocks of the difference; a relative cost is the exponential of the mean logarithm of the ratio. Intervals come from resampling whole blocks. n is the number of blocks, never the number of operations.",
  "Below ten blocks no interval is given and a figure is exploratory. Outliers are kept.",
  "CPU time is read at the edges of the measured window by the workload itself; nothing polls inside it.",
  "An agent counts as started when it has reported an event that was made for the purpose, not when its process exists.",
  "A missing reading stays missing. It is printed as a dash and is never counted as zero.",
];

const LIMITS: readonly string[] = [
  "The workloads are small operations in tight loops. Costs per operation carry over to a real service only through how many such operations it does.",
  "A percentage depends on how much the operation costs without an agent. Read it together with the nanoseconds.",
  "Agents were measured one at a time, with the settings listed above.",
  "Loss is counted for the offered load of each scenario. At a higher rate it may be larger.",
];

export const limitSection = (summary: Summary): Markup =>
  section(
    "limits",
    "Warnings, method and limits",
    html`<h3>Warnings</h3>`,
    summary.warnings.length === 0 ? note("None.") : list(summary.warnings),
    html`<h3>Not measurable on this node</h3>`,
    summary.notMeasurable.length === 0 ? note("Nothing that was asked for.") : list(summary.notMeasurable),
    html`<h3>How it was measured</h3>`,
    list(METHOD),
    html`<h3>What the figures do not say</h3>`,
    list(LIMITS),
  );
