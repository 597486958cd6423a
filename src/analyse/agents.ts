import { groupsBy } from "./groups.ts";
import type { Unmeasured } from "../domain/failure.ts";
import type { BackpressureOutcome, CoverageOutcome, TurnOutcome } from "../domain/record.ts";
import type { TrialOutcome } from "../domain/trial-outcome.ts";
import type { AgentView } from "../domain/run-view.ts";
import type { LoadOutcome } from "../domain/under-load.ts";
import type { WatchOutcome } from "../domain/watch.ts";
import { type EffectiveRecord, isObserved } from "./effective-record.ts";

export const agentsIn = ({
  header,
  turns,
  trials: timed,
  besides,
  coverages,
  loads,
  watches,
  voided,
}: EffectiveRecord): readonly AgentView[] => {
  const trials = [...timed, ...besides];
  const voids = [...voided].flatMap(([line, { why }]) =>
    "agent" in line
      ? [{ agent: line.agent, reason: { kind: "skipped", reason: `void: ${why}` } as const }]
      : [],
  );
  const untried = turns.length > 0 ? [] : (header.plan.coverage?.untried ?? []);
  return header.agents.map((status): AgentView => {
    const isOwn = ({ agent }: { readonly agent: string }): boolean => agent === status.id;
    const started = turns.filter(isOwn).find(({ outcome }) => outcome.kind === "started");
    const loaded = loads.filter(({ turn }) => turn.agent === status.id);
    // Where nothing but techniques was tried, they tell what a turn would.
    const tried = turns.some(isOwn) ? undefined : coverages.find(isOwn);
    const triedSettings = tried?.outcome.kind === "tried" ? tried.outcome.settings : {};
    // A turn's line comes after those of its trials.
    const reasons = [...trials, ...turns]
      .filter(isOwn)
      .toSorted((a, b) => a.block - b.block || a.turn - b.turn)
      .flatMap(({ outcome }) => whyUnmeasured(outcome) ?? [])
      .concat(tried === undefined ? [] : (whyUnmeasured(tried.outcome) ?? []))
      .concat(untried.filter(isOwn).map(({ why }) => ({ kind: "skipped", reason: why })));
    const others = [...loaded, ...watches.filter(isOwn)].map(({ outcome }) => outcome);
    const measured = others.filter(({ kind }) => kind === "measured");
    return {
      ...status,
      settings:
        started?.outcome.kind === "started"
          ? started.outcome.settings
          : (settingsIn(measured) ?? triedSettings),
      measuredTrials: trials.filter(isOwn).filter(isObserved).length + measured.length,
      unmeasured: groupsBy(
        [
          ...reasons,
          ...others.flatMap((outcome) => whyUnmeasured(outcome) ?? []),
          ...voids.filter(isOwn).map(({ reason }) => reason),
        ],
        (reason) => JSON.stringify(reason),
      ).map(([first]) => first),
    };
  });
};

/** Of the first that was measured; a start under rising load with the buffers that it usually has comes first. */
const settingsIn = (outcomes: readonly (LoadOutcome | WatchOutcome)[]): AgentView["settings"] | undefined =>
  outcomes.flatMap((outcome) => (outcome.kind === "measured" ? [outcome.settings] : []))[0];

/** Undefined where it was measured. */
export const whyUnmeasured = (
  outcome: TurnOutcome | TrialOutcome | BackpressureOutcome | CoverageOutcome | LoadOutcome | WatchOutcome,
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
