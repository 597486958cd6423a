/** `tare clean`: undoes what a killed run left on the node. Every `tare run` does the same before it starts. */
import { Command } from "commander";
import { undoLeftovers } from "../../session/preflight.ts";
import type { CliContext } from "../context.ts";

export const cleanCommand = (context: CliContext): Command =>
  new Command("clean")
    .description("undo what a killed run left on this node (processes, audit rules, cgroups, folders)")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
It reads the journals of killed runs and undoes the last effect first; what is
undone already is left alone. Every run does the same before it starts.

Example:
  tare clean`,
    )
    .action(async (flags: { readonly json?: boolean }) => {
      const found = await undoLeftovers(context);
      if (flags.json === true) context.screen.result(JSON.stringify({ runsCleaned: found }));
      else if (found === 0) context.screen.result("nothing to clean: no killed run left anything");
    });
