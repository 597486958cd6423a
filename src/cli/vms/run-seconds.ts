/** How long the run in a guest takes, by the plan that will most likely be made there. */
import { buildPlan } from "../../plan/build-plan.ts";
import { forecastSeconds } from "../../plan/duration.ts";
import type { Profile } from "../../plan/profiles.ts";
import { chosenAgents, chosenScenarios } from "../../session/chosen.ts";
import { lengthOf } from "../../session/settings.ts";
import type { CliContext } from "../context.ts";
import { parseNames, parseWhole } from "../flags.ts";
import type { VmsSettings } from "./settings.ts";

/** `scale`: the value of TARE_VM_TIMEOUT_SCALE, which makes every pause longer. */
export const runSeconds = async (
  context: CliContext,
  flags: Pick<VmsSettings, "agents" | "agentsFrom" | "scenarios" | "blocks">,
  profile: Profile,
  scale = 1,
): Promise<Readonly<Record<"native" | "emulated", number>>> => {
  const namesIn = (list: string | undefined): readonly string[] | undefined =>
    list === undefined ? undefined : parseNames(list);
  const named = namesIn(flags.agents);
  const agents = chosenAgents(named, profile, await context.agents()).filter(
    // What has a vendor's release is in no box; whoever names an agent sees to it that it gets there.
    ({ release }) => release === undefined || named !== undefined || flags.agentsFrom !== undefined,
  );
  const scenarios = await context.scenarios();
  const workloads = [...scenarios.values()].filter(({ represents }) => represents === true);
  const secondsOf = (emulated: boolean): number => {
    const plan = buildPlan({
      ...lengthOf({
        profile: profile.id,
        filesOn: "disk",
        ...(flags.blocks === undefined ? {} : { blocks: parseWhole("--blocks", flags.blocks, 1) }),
      }),
      seed: 1,
      profile,
      agents,
      ...(profile.underLoad === undefined ? {} : { underLoad: "usual" as const, workloads }),
      scenarios: chosenScenarios(namesIn(flags.scenarios), scenarios, agents, profile, emulated),
      filesOn: "disk",
      budgets: [],
      budgetSource: "none",
    });
    return forecastSeconds(plan, emulated, scale);
  };
  return {
    native: secondsOf(false),
    emulated: secondsOf(true),
  };
};
