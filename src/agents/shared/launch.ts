/** Starts one of the agent's processes; what it prints goes to files that are named after it. */
import type { AgentContext, AgentOutput, RunningAgent } from "../../domain/agent.ts";
import type { HostProcess, StartSpec, StopProcedure } from "../../domain/host.ts";

type Command = Pick<StartSpec, "command" | "args" | "env">;

export interface Launched {
  readonly process: HostProcess;
  readonly stdout: string;
  readonly stderr: string;
}

export const launch = async (
  context: AgentContext,
  name: string,
  spec: Command,
  graceMs: number,
  signals: StopProcedure["signals"] = ["SIGTERM"],
): Promise<Launched> => {
  const stdout = `${context.directory}/${name}.out`;
  const stderr = `${context.directory}/${name}.err`;
  const process = await context.launch({ ...spec, stdout, stderr }, { signals, graceMs });
  return { process, stdout, stderr };
};

/** A tool that prints its events line by line, and everything else to standard error. It ends at SIGINT, as from a terminal. */
export const startPrinting = async (
  context: AgentContext,
  name: string,
  spec: Command,
  graceMs: number,
  forms: AgentOutput["forms"],
): Promise<Launched & { readonly running: Pick<RunningAgent, "processes" | "outputs" | "logs"> }> => {
  const launched = await launch(context, name, spec, graceMs, ["SIGINT", "SIGTERM"]);
  const { process, stdout, stderr } = launched;
  return {
    ...launched,
    running: { processes: [process], outputs: [{ path: stdout, forms }], logs: [stderr] },
  };
};
