/** `tare agents`: which sensors can be measured on this node, and how to get those that cannot. */
import { Command } from "commander";
import { loadAgentFiles } from "../../session/agent-files.ts";
import { withTracefs } from "../../session/tracefs.ts";
import { untilAborted } from "../../session/until-aborted.ts";
import { agentLines, entryOf } from "../agent-list.ts";
import type { CliContext } from "../context.ts";
import { collected } from "../flags.ts";
import { worded } from "../screen.ts";
import { installCommand, removeCommand } from "./agents-install.ts";

export const agentsCommand = (context: CliContext): Command => {
  const command = new Command("agents")
    .description("list the agents with their status on this node, or install and remove them")
    .option("--json", "print JSON")
    .option("--agent-file <file>", "also check and list the agent of this YAML file; repeatable", collected)
    .addHelpText(
      "after",
      `
Examples:
  tare agents
  tare agents --json
  tare agents --agent-file my-sensor.yaml
  tare agents install laurel`,
    )
    .action(async (flags: ListFlags) => {
      await listAgents(context, flags);
    });
  command.addCommand(installCommand(context));
  command.addCommand(removeCommand(context));
  return command;
};

interface ListFlags {
  readonly json?: boolean;
  readonly agentFile?: readonly string[];
}

const listAgents = async (context: CliContext, { json, agentFile = [] }: ListFlags): Promise<void> => {
  const known = await context.agents();
  const agents = [...known.values(), ...(await loadAgentFiles(context.host, agentFile, known))];
  const rows = await withTracefs(context, async (signal) => {
    const host = untilAborted(context.host, signal);
    const entries = await Promise.all(agents.map((agent) => entryOf(agent, host)));
    signal.throwIfAborted();
    return entries;
  });
  context.screen.result(worded(json, rows, () => agentLines(rows, context.screen.columns).join("\n")));
};
