/** What could not be measured, what went wrong, and how it was done. */
import type { AgentView, RunView } from "../../domain/run-view.ts";
import { skippedAgents, testedAgents } from "../select.ts";
import { unmeasuredText } from "../words/failures.ts";
import { notMeasurableText } from "../words/not-measurable.ts";
import { warningText } from "../words/warnings.ts";
import type { Block, Field, Section } from "./section.ts";
import * as say from "./section.ts";

const AGENT: Field<AgentView> = ["agent", ({ id }) => say.agent(id)];

const skippedTable = (view: RunView): Block =>
  say.tableOf("Agents that were asked for and could not be measured on this node", skippedAgents(view), [
    AGENT,
    [
      { title: "why", terminal: "wrapped" },
      ({ reason }) => (reason === null ? say.absent("no reason was recorded") : say.text(reason)),
    ],
    [
      { title: "what to do", terminal: "below" },
      ({ hint }) => (hint === null ? say.absent("nothing") : say.text(hint)),
    ],
  ]);

const failedTable = (failed: readonly AgentView[], skipped?: string): Block =>
  say.tableOf("Agents that were tried and of which no trial was measured", failed, [
    AGENT,
    [
      { title: "why", terminal: "wrapped" },
      ({ unmeasured }) =>
        unmeasured.length === 0
          ? say.absent("the warnings may say why")
          : say.text(unmeasured.map((why) => unmeasuredText(why, skipped)).join("; ")),
    ],
  ]);

export const skippedSection = (view: RunView): Section => {
  // Started, and no trial came to a figure.
  const failed = testedAgents(view).filter(
    ({ id, measuredTrials }) =>
      measuredTrials === 0 && !(view.kind === "tried" && view.matrix?.agents.includes(id) === true),
  );
  const hasSkipped = skippedAgents(view).length > 0;
  return {
    id: "skipped",
    title: "Agents that were not measured",
    short: "Not measured",
    blocks: [
      ...say.when(hasSkipped, skippedTable(view)),
      ...say.when(failed.length > 0, failedTable(failed, view.kind === "tried" ? "" : undefined)),
      ...say.when(
        !hasSkipped && failed.length === 0,
        say.onPage(
          say.note(
            testedAgents(view).length === 0
              ? "No agent was asked for but the baseline."
              : "None: every agent that was asked for was measured.",
          ),
        ),
      ),
    ],
  };
};

const METHOD: readonly string[] = [
  "The unit that counts is the block: every agent runs once and the baseline twice, in an order drawn at random. An agent is compared with the two baselines of the same block, so a machine that grows slower during the run favours none.",
  "A cost is the mean over blocks of the difference; a relative cost is the exponential of the mean logarithm of the ratio. Intervals come from resampling whole blocks. n is the number of blocks, never the number of operations.",
  "Below four blocks no interval is given and a figure is exploratory. Outliers are kept.",
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

/** Where there is nothing to list, only a page says so. */
export const listed = (title: string, texts: readonly string[], none: string): readonly Block[] =>
  texts.length === 0
    ? [say.heading(title), say.note(none)].map(say.onPage)
    : [say.heading(title), say.list(texts)];

export const limitSection = (view: RunView): Section => ({
  id: "limits",
  title: "Limits and method",
  short: "Warnings and method",
  blocks: [
    ...listed("Warnings", view.warnings.map(warningText), "None."),
    ...listed(
      "Not measurable on this node",
      view.notMeasurable.map(notMeasurableText),
      "Nothing that was asked for.",
    ),
    say.onPage(say.heading("How it was measured")),
    say.onPage(say.list(METHOD)),
    say.onPage(say.heading("What the figures do not say")),
    say.onPage(say.list(LIMITS)),
  ],
});
