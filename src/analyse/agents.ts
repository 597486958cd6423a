import { groupsBy } from "./groups.ts";
import type { Unmeasured } from "../domain/failure.ts";
import type { BackpressureOutcome, TrialOutcome, TurnOutcome } from "../domain/record.ts";
import type { AgentView } from "../domain/run-view.ts";
import { type EffectiveRecord, isObserved } from "./effective-record.ts";

export const agentsIn = ({
  header,
  turns,
  trials: timed,
  besides,
}: EffectiveRecord): readonly AgentView[] => {
  const trials = [...timed, ...besides];
  return header.agents.map((status): AgentView => {
    const isOwn = ({ agent }: { readonly agent: string }): boolean => agent === status.id;
    const started = turns.filter(isOwn).find(({ outcome }) => outcome.kind === "started");
    // A turn's line comes after those of its trials.
    const reasons = [...trials, ...turns]
      .filter(isOwn)
      .toSorted((a, b) => a.block - b.block || a.turn - b.turn)
      .flatMap(({ outcome }) => whyUnmeasured(outcome) ?? []);
    return {
      ...status,
      settings: started?.outcome.kind === "started" ? started.outcome.settings : {},
      measuredTrials: trials.filter(isOwn).filter(isObserved).length,
      unmeasured: groupsBy(reasons, (reason) => JSON.stringify(reason)).map(([first]) => first),
    };
  });
};

/** Undefined where it was measured. */
export const whyUnmeasured = (
  outcome: TurnOutcome | TrialOutcome | BackpressureOutcome,
): Unmeasured | undefined => {
  switch (outcome.kind) {
    case "started":
    case "measured":
    case "counted":
      return undefined;
    case "skipped":
      return { kind: "skipped", reason: outcome.reason };
    case "failed": {
      const { lastLines: _, ...failed } = outcome;
      return failed;
    }
  }
};
