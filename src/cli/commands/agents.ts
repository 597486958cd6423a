/** `tare agents`: which sensors can be measured on this node, and how to get those that cannot. */
import { Command } from "commander";
import { agentLines, entryOf } from "../agent-list.ts";
import type { CliContext } from "../context.ts";
import { withTracefs } from "../with-tracefs.ts";
import { installCommand, removeCommand } from "./agents-install.ts";

export const agentsCommand = (context: CliContext): Command => {
  const command = new Command("agents")
    .description("list the agents with their status on this node, or install and remove them")
    .option("--json", "print JSON")
    .action(async (flags: { readonly json?: boolean }) => {
      await listAgents(context, flags.json === true);
    });
  command.addCommand(installCommand(context));
  command.addCommand(removeCommand(context));
  return command;
};

const listAgents = async (context: CliContext, json: boolean): Promise<void> => {
  const agents = [...(await context.agents()).values()];
  const rows = await withTracefs(context, () =>
    Promise.all(agents.map((agent) => entryOf(agent, context.host))),
  );
  context.screen.result(
    json ? JSON.stringify(rows, null, 2) : agentLines(rows, context.screen.columns).join("\n"),
  );
};
