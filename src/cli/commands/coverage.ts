/** `tare coverage`: what each agent sees, tried, against what its data sheet claims. */
import { Command } from "commander";
import { EXIT } from "../../domain/errors.ts";
import { GROUPS, type Group } from "../../domain/technique.ts";
import { TECHNIQUES } from "../../domain/techniques/all.ts";
import { becomeOwnerOf } from "../../host/privileges.ts";
import { coverageJson } from "../../report/coverage-json.ts";
import { renderJson } from "../../report/json.ts";
import { renderTerminal } from "../../report/terminal.ts";
import { newRun } from "../../session/new-run.ts";
import { writeResults } from "../../session/outputs.ts";
import type { RunSettings } from "../../session/settings.ts";
import type { CliContext } from "../context.ts";
import { exitCodeOfCoverage, exitsWith } from "../exit-code.ts";
import { exitCodesHelp } from "../explain/exit-codes.ts";
import { parseNames } from "../flags.ts";
import { listing } from "../listing.ts";
import { worded } from "../screen.ts";

interface CoverageFlags extends Pick<RunSettings, "agents" | "techniques" | "out" | "allowForeign"> {
  readonly list?: boolean;
  readonly report?: string;
  readonly json?: boolean;
}

export const coverageCommand = (context: CliContext): Command =>
  new Command("coverage")
    .description("try what each agent sees, technique by technique, against what its data sheet claims")
    .option(
      "--agents <list>",
      "agents to try, comma-separated; all: also those by name only (default: all others that run here)",
      parseNames,
    )
    .option(
      "--techniques <list>",
      "techniques, or groups of them, comma-separated (default: all)",
      parseNames,
    )
    .option("--list", "list the techniques; start nothing")
    .option("--out <dir>", "folder for the record and the summaries (default: results/<time>-<host>)")
    .option("--report <file>", "where to write the page (default: reports/<run>.html)")
    .option("--allow-foreign", "try although something else traces this node already")
    .option("--json", "print the matrix (or, with --list, the techniques) as JSON on standard output")
    .addHelpText("after", HELP)
    .action(exitsWith((flags: CoverageFlags) => coverage(context, flags)));

const coverage = async (context: CliContext, flags: CoverageFlags): Promise<number> => {
  const { host, screen } = context;
  if (flags.list === true) {
    screen.result(worded(flags.json, TECHNIQUES, techniqueList));
    return EXIT.withinBudget;
  }
  const { list: _list, report, json, ...settings } = flags;
  const path = await newRun(context, {
    ...settings,
    profile: "quick",
    blocks: 0,
    filesOn: "disk",
    coverage: "alone",
  });
  // The node is as it was: nothing from here on needs root.
  await becomeOwnerOf([path], report);
  const { view, files } = await writeResults(host, path, report);
  screen.result(json === true ? renderJson("coverage", coverageJson(view)) : renderTerminal(view, screen));
  for (const file of files) screen.info(`wrote ${file}`);
  return exitCodeOfCoverage(view);
};

const techniqueList = (): string =>
  (Object.entries(GROUPS) as [Group, string][])
    .map(
      ([group, title]) =>
        `${title} (${group})\n${listing(
          TECHNIQUES.filter((one) => one.group === group).map(({ id, title: what, how }) => [
            id,
            `${what}: ${how}`,
          ]),
        )}`,
    )
    .join("\n\n");

const HELP = `
Each agent is started as where its cost is measured. Then each technique is done
ten times, without load, by processes of their own; what the agent wrote is
searched for each of them:

  +  told with the process that did it and the object that it was done to
  ~  told with a wrong or a relative one of either, or without
  -  not told

Nothing here can harm the node: a module and a kexec are tried by nobody, who is
refused; mounts lie in a mount namespace of their own. What the node cannot do
is skipped, with the reason. It takes about 7 s an agent.

Examples:
  tare coverage                             every agent that runs here
  tare coverage --agents sensor,auditd
  tare coverage --techniques open,exec-memfd    a group, and one more
  tare coverage --list                      the techniques, and how each is done

${exitCodesHelp("coverage")}`;
