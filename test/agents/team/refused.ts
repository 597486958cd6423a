/** What is said of a policy that is not taken. */
import { TareError } from "../../../src/domain/errors.ts";
import type { ReadPolicy, TeamAgent } from "../../../src/agents/team/policy.ts";

export const readFile = (team: TeamAgent, text: string, enforcing = false): ReadPolicy =>
  team.read([{ path: "mine", text }], enforcing);

/** `accepted`, or the message; where a hint matters, behind it. */
export const refusedBy = (team: TeamAgent, text: string): string => {
  try {
    readFile(team, text);
  } catch (error) {
    if (error instanceof TareError && error.kind === "usage") return `${error.message} (${error.hint})`;
    throw error;
  }
  return "accepted";
};
