/** `tare doctor`: what this node can do, what it lacks, and how to get it. */
import { Command } from "commander";
import type { Agent } from "../../domain/agent.ts";
import { EXIT } from "../../domain/errors.ts";
import { baseOf } from "../../domain/installed.ts";
import { probeCapabilities, type Capability } from "../../host/capabilities.ts";
import { baselinePrograms, foreignHolders, foreignSensors, notLooked } from "../../observe/node-changes.ts";
import { readNodeState } from "../../observe/node-state.ts";
import { padEnd, wrap } from "../../report/width.ts";
import type { CliContext } from "../context.ts";
import { exitsWith } from "../exit-code.ts";
import { exitCodesHelp } from "../explain/exit-codes.ts";
import { worded } from "../screen.ts";

export const doctorCommand = (context: CliContext): Command =>
  new Command("doctor")
    .description("say what this node can measure, what it lacks, and the fix for each")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  tare doctor
  tare doctor --json
  tare doctor || exit   # in a script: only where sensors can be measured

${exitCodesHelp("doctor")}`,
    )
    .action(exitsWith((flags: { readonly json?: boolean }) => diagnose(context, flags.json === true)));

const diagnose = async (context: CliContext, json: boolean): Promise<number> => {
  const { host, screen } = context;
  const capabilities = await probeCapabilities(host);
  const state = await readNodeState(host);
  const holders = await foreignHolders(host, state);
  const foreign = foreignSensors(state, holders);
  const attachable = attachableAmong(
    [...holders.values()].map(({ name }) => name),
    await context.agents(),
  );
  const [baseline, unknown] = [baselinePrograms(state), notLooked(state)];
  const fit = capabilities.every((capability) => capability.available || !capability.required);
  const verdict = fit
    ? "Sensors can be measured here."
    : "No sensor can be measured here before the lines marked NO are fixed.";
  screen.result(
    worded(
      json,
      {
        fit,
        capabilities,
        foreignSensors: foreign,
        attachable,
        baselinePrograms: baseline,
        notLooked: unknown,
      },
      () =>
        [...sectionsOf(capabilities), ...tracingOf(foreign, attachable, baseline, unknown), verdict].join(
          "\n\n",
        ),
    ),
  );
  return fit ? EXIT.withinBudget : EXIT.hostUnfit;
};

/** Agents that run here as units and that tare knows by the names of their programs. */
export const attachableAmong = (
  names: readonly string[],
  agents: ReadonlyMap<string, Agent>,
): readonly string[] => {
  const known = [...agents.values()].filter(({ units }) => units !== undefined).map(({ id }) => baseOf(id));
  return [...new Set(known)].filter((id) => names.some((name) => name.startsWith(id)));
};

/** What traces the node already, as far as it could be looked. */
const tracingOf = (
  foreign: readonly string[],
  attachable: readonly string[],
  baseline: readonly string[],
  unknown: readonly string[],
): readonly string[] => {
  const listed = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [`${title}:\n  ${lines.join("\n  ")}`];
  return [
    ...listed("Already on this node (a run is refused without --allow-foreign)", foreign),
    ...listed(
      "Of these, measured as their owner runs them by",
      attachable.map((id) => `--attach ${id}`),
    ),
    ...listed("Loaded by the system itself, so part of every baseline", baseline),
    ...listed("Could not be looked at, so what traces this node is not known", unknown),
    ...(foreign.length + unknown.length === 0 ? ["Nothing traces this node."] : []),
  ];
};

const COLUMNS = 80;
const MARK = "ok   ";
/** Text that belongs to a title begins below it. */
const INDENT = " ".repeat(MARK.length);

const sectionsOf = (capabilities: readonly Capability[]): readonly string[] => {
  const width = Math.max(...capabilities.map(({ title }) => title.length)) + 2;
  return [
    ["Needed for any measurement", capabilities.filter(({ required }) => required)] as const,
    ["Makes a measurement better", capabilities.filter(({ required }) => !required)] as const,
  ].map(([title, found]) => [title, ...found.flatMap((one) => linesOf(one, width))].join("\n"));
};

const linesOf = (capability: Capability, width: number): readonly string[] => {
  const { available, required, title, detail, without, fix } = capability;
  const mark = available ? MARK : required ? "NO   " : "-    ";
  const [first = "", ...rest] = wrap(detail, COLUMNS - MARK.length - width);
  const below = [`without it: ${without}`, `fix: ${fix}`].flatMap((line) =>
    wrap(line, COLUMNS - MARK.length).map((part) => INDENT + part),
  );
  return [
    mark + padEnd(title, width) + first,
    ...rest.map((line) => INDENT + padEnd("", width) + line),
    ...(available ? [] : below),
  ];
};
