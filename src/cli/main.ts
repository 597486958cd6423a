/** The entry: wires the rooms together. The only place that catches what stops a command, and that decides the exit code. */
import { Command, CommanderError } from "commander";
import { EXIT, TareError } from "../domain/errors.ts";
import { agentsCommand } from "./commands/agents.ts";
import { analyseCommand } from "./commands/analyse.ts";
import { calibrateCommand } from "./commands/calibrate.ts";
import { cleanCommand } from "./commands/clean.ts";
import { completionCommand } from "./commands/completion.ts";
import { diffCommand } from "./commands/diff.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { explainCommand } from "./commands/explain.ts";
import { exportCommand } from "./commands/export.ts";
import { listCommand } from "./commands/list.ts";
import { reportCommand } from "./commands/report.ts";
import { runCommand } from "./commands/run.ts";
import { verifyCommand } from "./commands/verify.ts";
import { vmsCommand } from "./commands/vms.ts";
import { createContext } from "./context.ts";
import { fitHelp } from "./help-text.ts";
import { createScreen } from "./screen.ts";
import { packageVersion } from "./tool-version.ts";

const screen = createScreen();
const COMMANDS = [
  runCommand,
  reportCommand,
  diffCommand,
  analyseCommand,
  exportCommand,
  verifyCommand,
  calibrateCommand,
  vmsCommand,
  listCommand,
  agentsCommand,
  doctorCommand,
  explainCommand,
  cleanCommand,
  completionCommand,
];

/** commander ends the process itself unless told otherwise, and with 1 for a usage error, which here means "over budget". */
const tame = (command: Command): void => {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => {
      screen.result(fitHelp(text));
    },
  });
  for (const child of command.commands) tame(child);
};

/** Throws `usage` for an environment variable that cannot be what it is. */
const wire = async (): Promise<Command> => {
  const context = createContext(screen);
  const program = new Command("tare")
    .description("Measures what a runtime-security sensor costs a node, and what it misses.")
    .version(await packageVersion(context.root))
    .showSuggestionAfterError()
    .addHelpText(
      "after",
      `
Examples:
  tare doctor                        what can this node measure, what not?
  tare run --profile smoke           does everything work here?
  tare run --agents sensor,auditd    what do these two cost, what do they miss?
  tare report results/RUN            the page of a run again
  tare explain inconclusive          what does that word mean, what next?

In a clone, \`npm run tare -- COMMAND\` is the same as \`tare COMMAND\`.

Exit codes: 0 done, 1 over budget or worse, 2 usage, 3 node unfit, 4 run failed, 5 inconclusive or invalid, 70 bug, 130 interrupted; \`tare explain 5\` tells more.`,
    );
  for (const create of COMMANDS) program.addCommand(create(context));
  tame(program);
  return program;
};

try {
  await (await wire()).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
  } else if (error instanceof TareError) {
    screen.info(`${screen.style("red", "error:")} ${error.message}`);
    screen.info(`  ${screen.style("dim", "hint:")} ${error.hint}`);
    process.exitCode = error.exitCode;
  } else {
    screen.info(
      `${screen.style("red", "this is a bug in tare:")} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    process.exitCode = EXIT.bug;
  }
}
