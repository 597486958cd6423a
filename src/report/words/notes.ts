/** What a reader must know of an estimate or of a row of the ledger. */
import { EMULATED } from "../../domain/emulation.ts";
import { MAX_DISAGREEMENT } from "../../domain/limits.ts";
import type { LedgerNote, Note } from "../../domain/reason.ts";
import { formatDuration } from "../format.ts";
import { countRange, counted, percent } from "./figures.ts";

export const CONTENDED =
  "not valid under contention: the node's CPUs were busy with other things while no agent ran, and waiting for them counts as wall-clock time";

export const noteText = (note: Note): string => {
  switch (note.kind) {
    case "emulated":
      return EMULATED;
    case "contended":
      return CONTENDED;
    case "exploratory":
      return `exploratory: ${counted(note.blocks, "block")}, an interval needs ${note.needed}`;
    case "constant":
      return "every block gave the same value";
    case "per-operation":
      return "cost of an operation, not of an event: none is counted here";
    case "lower-bound":
      return "lower bound: what kernel threads and daemons did after the window was not read";
    case "intervals-disagree":
      return `the bootstrap and the t interval differ by more than ${percent(MAX_DISAGREEMENT)}`;
    case "no-ratio":
      return "no ratio: a value is not positive";
    case "opposite-signs":
      return "difference and ratio point in opposite directions: the baselines of a block differ by more than the cost";
  }
};

export const ledgerNoteText = (note: LedgerNote): string => {
  switch (note.kind) {
    case "surplus":
      return `${counted(note.events, "event")} delivered for operations that were not done`;
    case "undrained":
      return `in ${note.undrained} of ${counted(note.trials, "trial")} the output still grew when the wait ended: late events count as lost`;
    case "no-counter":
      return `no counter: lost events that the agent does not declare cannot be told from declared ones (${note.reasons.join("; ")})`;
    case "over-declared":
      return `in ${counted(note.trials, "trial")} it declares more than is missing, at least ${counted(note.excess, "event")} in all: its counter counts others' losses as well`;
    case "silent":
      return `${countRange(note.events)} events lost in silence (at least ${percent(note.share)} of the operations)`;
    case "unattributed":
      return `of ${counted(note.events, "event")} it cannot be told whether its counter means them`;
    case "behind":
      return `a burst: ${counted(note.events, "event")} in ${formatDuration(note.windowMs)}, the last told of ${formatDuration(note.lagMs)} later, so buffers held what it was behind with; a longer one may lose`;
  }
};
