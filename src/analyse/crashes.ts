/** Agents whose processes ended by themselves: what the other turns show is the cost of an agent that does not stay up. */
import type { Unmeasured } from "../domain/failure.ts";
import type { TurnOutcome } from "../domain/record.ts";
import type { TrialOutcome } from "../domain/trial-outcome.ts";
import type { Warning } from "../domain/warning.ts";
import { whyUnmeasured } from "./agents.ts";
import type { EffectiveRecord } from "./effective-record.ts";

export interface Crashes {
  readonly turns: number;
  readonly ofTurns: number;
  readonly first: Unmeasured | null;
}

const isCrash = (outcome: TurnOutcome | TrialOutcome): boolean =>
  outcome.kind === "failed" && outcome.cause === "crashed";

/** By agent; those that stayed up are not in it. A trial that was done again counts: the crash was real. */
export const crashesIn = ({
  turns,
  trials,
  rejected,
  besides,
}: Pick<EffectiveRecord, "turns" | "trials" | "rejected" | "besides">): ReadonlyMap<string, Crashes> => {
  const crashed = [...trials, ...rejected, ...besides, ...turns].filter(({ outcome }) => isCrash(outcome));
  return new Map(
    [...Map.groupBy(crashed, ({ agent }) => agent)].map(([agent, lines]) => [
      agent,
      {
        turns: new Set(lines.map(({ block, turn }) => `${block}/${turn}`)).size,
        ofTurns: turns.filter((turn) => turn.agent === agent).length,
        first: lines.flatMap(({ outcome }) => whyUnmeasured(outcome) ?? [])[0] ?? null,
      },
    ]),
  );
};

export const crashWarnings = (crashes: ReadonlyMap<string, Crashes>): readonly Warning[] =>
  [...crashes].map(([agent, { turns, ofTurns }]) => ({ kind: "crashed", agent, turns, ofTurns }));
