/** `tare list`: the agents, scenarios and profiles that there are. */
import { Command } from "commander";
import { PROFILE_IDS } from "../../domain/plan.ts";
import { LOAD_TESTS } from "../../plan/load-tests.ts";
import { PROFILES } from "../../plan/profiles.ts";
import type { CliContext } from "../context.ts";
import { listing } from "../listing.ts";
import { worded } from "../screen.ts";

export const listCommand = (context: CliContext): Command =>
  new Command("list")
    .description("list scenarios, agents and profiles")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  tare list
  tare list --json`,
    )
    .action(async (flags: { readonly json?: boolean }) => {
      const scenarios = [...(await context.scenarios()).values()];
      const agents = [...(await context.agents()).values()];
      const listed = {
        scenarios: scenarios.map(({ id, title, summary, emits, operations }) => ({
          id,
          title,
          summary,
          operations,
          family: emits?.family ?? null,
        })),
        agents: agents.map(({ id, title, observes, overload, homepage }) => ({
          id,
          title,
          observes,
          overload,
          homepage,
        })),
        underLoad: [...LOAD_TESTS.values()].map(({ id, summary }) => ({ id, summary })),
        profiles: PROFILE_IDS.map((id) => PROFILES[id]),
      };
      const lines = [
        "Scenarios",
        listing(scenarios.map(({ id, summary }) => [id, summary])),
        "\nUnder rising load (docs/load.md)",
        listing([...LOAD_TESTS.values()].map(({ id, summary }) => [id, summary])),
        "\nAgents (`tare agents` says which of them run here)",
        listing(
          agents.map(({ id, title, observes }) => [id, `${title}: ${observes.join(", ") || "nothing"}`]),
        ),
        "\nProfiles",
        listing(PROFILE_IDS.map((id) => [id, PROFILES[id].summary])),
      ];
      context.screen.result(worded(flags.json, listed, () => lines.join("\n")));
    });
