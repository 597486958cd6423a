/** A tool that prints its events to standard output, line by line, and everything else to standard error. */
import type { AgentContext, AgentOutput, RunningAgent } from "../../domain/agent.ts";
import type { HostProcess, StartSpec } from "../../domain/host.ts";

export interface PrintingTool {
  readonly process: HostProcess;
  readonly stdout: string;
  readonly stderr: string;
  readonly running: Pick<RunningAgent, "processes" | "outputs" | "logs">;
}

/** Its files are named after it. Such a tool ends at SIGINT, as from a terminal. */
export const startPrinting = async (
  context: AgentContext,
  name: string,
  spec: Pick<StartSpec, "command" | "args" | "env">,
  graceMs: number,
  forms: AgentOutput["forms"],
): Promise<PrintingTool> => {
  const stdout = `${context.directory}/${name}.out`;
  const stderr = `${context.directory}/${name}.err`;
  const process = await context.launch(
    { ...spec, stdout, stderr },
    { signals: ["SIGINT", "SIGTERM"], graceMs },
  );
  return {
    process,
    stdout,
    stderr,
    running: { processes: [process], outputs: [{ path: stdout, forms }], logs: [stderr] },
  };
};
