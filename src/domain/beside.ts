/** What a trial of a service has beside it, as it is planned, and what became of it (docs/neighbour.md). */
import * as z from "zod";
import type { From } from "./schema.ts";
import { Count, Figure, NumberReading } from "./units.ts";

export const Setting = z.enum(["shared", "apart", "low-weight", "agent-quota"]).meta({
  id: "neighbourSetting",
  description:
    "Where service, storm and agent run. `shared`: all of them on all CPUs. `apart`: the service on the last CPU, the storm on the others. `low-weight`: as `shared`, the storm's cgroup with a weight of 10 instead of 100. `agent-quota`: as `shared`, the agent's cgroup with a fifth of a CPU.",
});
export type Setting = From<typeof Setting>;

/** Of a CPU, for everything that the agent runs. */
export const AGENT_QUOTA = 0.2;
/** As version 2 of the cgroups counts: 100 is what every cgroup has. */
export const LOW_WEIGHT = 10;
export const USUAL_WEIGHT = 100;

export const Storm = z
  .object({
    id: z.string().describe("Part of its tokens. None of its events is counted."),
    scenario: z.string().describe("Whose operations it does."),
    ratePerSecond: z.number().positive().describe("Of each of its processes, of which every CPU gets one."),
  })
  .meta({ id: "storm" });
export type Storm = From<typeof Storm>;

export const Beside = z
  .object({ setting: Setting, storm: Storm.exactOptional().describe("Absent: the service is alone.") })
  .meta({ id: "beside", description: "What runs beside the workload of a trial." });
export type Beside = From<typeof Beside>;

/** The same service is alone under a low weight of what does not run. */
export const QUIET_OF: Readonly<Record<Setting, Setting>> = {
  shared: "shared",
  apart: "apart",
  "low-weight": "shared",
  "agent-quota": "agent-quota",
};

export const StormReading = z
  .object({
    processes: Count,
    askedPerSecond: Figure.describe("Operations a second, of all of them."),
    startsPerSecond: NumberReading.describe(
      "Processes that were started on the node in the window, a second, the service's own among them: what a storm of process starts came to.",
    ),
  })
  .meta({ id: "stormReading" });
export type StormReading = From<typeof StormReading>;

/** What is planned for a scenario that is such a service: in which settings, by how much a profile asks for. */
export interface BesidePlan {
  readonly storm: Omit<Storm, "id">;
  readonly settings: Readonly<Record<"small" | "medium" | "large", readonly Setting[]>>;
}

/** Process starts are what builds and scripts come in storms of, and every sensor watches them. */
export const BESIDE_STARTS: BesidePlan = {
  storm: { scenario: "process-exec", ratePerSecond: 3000 },
  settings: { small: ["shared"], medium: ["shared", "apart"], large: Setting.options },
};

export const BY_NAME_ONLY = "a service beside a storm takes minutes, and the storm is felt by the whole node";
