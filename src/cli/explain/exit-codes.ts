/** Every exit code, documented here and nowhere else: `--help` and `tare explain` print it. */
import { EXIT, type ErrorKind } from "../../domain/errors.ts";
import { listing } from "../listing.ts";
import type { Explanation } from "./explanation.ts";

type Name = keyof typeof EXIT;
type Commands =
  | "run"
  | "diff"
  | "calibrate"
  | "verify"
  | "doctor"
  | "agents install"
  | "vms run"
  | "count"
  | "coverage"
  | "k8s plan"
  | "k8s run"
  | "k8s clean"
  | "send";

interface ExitCode {
  readonly title: string;
  /** What it means after any command; absent where it depends on the command. */
  readonly always?: string;
  /** What it means after one command. */
  readonly of: Readonly<Partial<Record<Commands, string>>>;
  readonly next: string;
}

const CODES: Readonly<Record<Name, ExitCode>> = {
  withinBudget: {
    title: "done",
    of: {
      run: "done; with --budget: every check is within budget",
      diff: "nothing is worse",
      calibrate: "the known answers came back",
      verify: "the record is whole, and its summary was reproduced",
      doctor: "sensors can be measured here",
      "agents install": "all are installed",
      "vms run": "every guest was measured",
      count: "done",
      coverage: "every claim of the data sheets holds",
      "k8s plan": "this bench can be run",
      "k8s run": "every node was measured, every agent is back; with --budget: every check is within budget",
      "k8s clean": "nothing is left, every agent is back",
      send: "every row is there",
    },
    next: "",
  },
  overBudget: {
    title: "over budget, worse, or a wrong claim",
    of: {
      run: "at least one agent costs or loses more than the budget declared with --budget",
      diff: "at least one cost or loss of the new record is worse beyond noise",
      "vms run": "over budget in at least one guest",
      coverage: "at least one claim of a data sheet is wrong",
      "k8s run": "at least one agent costs more than the budget on at least one node; every agent is back",
    },
    next: "See which in the table of verdicts, of changes or of wrong claims; `tare explain over` says how sure a verdict is, `tare diff --help` when a change counts as worse.",
  },
  usage: {
    title: "usage error",
    always:
      "A flag, a name or a file cannot be used as given: unknown, broken, or at odds with another. Nothing was started.",
    of: {
      run: "usage error",
      diff: "the records cannot be compared",
      "vms run": "usage error",
      count: "usage error",
      coverage: "usage error",
      "k8s plan": "usage error: also no such context, DaemonSet or node",
      "k8s run": "usage error: also no such context, DaemonSet or node",
      "k8s clean": "usage error: also no such context or bench",
      send: "usage error, or a record or credentials that cannot be used; nothing was sent",
    },
    next: "Follow the hint under the message; every command has --help.",
  },
  hostUnfit: {
    title: "node unfit",
    always:
      "The node lacks something required (root, kernel types (BTF), room on disk), or is not clean enough to measure on because another sensor traces it.",
    of: {
      run: "node unfit",
      doctor: "something required is missing",
      "agents install": "at least one cannot be installed here by tare",
      "vms run": "none of the guests can be made here",
      count: "no guest can be made here, or what it counts is not the same twice",
      coverage: "node unfit",
      "k8s plan": "no node can be benched, or the cluster does not allow it: the reasons are told",
      "k8s run": "no node can be benched, or the cluster does not allow it; nothing was made",
      "k8s clean": "the cluster does not answer, or does not allow it",
    },
    next: "`tare doctor` lists what is missing, with the fix for each, and what traces the node already.",
  },
  runFailed: {
    title: "run failed",
    always:
      "No trial could be measured, or a result could not be written, most often because the disk is full. What was recorded until then is kept.",
    of: {
      run: "no trial was measured, or the record or its result cannot be written",
      "vms run": "a guest failed or could not be made; the others were measured",
      count: "a guest failed; what was counted before is kept",
      coverage: "nothing could be tried, or the record cannot be written",
      "k8s run": "an agent is not back, or a node was not measured; which, and what to run, is told",
      "k8s clean": "an agent is not back, or something could not be removed; which is told",
      send: "not every row is there; what is not lies beside the record, and the same command goes on",
    },
    next: "Read the message and the agent's last lines above it; `tare run --resume FOLDER` continues the record.",
  },
  inconclusive: {
    title: "inconclusive or invalid",
    of: {
      run: "an agent crashed, was named and not measured, or cost less than nothing; with --budget also: none is over, but at least one check is undecided, invalid or was not measured",
      diff: "cannot tell: too few blocks, different methods, an emulated CPU, a failed self-check, a damaged record, or nothing in common",
      calibrate: "the known answers did not come back, or there are too few blocks to tell",
      verify: "the record is damaged, or this tare makes another summary of it",
      "vms run": "inconclusive or invalid in at least one guest",
      count: "an agent was named and could not be counted; the others were",
      coverage: "an agent was named and could not be tried; the others were",
      "k8s run": "inconclusive or invalid on at least one node, or lines of a record are gone",
    },
    next: "`tare explain inconclusive` and `tare explain invalid` say why that happens and what helps. After `verify`: the lines that it names, and the version that wrote the record.",
  },
  bug: {
    title: "a bug in tare",
    always: "Something that must not happen did. What was changed on the node is undone all the same.",
    of: {
      run: "a bug in tare",
      "vms run": "a bug in tare",
      count: "a bug in tare",
      coverage: "a bug in tare",
      "k8s run": "a bug in tare",
    },
    next: "Please report the printed stack trace with the command and `tare doctor --json`.",
  },
  interrupted: {
    title: "interrupted",
    always:
      "Ctrl-C or SIGTERM ended the run. The node is as it was, and every finished trial is in the record.",
    of: {
      run: "interrupted; the record is kept",
      "vms run": "interrupted",
      count: "interrupted",
      coverage: "interrupted; the record is kept",
      "k8s run":
        "interrupted; with --conductor local the agents are back, else the bench goes on in the cluster",
      send: "interrupted; the same command goes on where it stopped",
    },
    next: "`tare run --resume FOLDER` resumes at the first unfinished block; `tare report FOLDER` shows what there is.",
  },
};

const NAMES = Object.keys(CODES) as Name[];

const meaningOf = ({ always, of }: ExitCode): string =>
  always ??
  Object.entries(of)
    .map(([command, meaning]) => `\`${command}\`: ${meaning}.`)
    .join(" ");

const explanationOf = (name: Name): Explanation => ({
  title: `exit code ${EXIT[name]}: ${CODES[name].title}`,
  meaning: meaningOf(CODES[name]),
  next: CODES[name].next,
});

/** By number, as a shell shows it. */
export const EXIT_CODES: ReadonlyMap<string, Explanation> = new Map(
  NAMES.map((name) => [String(EXIT[name]), explanationOf(name)]),
);

const NAME_OF_KIND: Readonly<Record<ErrorKind, Name>> = {
  usage: "usage",
  "host-unfit": "hostUnfit",
  "run-failed": "runFailed",
  "record-failed": "runFailed",
  interrupted: "interrupted",
};

/** By the kind of the error that ended a command. */
export const ERRORS: ReadonlyMap<string, Explanation> = new Map(
  Object.entries(NAME_OF_KIND).map(([kind, name]) => [kind, explanationOf(name)]),
);

/** For `--help`: those that the command ends with; without a command, all of them. */
export const exitCodesHelp = (command?: Commands): string => {
  const entries = NAMES.flatMap((name) => {
    const meaning = command === undefined ? CODES[name].title : CODES[name].of[command];
    return meaning === undefined ? [] : [[String(EXIT[name]), meaning] as const];
  });
  return `Exit codes:\n${listing(entries)}`;
};
