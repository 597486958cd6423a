import { groupsBy } from "./groups.ts";
import type { Unmeasured } from "../domain/failure.ts";
import type { BackpressureOutcome, CoverageOutcome, TrialOutcome, TurnOutcome } from "../domain/record.ts";
import type { AgentView } from "../domain/run-view.ts";
import type { WatchOutcome } from "../domain/watch.ts";
import { type EffectiveRecord, isObserved } from "./effective-record.ts";

export const agentsIn = ({
  header,
  turns,
  trials: timed,
  besides,
  coverages,
  watches,
}: EffectiveRecord): readonly AgentView[] => {
  const trials = [...timed, ...besides];
  return header.agents.map((status): AgentView => {
    const isOwn = ({ agent }: { readonly agent: string }): boolean => agent === status.id;
    const started = turns.filter(isOwn).find(({ outcome }) => outcome.kind === "started");
    // Where nothing but techniques was tried, they tell what a turn would.
    const tried = turns.some(isOwn) ? undefined : coverages.find(isOwn);
    const triedSettings = tried?.outcome.kind === "tried" ? tried.outcome.settings : {};
    // A turn's line comes after those of its trials.
    const reasons = [...trials, ...turns]
      .filter(isOwn)
      .toSorted((a, b) => a.block - b.block || a.turn - b.turn)
      .flatMap(({ outcome }) => whyUnmeasured(outcome) ?? [])
      .concat(tried === undefined ? [] : (whyUnmeasured(tried.outcome) ?? []));
    const watched = watches.filter(isOwn).map(({ outcome }) => outcome);
    const windows = watched.filter(({ kind }) => kind === "measured");
    return {
      ...status,
      settings:
        started?.outcome.kind === "started"
          ? started.outcome.settings
          : (settingsIn(windows) ?? triedSettings),
      measuredTrials: trials.filter(isOwn).filter(isObserved).length + windows.length,
      unmeasured: groupsBy(
        [...reasons, ...watched.flatMap((outcome) => whyUnmeasured(outcome) ?? [])],
        (reason) => JSON.stringify(reason),
      ).map(([first]) => first),
    };
  });
};

const settingsIn = (windows: readonly WatchOutcome[]): AgentView["settings"] | undefined =>
  windows.flatMap((outcome) => (outcome.kind === "measured" ? [outcome.settings] : []))[0];

/** Undefined where it was measured. */
export const whyUnmeasured = (
  outcome: TurnOutcome | TrialOutcome | BackpressureOutcome | CoverageOutcome | WatchOutcome,
): Unmeasured | undefined => {
  switch (outcome.kind) {
    case "started":
    case "measured":
    case "counted":
    case "tried":
      return undefined;
    case "skipped":
      return { kind: "skipped", reason: outcome.reason };
    case "failed": {
      const { lastLines: _, ...failed } = outcome;
      return failed;
    }
  }
};
