import { groupsBy } from "./groups.ts";
import type { Unmeasured } from "../domain/failure.ts";
import type { BackpressureOutcome, TrialOutcome, TurnOutcome } from "../domain/record.ts";
import type { AgentView } from "../domain/run-view.ts";
import type { LoadOutcome } from "../domain/under-load.ts";
import { type EffectiveRecord, isObserved } from "./effective-record.ts";

export const agentsIn = ({ header, turns, trials, loads }: EffectiveRecord): readonly AgentView[] =>
  header.agents.map((status): AgentView => {
    const isOwn = ({ agent }: { readonly agent: string }): boolean => agent === status.id;
    const started = turns.filter(isOwn).find(({ outcome }) => outcome.kind === "started");
    const loaded = loads.filter(({ turn }) => turn.agent === status.id);
    // A turn's line comes after those of its trials.
    const reasons = [...trials, ...turns]
      .filter(isOwn)
      .toSorted((a, b) => a.block - b.block || a.turn - b.turn)
      .flatMap(({ outcome }) => whyUnmeasured(outcome) ?? [])
      .concat(loaded.flatMap(({ outcome }) => whyUnmeasured(outcome) ?? []));
    return {
      ...status,
      settings: started?.outcome.kind === "started" ? started.outcome.settings : settingsIn(loaded),
      measuredTrials:
        trials.filter(isOwn).filter(isObserved).length +
        loaded.filter(({ outcome }) => outcome.kind === "measured").length,
      unmeasured: groupsBy(reasons, (reason) => JSON.stringify(reason)).map(([first]) => first),
    };
  });

/** Of the first start with the buffers that it usually has. */
const settingsIn = (loaded: EffectiveRecord["loads"]): AgentView["settings"] => {
  const own = loaded.find(({ turn, outcome }) => turn.buffer === 1 && outcome.kind === "measured");
  return own?.outcome.kind === "measured" ? own.outcome.settings : {};
};

/** Undefined where it was measured. */
export const whyUnmeasured = (
  outcome: TurnOutcome | TrialOutcome | BackpressureOutcome | LoadOutcome,
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
