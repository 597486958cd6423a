/**
 * Known losses: agents that discard one event in so many on purpose.
 *
 * The agent discards in the warm-up too, which the ledger does not count, so its own count is shown beside and not compared.
 * In the window it must have discarded its share, give or take the one that falls over an edge.
 */
import { type Roles, injectedBy } from "../domain/roles.ts";
import type { KnownLoss } from "../domain/self-checks.ts";
import { known } from "../domain/units.ts";
import type { MeasuredTrial } from "./effective-record.ts";
import { countedGroups, declaredIn, total } from "./ledger.ts";

/** A window of n operations holds this many discarded ones more or fewer than its share. */
const EDGE = 1;

/** Without trials of which the ledger or the agent's own count could not be read. */
export const knownLosses = (trials: readonly MeasuredTrial[], agents: Roles): readonly KnownLoss[] =>
  countedGroups(trials).flatMap(
    ({ at: { agent, scenario, load }, trials: counted }): readonly KnownLoss[] => {
      const injects = injectedBy(agents, agent);
      const told = counted.flatMap(({ outcome: { ledger, injected } }) => {
        const own = injected === null ? undefined : known(injected);
        return own === undefined ? [] : [{ ...ledger, discarded: own.discarded }];
      });
      if (injects?.kind !== "loss" || told.length === 0) return [];
      return [
        {
          agent,
          scenario,
          load,
          operations: total(told, ({ operations }) => operations),
          discarded: total(told, ({ discarded }) => discarded),
          missing: total(told, ({ operations, delivered }) => operations - delivered),
          declared: declaredIn(told),
          exact: told.every(
            ({ operations, delivered }) =>
              Math.abs(operations - delivered - operations / injects.every) <= EDGE,
          ),
        },
      ];
    },
  );
