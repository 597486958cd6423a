/**
 * Known losses: agents that discard one event in `m` on purpose, `m` being the end of their name (`calibration-loss@silent-100`).
 *
 * The agent discards in the warm-up too, which the ledger does not count, so its own count is shown beside and not compared.
 * In the window it must have discarded one in `m`, give or take the one that falls over an edge.
 */
import { loadName } from "../domain/scenario.ts";
import { known } from "../domain/units.ts";
import type { KnownLoss } from "../domain/verdict.ts";
import type { MeasuredTrial } from "./current.ts";
import { counted } from "./say.ts";

const DISCARDS = /^calibration-loss@.*?(\d+)$/;
/** A window of n operations holds this many discarded ones more or fewer than n / m. */
const EDGE = 1;

interface OneTrial {
  readonly operations: number;
  readonly missing: number;
  readonly discarded: number;
  readonly declared: number | undefined;
  readonly expected: number;
}

export const knownLosses = (trials: readonly MeasuredTrial[]): readonly KnownLoss[] => {
  const cells = new Map<
    string,
    { readonly place: Pick<KnownLoss, "agent" | "scenario" | "load">; all: OneTrial[] }
  >();
  for (const trial of trials) {
    const one = oneTrial(trial);
    if (one === undefined) continue;
    const place = { agent: trial.agent, scenario: trial.scenario, load: loadName(trial.load) };
    const name = JSON.stringify([place, trial.placement]);
    const cell = cells.get(name) ?? { place, all: [] };
    cells.set(name, cell);
    cell.all.push(one);
  }
  return [...cells.values()].map(({ place, all }) => ({
    ...place,
    operations: total(all, (one) => one.operations),
    discarded: total(all, (one) => one.discarded),
    missing: total(all, (one) => one.missing),
    declared: all.every(({ declared }) => declared !== undefined)
      ? total(all, ({ declared }) => declared ?? 0)
      : null,
    exact: all.every(({ missing, expected }) => Math.abs(missing - expected) <= EDGE),
  }));
};

/** Undefined for other agents, and where the ledger or the agent's own count could not be read. */
const oneTrial = ({ agent, outcome: { ledger, injected } }: MeasuredTrial): OneTrial | undefined => {
  const every = Number(DISCARDS.exec(agent)?.[1]);
  const told = injected === null ? undefined : known(injected);
  if (!(every > 0) || ledger.kind !== "counted" || told === undefined) return undefined;
  return {
    operations: ledger.operations,
    missing: ledger.operations - ledger.delivered,
    discarded: told.discarded,
    declared: known(ledger.declaredLost),
    expected: ledger.operations / every,
  };
};

const total = (all: readonly OneTrial[], pick: (one: OneTrial) => number): number =>
  all.reduce((sum, one) => sum + pick(one), 0);

export const knownLossWarnings = (all: readonly KnownLoss[]): readonly string[] =>
  all
    .filter(({ exact }) => !exact)
    .map(
      ({ agent, scenario, load, missing, operations }) =>
        `${agent}, ${scenario} (${load}): ${counted(missing, "event")} of ${operations.toLocaleString("en-US")} missing, which is not what it discards: it lost others too, or the ledger miscounts`,
    );
