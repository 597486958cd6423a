/** For an agent that keeps no count of its losses. Saying 0 would turn every missing event into a silent loss that it denies. */
import type { RunningAgent } from "../../domain/agent.ts";
import { missing } from "../../domain/units.ts";

export const noCounter = (why: string): RunningAgent["lost"] => {
  const none = Promise.resolve(missing(why));
  return () => none;
};
