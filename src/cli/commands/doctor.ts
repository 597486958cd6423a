/** `tare doctor`: what this node can do, what it lacks, and how to get it. */
import { Command } from "commander";
import { EXIT } from "../../domain/errors.ts";
import { probeCapabilities } from "../../host/capabilities.ts";
import { foreignSensors, readNodeState } from "../../observe/node-state.ts";
import type { CliContext } from "../context.ts";

export const doctorCommand = (context: CliContext): Command =>
  new Command("doctor")
    .description("say what this node can measure, what it lacks, and the fix for each")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExit codes: 0 sensors can be measured here, 3 something required is missing.")
    .action(async (flags: { readonly json?: boolean }) => {
      const capabilities = await probeCapabilities(context.host);
      const foreign = foreignSensors(await readNodeState(context.host));
      const fit = capabilities.every((capability) => capability.available || !capability.required);
      if (flags.json === true) {
        context.screen.result(JSON.stringify({ fit, capabilities, foreignSensors: foreign }, null, 2));
      } else {
        const width = Math.max(...capabilities.map((capability) => capability.title.length));
        const lines = capabilities.map((capability) => {
          const mark = capability.available ? "ok " : capability.required ? "NO " : "-  ";
          const fix = capability.fix === "" ? "" : `\n   ${" ".repeat(width)}  fix: ${capability.fix}`;
          return `${mark} ${capability.title.padEnd(width)} ${capability.detail}${fix}`;
        });
        const sensors =
          foreign.length === 0
            ? "Nothing traces this node."
            : `Already on this node (a run is refused without --allow-foreign):\n  ${foreign.join("\n  ")}`;
        const verdict = fit
          ? "Sensors can be measured here."
          : "No sensor can be measured here before the lines marked NO are fixed.";
        context.screen.result(`${lines.join("\n")}\n\n${sensors}\n${verdict}`);
      }
      process.exitCode = fit ? EXIT.withinBudget : EXIT.hostUnfit;
    });
