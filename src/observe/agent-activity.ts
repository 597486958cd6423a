/** What an agent has spent so far, looked at again and again: to tell whether it is at rest. */
import type { Host, KeptFile } from "../domain/host.ts";
import { missing, type Reading, value } from "../domain/units.ts";
import { parseCgroupCpu } from "./cgroup.ts";
import { type CpuFiles, parseSchedstat } from "./cpu.ts";

export interface AgentActivity {
  readonly cpuNs: () => Promise<Reading<number>>;
  readonly close: () => Promise<void>;
}

/** Its files stay open: to open them at every look would give an agent that traces opens something to do. */
export const watchActivity = async (
  host: Host,
  { agentCgroup, agentTasks }: Pick<CpuFiles, "agentCgroup" | "agentTasks">,
): Promise<AgentActivity> => {
  const paths = agentCgroup === undefined ? agentTasks : [agentCgroup];
  const parse = agentCgroup === undefined ? parseSchedstat : parseCgroupCpu;
  const opened = await Promise.all(paths.map((path) => host.openKept(path, "read")));
  const files = opened.flatMap((one): readonly KeptFile[] => (one.kind === "value" ? [one.value] : []));
  return {
    cpuNs: async () => {
      if (files.length === 0) return missing("no file tells what the agent spends");
      let sum = 0;
      for (const file of files) {
        const text = await file.text();
        // A thread that ended spends nothing any more.
        if (text.kind === "value") sum += parse(text.value) ?? 0;
      }
      return value(sum);
    },
    close: async () => {
      for (const file of files) await file.close();
    },
  };
};
