/** What an agent delivered and lost of one operation. */
import type { EventRange } from "../../../../src/domain/agent.ts";
import { loadName } from "../../../../src/domain/scenario.ts";
import type { LedgerRow } from "../../../../src/domain/verdict.ts";
import type { AgentModel, OperationModel } from "./models.ts";

const exactly = (events: number): EventRange => ({ low: events, high: events });

const silentOf = (missed: number, declared: number | null): EventRange | null =>
  declared === null && missed > 0 ? null : exactly(missed - (declared ?? 0));

export const ledgerOf = (at: OperationModel, agent: AgentModel): readonly LedgerRow[] => {
  if (at.family === undefined || !agent.observes.includes(at.family)) return [];
  const missed = Math.round(at.operations * agent.loss * (at.family === "file" ? 1 : 0.1));
  const declared = agent.declares === null ? null : Math.round(missed * agent.declares * 0.92);
  const rate = missed / at.operations;
  const half = 1.96 * Math.sqrt((rate * (1 - rate)) / at.operations);
  return [
    {
      agent: agent.id,
      scenario: at.scenario,
      load: loadName(at.load),
      placement: "pinned",
      trials: 12,
      blocks: 12,
      operations: at.operations,
      delivered: at.operations - missed,
      declaredLost: declared === null ? null : exactly(declared),
      silentLost: silentOf(missed, declared),
      duplicates: 0,
      lossRate:
        missed === 0
          ? { value: 0, low: 0, high: 3.69 / at.operations }
          : { value: rate, low: rate - half, high: rate + half },
      lossError: missed === 0 ? 0 : half / 2.2,
      balanced: true,
      notes: declared === null ? [{ kind: "no-counter", reasons: ["it has no counter"] }] : [],
    },
  ];
};
