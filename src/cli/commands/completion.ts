/** `tare completion`: a script that lets a shell complete commands, flags, agents and scenarios. */
import { Argument, Command } from "commander";
import type { CliContext } from "../context.ts";
import { bashCompletion, zshCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { commandWords, type CommandWords } from "../completion/command-words.ts";
import { LOAD_TESTS } from "../../plan/load-tests.ts";
import { GROUPS } from "../../domain/technique.ts";
import { TECHNIQUES } from "../../domain/techniques/all.ts";
import { ALL } from "../../session/chosen.ts";
import { TOPICS } from "./explain.ts";

const SHELLS: Readonly<Record<string, (commands: readonly CommandWords[]) => string>> = {
  bash: bashCompletion,
  fish: fishCompletion,
  zsh: zshCompletion,
};

export const completionCommand = (context: CliContext): Command =>
  new Command("completion")
    .description("print a script with which a shell completes tare's command line")
    .addArgument(new Argument("<shell>", "which shell").choices(Object.keys(SHELLS)))
    .addHelpText("after", HELP)
    .action(async (shell: string, _flags: unknown, command: Command) => {
      const script = SHELLS[shell];
      if (script === undefined || command.parent === null)
        throw new Error(`commander let the shell "${shell}" pass`);
      const agents = [...(await context.agents()).keys()];
      const known = {
        flags: new Map([
          ["--agents", [ALL, ...agents]],
          ["--scenarios", [...(await context.scenarios()).keys(), ...LOAD_TESTS.keys()]],
          ["--techniques", [...Object.keys(GROUPS), ...TECHNIQUES.map(({ id }) => id)]],
        ]),
        commands: new Map([
          ["agents install", agents],
          ["completion", Object.keys(SHELLS)],
          ["explain", TOPICS],
        ]),
      };
      context.screen.result(script(commandWords(command.parent, known)));
    });

const HELP = `
Examples, for one session:
  source <(tare completion bash)
  source <(tare completion zsh)
  tare completion fish | source
For all sessions, put that line into ~/.bashrc, ~/.zshrc or
~/.config/fish/config.fish.`;
