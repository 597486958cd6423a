/** The entry: wires the rooms together. The only place that catches what stops a command, and that decides the exit code. */
import { Command, CommanderError } from "commander";
import { EXIT, TareError } from "../domain/errors.ts";
import { packageVersion } from "../session/tool-version.ts";
import { createContext, type CliContext } from "./context.ts";
import { exitCodeOfError } from "./exit-code.ts";
import { exitCodesHelp } from "./explain/exit-codes.ts";
import { createScreen } from "./screen.ts";

const screen = createScreen();
/** Loaded when they are asked for: all of them take the better part of a second. */
const COMMANDS: Readonly<Record<string, () => Promise<(context: CliContext) => Command>>> = {
  run: async () => (await import("./commands/run.ts")).runCommand,
  report: async () => (await import("./commands/report.ts")).reportCommand,
  diff: async () => (await import("./commands/diff.ts")).diffCommand,
  analyse: async () => (await import("./commands/analyse.ts")).analyseCommand,
  export: async () => (await import("./commands/export.ts")).exportCommand,
  send: async () => (await import("./commands/send.ts")).sendCommand,
  verify: async () => (await import("./commands/verify.ts")).verifyCommand,
  calibrate: async () => (await import("./commands/calibrate.ts")).calibrateCommand,
  coverage: async () => (await import("./commands/coverage.ts")).coverageCommand,
  count: async () => (await import("./commands/count.ts")).countCommand,
  vms: async () => (await import("./commands/vms.ts")).vmsCommand,
  k8s: async () => (await import("./commands/k8s.ts")).k8sCommand,
  list: async () => (await import("./commands/list.ts")).listCommand,
  agents: async () => (await import("./commands/agents.ts")).agentsCommand,
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
  explain: async () => (await import("./commands/explain.ts")).explainCommand,
  clean: async () => (await import("./commands/clean.ts")).cleanCommand,
  completion: async () => (await import("./commands/completion.ts")).completionCommand,
};

/** The command that is called, where that is clear; help, a mistyped name and a shell's completion need all of them. */
const wanted = (): readonly string[] => {
  const [name = ""] = process.argv.slice(2);
  return name !== "completion" && Object.hasOwn(COMMANDS, name) ? [name] : Object.keys(COMMANDS);
};

/** commander ends the process itself unless told otherwise, and with 1 for a usage error, which here means "over budget". */
const tame = (command: Command): void => {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => {
      screen.result(text);
    },
  });
  for (const child of command.commands) tame(child);
};

/** Throws `usage` for an environment variable that cannot be what it is. */
const wire = async (): Promise<Command> => {
  const context = createContext(screen);
  const program = new Command("tare")
    .description("Measures what a runtime-security sensor costs a node, and what it misses.")
    .version(await packageVersion(context.host))
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

${exitCodesHelp()}

\`tare explain 5\` says what a code means for each command.`,
    );
  for (const name of wanted()) {
    const create = await COMMANDS[name]?.();
    if (create !== undefined) program.addCommand(create(context));
  }
  tame(program);
  return program;
};

const showError = (error: unknown): void => {
  if (error instanceof TareError) {
    screen.error(
      `${screen.style("red", "error:")} ${error.message}\n  ${screen.style("dim", "hint:")} ${error.hint}`,
    );
    return;
  }
  screen.error(
    `${screen.style("red", "this is a bug in tare:")} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
};

// Where there is something to undo, whoever does that listens too, and the error ends up below.
process.on("uncaughtException", (error) => {
  if (process.listenerCount("uncaughtException") > 1) return;
  showError(error);
  process.exit(exitCodeOfError(error));
});

try {
  await (await wire()).parseAsync();
} catch (error) {
  // commander has shown its own errors, and ends with an error after --help and --version too.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
  else {
    showError(error);
    process.exitCode = exitCodeOfError(error);
    // What was left as it is may still be going on.
    if (process.exitCode === EXIT.interrupted) process.exit();
  }
}
