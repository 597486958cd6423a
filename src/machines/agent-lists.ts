import { join } from "node:path";
import type { Agent } from "../domain/agent.ts";
import type { Scenario } from "../domain/scenario.ts";
import { PLAIN_FAMILIES } from "../domain/units.ts";
import { loadFolder } from "../host/load-folder.ts";
import { CLONE } from "./clone.ts";
import type { Release } from "./guests.ts";

const agents = [...(await loadFolder<Agent>(join(CLONE, "src/agents"))).values()];
const scenarios = [...(await loadFolder<Scenario>(join(CLONE, "scenarios"))).values()];

const packagesOf = (some: readonly Agent[], release: Release): readonly string[] => [
  ...new Set(some.flatMap(({ guestPackages, packages }) => guestPackages?.[release] ?? packages)),
];

export const agentPackages = (release: Release): readonly string[] => packagesOf(agents, release);

/** Of the agents that a run measures without being told to: a guest without a network has no other way to them. */
export const usualPackages = (release: Release): readonly string[] =>
  packagesOf(
    agents.filter(({ optIn }) => optIn === undefined),
    release,
  );

/** Services that these packages enable, and a guest starts without. */
export const SERVICES: readonly string[] = [
  ...new Set(agents.flatMap(({ units = [] }) => units.map((unit) => unit.replace(/\.service$/, "")))),
];

/** Workloads whose operations a smoke run must count. */
export const COUNTED_SCENARIOS: readonly string[] = scenarios
  .filter(
    ({ represents, emits }) =>
      represents === true && PLAIN_FAMILIES.some((family) => family === emits?.family),
  )
  .map(({ id }) => id);
