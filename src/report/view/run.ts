/** A run as sections. A page goes from the decision to its evidence; text ends with what a reader of a terminal sees first. */
import type { RunView } from "../../domain/run-view.ts";
import { componentSection } from "./components.ts";
import { costSection } from "./cost.ts";
import { countSection } from "./counts.ts";
import { cpuSection } from "./cpu.ts";
import { decisionSection } from "./decision.ts";
import { eventSection } from "./events.ts";
import { fleetSection } from "./fleet.ts";
import { latencySection } from "./latency.ts";
import { policySection } from "./policies.ts";
import { limitSection, skippedSection } from "./limits.ts";
import { matrixSection } from "./matrix.ts";
import { memorySection } from "./memory.ts";
import { neighbourSection } from "./neighbours.ts";
import type { Section } from "./section.ts";
import * as say from "./section.ts";
import { sinkSection } from "./sinks.ts";
import { selfCheckSection } from "./self-checks.ts";
import { briefFacts, settingSection } from "./setting.ts";
import { timelineSection } from "./timeline.ts";
import { underLoadSection } from "./under-load.ts";
import { reasonSection, verdictSection } from "./verdicts.ts";
import { atRestSection, churnSection } from "./watched.ts";

/** Where nothing was measured, there is no cost to tell of. */
const triedSections = (view: RunView): readonly Section[] => [
  ...matrixSection(view),
  skippedSection(view),
  settingSection(view),
];

/** Where instructions were counted there is no time to tell of, and no budget of time to judge by. */
const countedSections = (view: RunView): readonly Section[] => [
  countSection(view),
  eventSection(view),
  skippedSection(view),
  settingSection(view),
];

const watchedSections = (view: RunView): readonly Section[] => [
  ...atRestSection(view),
  ...churnSection(view),
];

/** What was done beside blocks. */
const afterwardsSections = (view: RunView): readonly Section[] => [
  ...underLoadSection(view),
  ...watchedSections(view),
];

const besideSections = (view: RunView): readonly Section[] => [
  ...underLoadSection(view),
  ...neighbourSection(view),
  ...watchedSections(view),
  ...matrixSection(view),
];

export const runSections = (view: RunView): readonly Section[] => {
  switch (view.kind) {
    case "tried":
      return triedSections(view);
    case "counted":
      return countedSections(view);
    case "beside":
      return [
        ...besideSections(view),
        ...reasonSection(view),
        skippedSection(view),
        limitSection(view),
        settingSection(view),
      ];
    case "timed":
      return timedSections(view);
  }
};

const timedSections = (view: RunView): readonly Section[] => [
  decisionSection(view),
  ...neighbourSection(view),
  ...policySection(view),
  ...sinkSection(view),
  verdictSection(view),
  selfCheckSection(view),
  costSection(view),
  ...matrixSection(view),
  latencySection(view),
  cpuSection(view),
  memorySection(view),
  eventSection(view),
  ...afterwardsSections(view),
  timelineSection(view),
  fleetSection(view),
  ...reasonSection(view),
  skippedSection(view),
  componentSection(view),
  limitSection(view),
  settingSection(view),
];

/** For a terminal: what matters most stands last, above the prompt. */
export const terminalSections = (view: RunView): readonly Section[] => {
  switch (view.kind) {
    case "tried":
      return [skippedSection(view), ...matrixSection(view)];
    case "counted":
      return [eventSection(view), skippedSection(view), countSection(view)];
    case "beside":
      return [skippedSection(view), limitSection(view), ...besideSections(view).toReversed()];
    case "timed":
      return timedTerminalSections(view);
  }
};

const timedTerminalSections = (view: RunView): readonly Section[] => [
  componentSection(view),
  ...matrixSection(view),
  costSection(view),
  eventSection(view),
  ...afterwardsSections(view),
  verdictSection(view),
  selfCheckSection(view),
  skippedSection(view),
  limitSection(view),
  ...policySection(view),
  ...sinkSection(view),
  ...neighbourSection(view),
  decisionSection(view),
];

/** For a pull request: what matters most stands first. */
export const markdownSections = (view: RunView): readonly Section[] => {
  switch (view.kind) {
    case "tried":
      return triedSections(view);
    case "counted":
      return countedSections(view);
    case "beside":
      return [...besideSections(view), runSection(view), skippedSection(view), limitSection(view)];
    case "timed":
      return timedMarkdownSections(view);
  }
};

const runSection = (view: RunView): Section => ({
  id: "run",
  title: "Run",
  blocks: [say.facts(briefFacts(view))],
});

const timedMarkdownSections = (view: RunView): readonly Section[] => [
  decisionSection(view),
  runSection(view),
  ...neighbourSection(view),
  ...policySection(view),
  ...sinkSection(view),
  verdictSection(view),
  selfCheckSection(view),
  costSection(view),
  ...matrixSection(view),
  eventSection(view),
  ...afterwardsSections(view),
  skippedSection(view),
  componentSection(view),
  limitSection(view),
];
