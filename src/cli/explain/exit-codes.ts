import { EXIT } from "../../domain/errors.ts";
import type { Explanation } from "./explanation.ts";

const BY_NAME: Readonly<Record<keyof typeof EXIT, Explanation>> = {
  withinBudget: {
    title: "done",
    meaning:
      "The command did what was asked. With --budget: every check is within budget. `diff`: nothing is worse. `verify`: whole and reproduced.",
    next: "",
  },
  overBudget: {
    title: "over budget, or worse",
    meaning:
      "`run`, also in guests: at least one agent costs or loses more than the budget that you declared with --budget. `diff`: at least one cost or loss of the new record is worse beyond noise.",
    next: "See which in the table of verdicts or of changes; `tare explain over` says how sure a verdict is, `tare diff --help` when a change counts as worse.",
  },
  usage: {
    title: "usage",
    meaning: "A flag, an id or a file that you gave cannot be used. Nothing was started.",
    next: "The message names the value and what is possible instead; every command has --help.",
  },
  hostUnfit: {
    title: "node unfit",
    meaning:
      "This node lacks something without which the command cannot work: root, kernel types (BTF), room on disk.",
    next: "`tare doctor` lists what is missing with the fix for each.",
  },
  runFailed: {
    title: "run failed",
    meaning:
      "No trial could be measured, or a result could not be written. What was recorded until then is kept.",
    next: "Read the message and the agent's last lines above it; `tare run --resume FOLDER` goes on with the record.",
  },
  inconclusive: {
    title: "inconclusive or invalid",
    meaning:
      "`run` with --budget, also in guests: none is over, but at least one check could not be decided. `diff`: nothing is shown to be worse, and it cannot be told whether it is. `calibrate`: the known answers did not come back, or there are too few blocks to tell. `verify`: the record is damaged, or its summary is not what this tare makes of it.",
    next: "`tare explain inconclusive` and `tare explain invalid` say why that happens and what helps. After `verify`: the lines that it names, and the version that wrote the record.",
  },
  bug: {
    title: "a bug in tare",
    meaning: "Something that must not happen did. What was changed on the node is undone all the same.",
    next: "Please report the printed stack trace with the command and `tare doctor --json`.",
  },
  interrupted: {
    title: "interrupted",
    meaning:
      "Ctrl-C or SIGTERM ended the run. The node is as it was, and every finished trial is in the record.",
    next: "`tare run --resume FOLDER` goes on; `tare report FOLDER` shows what there is.",
  },
};

/** By number, as a shell shows it. */
export const EXIT_CODES: ReadonlyMap<string, Explanation> = new Map(
  (Object.keys(EXIT) as (keyof typeof EXIT)[]).map((name) => [
    String(EXIT[name]),
    { ...BY_NAME[name], title: `exit code ${EXIT[name]}: ${BY_NAME[name].title}` },
  ]),
);
