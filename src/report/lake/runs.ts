/** One row a run: what was measured where, and whether it came to its end. */
import { known } from "../../domain/units.ts";
import { count, figure, flag, maybeText, maybeTime, text } from "./columns.ts";
import { defineTable } from "./table.ts";

export const runs = defineTable({
  name: "runs",
  summary: "one row a run: the node, and whether it came to its end",
  columns: {
    kind: text("timed, counted (instructions), tried (coverage alone), or beside (no cost)"),
    profile: text("How much was asked for"),
    ended_at: maybeTime("When the run ended, UTC; none: it was interrupted"),
    complete: flag("It came to its end"),
    blocks: count("Blocks whose turns all ran"),
    trials_measured: count("Trials with a result"),
    trials_skipped: count("Trials that the node cannot do"),
    trials_failed: count("Trials that failed"),
    attempts_given_up: count("Attempts that were done again because of noise"),
    seed: figure("Seed of the order and of the analysis"),
    budget_source: text("Where the budgets come from"),
    distribution: text("Operating system of the node"),
    cpus: count("CPUs that were usable"),
    memory_bytes: figure("Memory of the node"),
    virtualisation: text("What the node runs in"),
    machine_id_hash: maybeText("Of the node's machine ID, which copies of one image share"),
    boot_id: maybeText("Of the boot in which it was measured"),
    record_problems: count("Lines of the record that are damaged"),
  },
  rows: ({ view: { kind, run, host, warnings } }) => [
    {
      key: [],
      cells: {
        kind,
        profile: run.profile,
        ended_at: run.endedAt,
        complete: run.complete,
        blocks: run.blocks,
        trials_measured: run.trials.measured,
        trials_skipped: run.trials.skipped,
        trials_failed: run.trials.failed,
        attempts_given_up: run.rejectedAttempts,
        seed: run.seed,
        budget_source: run.budgetSource,
        distribution: host.distribution,
        cpus: host.cpus,
        memory_bytes: host.memoryBytes,
        virtualisation: host.virtualisation,
        machine_id_hash: known(host.machineIdHash) ?? null,
        boot_id: known(host.bootId) ?? null,
        record_problems: warnings.filter((one) => one.kind === "record-problem").length,
      },
    },
  ],
});
