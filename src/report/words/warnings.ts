/** Warnings, each as one sentence. */
import { EMULATED } from "../../domain/emulation.ts";
import {
  MAX_DISAGREEMENT,
  MAX_PRESSURE_PERCENT,
  MAX_SPIN_CHANGE,
  MAX_STEAL_PERCENT,
  MAX_WALL_OVER_CPU,
} from "../../domain/limits.ts";
import type { NoiseSign } from "../../domain/self-checks.ts";
import { METRICS } from "../../domain/units.ts";
import type { Incident, Warning } from "../../domain/warning.ts";
import { contradictionText } from "./backpressure.ts";
import { cost, count, counted, operationUnderLoad, percent } from "./figures.ts";
import { CONTENDED } from "./notes.ts";
import { checkFailureText } from "./self-checks.ts";

export const warningText = (warning: Warning): string => {
  switch (warning.kind) {
    case "record-problem":
      return `record line ${warning.line}: ${warning.why}`;
    case "check-failed":
      return checkFailureText(warning.failure);
    case "incident":
      return warning.times === 1
        ? incidentText(warning)
        : `${incidentText(warning)} (${warning.times} times)`;
    case "older-method":
      return olderMethodText(warning.method, warning.current);
    case "crashed":
      return `${warning.agent} crashed in ${warning.turns} of ${counted(warning.ofTurns, "turn")}: nothing of it is within budget`;
    case "impossible": {
      const { unit } = METRICS[warning.metric];
      const { value, low, high } = warning.difference;
      const range = low === null || high === null ? "" : ` [${cost(low, unit)}, ${cost(high, unit)}]`;
      return `${warning.agent}, ${operationUnderLoad(warning)}, ${METRICS[warning.metric].title}: ${cost(value, unit)}${range} is less than nothing: what was compared was not the same`;
    }
    case "known-loss":
      return `${warning.agent}, ${warning.scenario} (${warning.load}): ${counted(warning.missing, "event")} of ${count(warning.operations)} missing, which is not what it discards: it lost others too, or the ledger miscounts`;
    case "sometimes-not-read":
      return `${METRICS[warning.metric].title} of ${warning.agent} could not be read in ${warning.missing} of ${counted(warning.readings, "reading")}: ${warning.reasons.join("; ")}`;
    case "noise":
      return `noise: in ${warning.shown} of ${trialsOf(warning.sign, warning.trials)}, ${ABOUT[warning.sign]}`;
    case "noise-not-read":
      return `noise: ${NAMES[warning.sign]} could not be read in ${warning.unread} of ${trialsOf(warning.sign, warning.trials)}, so whether they were disturbed is not known: ${warning.reasons.join("; ")}`;
    case "contended":
      return `wall-clock time, latency and response time are ${CONTENDED}`;
    case "intervals-disagree":
      return `the bootstrap and the t interval differ by more than ${percent(MAX_DISAGREEMENT)} for ${warning.estimates} of ${counted(warning.of, "estimate")}: their blocks are skewed or few`;
    case "backpressure":
      return `${warning.agent}, ${warning.scenario}, forced overflow: ${contradictionText(warning.contradiction)}`;
  }
};

const olderMethodText = (method: string, current: string): string =>
  method === "tare-2026.1"
    ? `made by an older method (${method}, now ${current}) and judged by its rules: the node's CPU time in ticks of 10 ms, one workload process a trial, the warm-up in volume and agent CPU, default budgets on the workload's CPU time alone`
    : `made by another method (${method}, now ${current}): its figures are not those of this one`;

const incidentText = (incident: Incident): string => {
  switch (incident.what) {
    case "interrupted":
      return `run: interrupted: ${doneText(incident)}`;
    case "time-budget":
      return `run: the time budget was used up: ${doneText(incident)}`;
    case "starts-left-out":
      return `run: the time budget was used up: ${incident.done} of ${counted(incident.planned, "start")} under rising load were made`;
    case "resumed":
      return `run: resumed at block ${incident.block}${incident.rebooted ? ", on another boot of the machine" : ""}`;
    case "emulated":
      return `run: ${EMULATED}${evidenceText(incident.evidence)}`;
    case "emulation-unknown":
      return `run: it could not be told whether the CPU is emulated${evidenceText(incident.evidence)}`;
    case "turn-failed":
      return `${incident.agent}: failed at ${incident.stage}: ${incident.message}${saidText(incident.lastLines)}`;
    case "trial-failed":
      return `${placeText(incident)}: trial failed at ${incident.stage}: ${incident.message}${saidText(incident.lastLines)}`;
    case "left-behind":
      return `${incident.agent}: left behind on the node: ${incident.text}`;
    case "foreign":
      return `run: on the node meanwhile, and no agent of this run: ${incident.text}`;
    case "trial-skipped":
      return `${placeText(incident)}: trial skipped: ${incident.reason}`;
    case "undrained":
      return `${placeText(incident)}: its output still grew when the harness stopped waiting: late events count as lost`;
    case "defect":
      return `${placeText(incident)}: ${incident.text}`;
    case "void":
      return `${incident.agent}: ${voidText(incident)}`;
  }
};

const voidText = ({ wish, state, why, trials }: Extract<Incident, { readonly what: "void" }>): string => {
  const when = state === null ? `under its wish ${wish}` : `while it was to be ${state} (wish ${wish})`;
  return trials === 0
    ? `nothing was measured ${when}, which is void: ${why}`
    : `${counted(trials, "trial")} ${when} ${trials === 1 ? "is" : "are"} void and in no figure: ${why}`;
};

const MAX_SAID_LINES = 3;
const MAX_SAID_LENGTH = 240;

/** The end of what it said, which as a rule names the cause. */
const saidText = (lines: readonly string[]): string => {
  const said = lines
    .slice(-MAX_SAID_LINES)
    .map((line) => line.trim())
    .map((line) => (line.length > MAX_SAID_LENGTH ? `${line.slice(0, MAX_SAID_LENGTH)} ...` : line));
  return said.length === 0 ? "" : `; it said last: ${said.map((line) => `"${line}"`).join(", ")}`;
};

const placeText = ({ agent, scenario }: { readonly agent: string; readonly scenario: string }): string =>
  `${agent}, ${scenario}`;

const doneText = ({ blocks, planned }: { readonly blocks: number; readonly planned: number }): string =>
  `${blocks} of ${counted(planned, "planned block")} are complete`;

const evidenceText = (evidence: readonly string[] | null): string =>
  evidence === null ? "" : ` (${evidence.join("; ")})`;

const NAMES: Readonly<Record<NoiseSign["sign"], string>> = {
  steal: "steal",
  "cpu-pressure": "CPU pressure",
  "wall-over-cpu": "wall over CPU time",
  "control-loop": "the control loop",
};

const ABOUT: Readonly<Record<NoiseSign["sign"], string>> = {
  steal: `the hypervisor took more than ${MAX_STEAL_PERCENT} % of the CPU time (steal)`,
  "cpu-pressure": `tasks waited for a CPU for more than ${MAX_PRESSURE_PERCENT} % of the time though no agent ran (pressure)`,
  "wall-over-cpu": `a closed loop took more than ${MAX_WALL_OVER_CPU} times its CPU time (it was kept waiting)`,
  "control-loop": `the control loop changed by more than ${100 * MAX_SPIN_CHANGE} % across the window (the CPU's speed changed)`,
};

const trialsOf = (sign: NoiseSign["sign"], trials: number): string => {
  switch (sign) {
    case "cpu-pressure":
      return counted(trials, "baseline trial");
    case "wall-over-cpu":
      return counted(trials, "closed trial");
    case "steal":
    case "control-loop":
      return counted(trials, "trial");
  }
};
