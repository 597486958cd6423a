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
import { memorySection } from "./memory.ts";
import type { Section } from "./section.ts";
import * as say from "./section.ts";
import { sinkSection } from "./sinks.ts";
import { selfCheckSection } from "./self-checks.ts";
import { briefFacts, settingSection } from "./setting.ts";
import { timelineSection } from "./timeline.ts";
import { underLoadSection } from "./under-load.ts";
import { reasonSection, verdictSection } from "./verdicts.ts";

/** Where instructions were counted there is no time to tell of, and no budget of time to judge by. */
const countedSections = (view: RunView): readonly Section[] => [
  countSection(view),
  eventSection(view),
  skippedSection(view),
  settingSection(view),
];

/** Nothing was repeated in blocks, so that there is no cost to tell of. */
const loadSections = (view: RunView): readonly Section[] => [
  ...underLoadSection(view),
  skippedSection(view),
  limitSection(view),
  settingSection(view),
];

const isLoadAlone = ({ underLoad, trials, run }: RunView): boolean =>
  underLoad !== undefined && trials.length === 0 && run.blocks === 0;

export const runSections = (view: RunView): readonly Section[] => {
  if (isLoadAlone(view)) return loadSections(view);
  return view.counts === undefined ? timedSections(view) : countedSections(view);
};

const timedSections = (view: RunView): readonly Section[] => [
  decisionSection(view),
  ...policySection(view),
  ...sinkSection(view),
  verdictSection(view),
  selfCheckSection(view),
  costSection(view),
  latencySection(view),
  cpuSection(view),
  memorySection(view),
  eventSection(view),
  ...underLoadSection(view),
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
  if (isLoadAlone(view)) return [skippedSection(view), limitSection(view), ...underLoadSection(view)];
  return view.counts === undefined
    ? timedTerminalSections(view)
    : [eventSection(view), skippedSection(view), countSection(view)];
};

const timedTerminalSections = (view: RunView): readonly Section[] => [
  componentSection(view),
  costSection(view),
  eventSection(view),
  ...underLoadSection(view),
  verdictSection(view),
  selfCheckSection(view),
  skippedSection(view),
  limitSection(view),
  ...policySection(view),
  ...sinkSection(view),
  decisionSection(view),
];

/** For a pull request: what matters most stands first. */
export const markdownSections = (view: RunView): readonly Section[] => {
  if (isLoadAlone(view)) return loadSections(view);
  return view.counts === undefined ? timedMarkdownSections(view) : countedSections(view);
};

const timedMarkdownSections = (view: RunView): readonly Section[] => [
  decisionSection(view),
  { id: "run", title: "Run", blocks: [say.facts(briefFacts(view))] },
  ...policySection(view),
  ...sinkSection(view),
  verdictSection(view),
  selfCheckSection(view),
  costSection(view),
  eventSection(view),
  ...underLoadSection(view),
  skippedSection(view),
  componentSection(view),
  limitSection(view),
];
