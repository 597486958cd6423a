/** `tare agents`: which sensors can be measured on this node, and how to get those that cannot. */
import { Command } from "commander";
import type { CliContext } from "../context.ts";
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
  const rows = await Promise.all(
    agents.map(async (agent) => {
      const probe = await agent.probe(context.host);
      return {
        id: agent.id,
        title: agent.title,
        observes: agent.observes,
        blindSpots: agent.blindSpots,
        status: probe.kind,
        version: probe.kind === "available" ? probe.version : null,
        reason: probe.kind === "available" ? null : probe.reason,
        hint: probe.kind === "available" ? null : probe.hint,
      };
    }),
  );
  if (json) {
    context.screen.result(JSON.stringify(rows, null, 2));
    return;
  }
  const width = Math.max(...rows.map((row) => row.id.length));
  const families = Math.max(...rows.map((row) => row.observes.join(", ").length));
  context.screen.result(
    rows
      .map((row) => {
        const state =
          row.status === "available" ? `ready    ${row.version ?? ""}` : `skipped  ${row.reason ?? ""}`;
        const hint = row.hint === null ? "" : `\n${" ".repeat(width + families + 4)}         ${row.hint}`;
        return `${row.id.padEnd(width)}  ${row.observes.join(", ").padEnd(families)}  ${state}${hint}`;
      })
      .join("\n"),
  );
};
