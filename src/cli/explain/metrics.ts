import { METRICS, type MetricId } from "../../domain/units.ts";
import type { Explanation } from "./explanation.ts";

const MEANINGS: Readonly<Record<MetricId, string>> = {
  "workload-cpu":
    "CPU time that the measured program itself was charged for an operation. A BPF program or an audit rule runs inside the program's own system calls, so it shows here. The steadiest cost on a shared node.",
  "system-cpu":
    "CPU time of the whole node for an operation, no matter who spent it: workload, agent, kernel threads. What the agent and its helpers do after the window for its events counts as well, and the cost above the baseline is that of the events that the agent delivered: to lose events does not make it cheaper.",
  wall: "Time on the clock for an operation when the next starts as soon as one ends. The noisiest cost.",
  "latency-p50": "Half of the operations took at most this long from start to end.",
  "latency-p90": "Nine of ten operations took at most this long from start to end.",
  "latency-p99": "99 of 100 operations took at most this long from start to end.",
  "latency-p999": "999 of 1,000 operations took at most this long from start to end.",
  "response-p50":
    "As latency, but from the moment at which an operation was due (open load), so waiting behind a slow one counts. Half took at most this long.",
  "response-p99":
    "As latency, but from the moment at which an operation was due (open load), so waiting behind a slow one counts. 99 of 100 took at most this long.",
  "agent-cpu":
    "CPU time of the agent's own processes for an operation of the workload, with what it still did afterwards for the window's events.",
  "agent-cores": "CPUs that the agent's own processes kept busy while the workload ran.",
  "agent-memory":
    "Memory of the agent's processes as proportional set size: pages that it shares with others count by its share.",
  "agent-memory-peak":
    "The most memory that the kernel charged to the agent's cgroup in one trial. Where the kernel cannot set that figure back (cgroup v2 before Linux 6.12), there is one only of trials in which it rose.",
  "bpf-map-memory":
    "Kernel memory of the BPF maps that the agent holds. It belongs to no process, so other tools miss it.",
  "agent-memory-total":
    "Memory of the agent's processes and of its BPF maps together. What the agent has mapped of a map is in both, and counted once.",
  "output-volume":
    "Bytes that the agent wrote for an event that it delivered, or for an operation where its events are not counted: what a log pipeline would have to carry.",
  instructions:
    "All that the CPU of a counting guest did for an operation, whoever asked for it, with what the agent and kernel threads did for it after the window. The cost above the baseline is that of the events that the agent delivered. Instructions, not time: they know nothing of caches, of memory and of waiting.",
  "instructions-p50": "Half of the operations took at most so many instructions from start to end.",
  "workload-instructions":
    "Instructions of the processes that do the operations. A BPF program or an audit rule runs inside their own system calls, so it shows here.",
  "agent-instructions":
    "Instructions of the agent's own processes for an operation of the workload, with those that it still did afterwards for the window's events.",
};

export const METRIC_EXPLANATIONS: ReadonlyMap<string, Explanation> = new Map(
  (Object.keys(METRICS) as MetricId[]).map((id) => [
    id,
    {
      title: `${METRICS[id].title} (${METRICS[id].unit})`,
      meaning: MEANINGS[id],
      next:
        METRICS[id].kind === "paired"
          ? "Reported as the difference from the node without an agent, paired inside each block."
          : "Reported as it stands: it exists only where the agent runs.",
    },
  ]),
);
