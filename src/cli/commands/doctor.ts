/** `tare doctor`: what this node can do, what it lacks, and how to get it. */
import { Command } from "commander";
import { EXIT } from "../../domain/errors.ts";
import { probeCapabilities, type Capability } from "../../host/capabilities.ts";
import { foreignSensors, readNodeState } from "../../observe/node-state.ts";
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

const diagnose = async ({ host, screen }: CliContext, json: boolean): Promise<number> => {
  const capabilities = await probeCapabilities(host);
  const foreign = foreignSensors(await readNodeState(host));
  const fit = capabilities.every((capability) => capability.available || !capability.required);
  const sensors =
    foreign.length === 0
      ? "Nothing traces this node."
      : `Already on this node (a run is refused without --allow-foreign):\n  ${foreign.join("\n  ")}`;
  const verdict = fit
    ? "Sensors can be measured here."
    : "No sensor can be measured here before the lines marked NO are fixed.";
  screen.result(
    worded(json, { fit, capabilities, foreignSensors: foreign }, () =>
      [...sectionsOf(capabilities), sensors, verdict].join("\n\n"),
    ),
  );
  return fit ? EXIT.withinBudget : EXIT.hostUnfit;
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
