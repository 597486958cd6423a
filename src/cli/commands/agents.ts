/** `tare agents`: which sensors can be measured on this node, and how to get those that cannot. */
import { Command } from "commander";
import { TareError } from "../../domain/errors.ts";
import { installPackages } from "../../host/install-packages.ts";
import type { CliContext } from "../context.ts";
import { choose } from "../context.ts";

export const agentsCommand = (context: CliContext): Command => {
  const command = new Command("agents")
    .description("list the agents with their status on this node, or install one")
    .option("--json", "print JSON")
    .action(async (flags: { readonly json?: boolean }) => {
      await listAgents(context, flags.json === true);
    });
  command
    .command("install")
    .description("install agents from Debian's archive; nothing is started or enabled by it")
    .argument("[id...]", "agents to install")
    .option("--missing", "every agent that Debian has and this node lacks")
    .option("--quiet", "say nothing about agents that are there already")
    .addHelpText("after", "\nExample: tare agents install auditd bpftrace")
    .action(
      async (ids: readonly string[], flags: { readonly missing?: boolean; readonly quiet?: boolean }) => {
        await install(context, ids, flags);
      },
    );
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

const install = async (
  context: CliContext,
  ids: readonly string[],
  flags: { readonly missing?: boolean; readonly quiet?: boolean },
): Promise<void> => {
  const all = await context.agents();
  if (ids.length === 0 && flags.missing !== true) {
    throw new TareError(
      "usage",
      "no agent named",
      "for example `tare agents install auditd`, or --missing for all that Debian has",
    );
  }
  const chosen = flags.missing === true ? [...all.values()] : choose("agent", ids.join(","), all);
  for (const agent of chosen) {
    if (agent.packages.length === 0) {
      if (flags.missing !== true) context.screen.note(`${agent.id}: there is no Debian package to install`);
      continue;
    }
    const done = await installPackages(context.host, agent.packages);
    if (done.length > 0)
      context.screen.note(`${agent.id}: installed ${done.join(", ")}; not started, not enabled`);
    else if (flags.quiet !== true) context.screen.note(`${agent.id}: is installed already`);
  }
};
