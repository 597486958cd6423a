/** One row an agent under a load: what became of the events. */
import { ledgerNoteText } from "../words/notes.ts";
import { AT_TRIAL, count, figure, flag, lossCells, LOSSES, maybeFigure, text } from "./columns.ts";
import { defineTable } from "./table.ts";

export const ledger = defineTable({
  name: "ledger",
  summary: "one row an agent under a load: what became of the events, over all trials that count",
  columns: {
    ...AT_TRIAL,
    trials: count("Trials that it is the sum of"),
    blocks: count("Blocks that these are of"),
    operations: count("Operations of the workload, of the kinds that the agent is asked for"),
    delivered: count("Of these, those that the agent told of"),
    ...LOSSES,
    duplicates: count("Further sightings of what was told already"),
    lost_share: figure("Share of the operations that is missing, 0 to 1"),
    lost_share_low: figure("Lower end of its 95 % interval"),
    lost_share_high: figure("Upper end of its 95 % interval"),
    lost_share_error: maybeFigure("Its standard error over blocks"),
    balanced: flag("Delivered and lost are all operations, and the output had come to rest"),
    notes: text("What a reader must know first"),
  },
  rows: ({ view }) =>
    view.ledger.map((row) => ({
      key: [row.agent, row.scenario, row.load, row.placement],
      cells: {
        agent: row.agent,
        scenario: row.scenario,
        load: row.load,
        placement: row.placement,
        trials: row.trials,
        blocks: row.blocks,
        operations: row.operations,
        delivered: row.delivered,
        ...lossCells(row.declaredLost, row.silentLost),
        duplicates: row.duplicates,
        lost_share: row.lossRate.value,
        lost_share_low: row.lossRate.low,
        lost_share_high: row.lossRate.high,
        lost_share_error: row.lossError,
        balanced: row.balanced,
        notes: row.notes.map(ledgerNoteText).join("; "),
      },
    })),
});
