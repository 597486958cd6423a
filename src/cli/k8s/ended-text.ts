/** What of benches was removed, what is left, and whether every agent is back. */
import { EXIT } from "../../domain/errors.ts";
import type { Ended } from "../../k8s/bench/end.ts";
import { formatNumberOf } from "../../report/format.ts";
import type { Screen } from "../screen.ts";

const removedText = ({ removed }: Ended): string => {
  const parts = [
    [removed.jobs, "Job"],
    [removed.holds, "hold"],
    [removed.places, "place"],
    [removed.leases, "Lease"],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => formatNumberOf(count, what));
  return told.length === 0 ? "nothing was left" : `removed ${told.join(", ")}`;
};

const isBack = ({ outcomes }: Ended): boolean =>
  [...outcomes.values()].every(({ kind }) => kind !== "not-back");

export const sayEnded = (screen: Screen, all: readonly Ended[], json: boolean | undefined): void => {
  if (json === true) {
    screen.result(
      JSON.stringify(
        all.map((ended) => ({ ...ended, outcomes: Object.fromEntries(ended.outcomes) })),
        null,
        2,
      ),
    );
  } else {
    screen.result(
      all
        .map(
          (ended) =>
            `${ended.bench}: ${removedText(ended)}; ${isBack(ended) ? "every agent is back" : "NOT every agent is back"}`,
        )
        .join("\n"),
    );
  }
  for (const { outcomes, left } of all) {
    for (const [node, outcome] of outcomes) {
      if (outcome.kind !== "not-back") continue;
      for (const what of outcome.missing) screen.warn(`${node}: ${what}`);
      for (const command of outcome.run) screen.info(`  ${command}`);
    }
    for (const one of left) screen.warn(`left in the cluster: ${one}`);
  }
};

export const endedCode = (all: readonly Ended[]): number =>
  all.every((ended) => isBack(ended) && ended.left.length === 0) ? EXIT.withinBudget : EXIT.runFailed;
