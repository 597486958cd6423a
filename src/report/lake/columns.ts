/** Columns that more than one table has, and how they are typed. Units stand in names, or in the column `unit`. */
import * as z from "zod";
import type { EventRange } from "../../domain/agent.ts";

export const text = (description: string) => z.string().describe(description);
export const maybeText = (description: string) => z.string().nullable().describe(description);
export const count = (description: string) => z.int().describe(description);
export const maybeCount = (description: string) => z.int().nullable().describe(description);
export const figure = (description: string) => z.number().describe(description);
export const maybeFigure = (description: string) => z.number().nullable().describe(description);
export const flag = (description: string) => z.boolean().describe(description);
export const maybeFlag = (description: string) => z.boolean().nullable().describe(description);
export const time = (description: string) => z.iso.datetime().describe(description);
export const maybeTime = (description: string) => z.iso.datetime().nullable().describe(description);

export const AT_TRIAL = {
  agent: text("Agent's id"),
  scenario: text("Workload"),
  load: text("closed, or open@rate"),
  placement: text("pinned or free"),
};

export const LOSSES = {
  declared_lost_low: maybeCount(
    "Lost by the agent's own counter, at least; none: it has no readable counter",
  ),
  declared_lost_high: maybeCount("The same, at most"),
  silent_lost_low: maybeCount("Missing and in no counter, at least; none: it cannot be told"),
  silent_lost_high: maybeCount("The same, at most"),
};

export const lossCells = (declared: EventRange | null, silent: EventRange | null) => ({
  declared_lost_low: declared?.low ?? null,
  declared_lost_high: declared?.high ?? null,
  silent_lost_low: silent?.low ?? null,
  silent_lost_high: silent?.high ?? null,
});
