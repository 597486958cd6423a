/**
 * perf trace over the whole node, as an operator would watch execs, opens and connects: perf-trace(1). Of a pointer it prints the address, unless
 * it was built with BPF programs that fetch what is there; Debian 12's is not. So its lines are counted, not told from each other.
 */
import { defineAgent } from "../domain/agent.ts";
import type { AgentOutput } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import { missing } from "../domain/units.ts";
import type { Family } from "../domain/units.ts";
import { LostLines } from "./shared/lost-lines.ts";
import {
  firstObstacle,
  needsCommand,
  needsRoot,
  needsTracepoint,
  syscallTracepoints,
} from "./shared/obstacle.ts";
import { versionOf } from "./shared/version.ts";

const CALLS: Readonly<Partial<Record<Family, readonly string[]>>> = {
  exec: ["execve", "execveat"],
  file: ["open", "openat", "openat2", "creat"],
  network: ["connect"],
};

/**
 * A line names the process, the call and its result: "noop/123 execve(filename: 0x1, ...) = 0". A call that another line interrupts is told
 * twice, but has a result only once. perf cuts the last letter off a name of 15. It reads one CPU's buffer after another's, so that a process'
 * execve may come before its fork or its new name, and then bears the name of the one that started it.
 */
const FORMS: AgentOutput["forms"] = {
  exec: { kind: "records", holding: [["noop/", "process-exec/"], "execve(", " = "] },
  file: { kind: "records", holding: ["file-open/", "openat(", " = "] },
  network: { kind: "records", holding: ["network-connec", "connect(", " = "] },
};

/** Workloads whose operations are all done by processes of one name. */
const COUNTED: readonly string[] = ["process-exec", "file-open", "network-connect"];

const POINTERS =
  "it prints pointers instead of what they point to, so its lines are counted by the process' name, and one more or fewer cannot be told from loss";

/** perf's own words, on its standard error. */
const LOST = /^LOST (\d+) events!\n/gm;

/** Without -m perf takes what an ordinary user may lock, whatever the size of a page. */
const usualBuffer = async (host: Host): Promise<string> => {
  const kib = await host.readText("/proc/sys/kernel/perf_event_mlock_kb");
  return kib.kind === "value"
    ? `at most ${kib.value.trim()} KiB a CPU (kernel.perf_event_mlock_kb)`
    : "perf's default for each CPU";
};

const readers = new WeakMap<object, LostLines>();

export default defineAgent({
  id: "perf-trace",
  title: "perf trace",
  homepage: "https://perfwiki.github.io",
  observes: ["exec", "file", "network"],
  blindSpots: [
    "arguments, paths and addresses: it prints the pointer, so events are counted by the process' name and not told from each other",
    "operations through io_uring",
  ],
  overload: "drops",
  residue: "none",
  packages: ["linux-perf"],
  blindTo: ({ scenario }) =>
    COUNTED.includes(scenario)
      ? { extent: "some", why: POINTERS }
      : { extent: "all", why: `it prints no argument, and ${scenario} runs several programs` },
  optIn: "it shows no path, argument or address, so that it tells how much is going on and not what",
  probe: async (host) => {
    const obstacle = await firstObstacle(host, [
      needsCommand("perf", "perf-trace"),
      needsRoot,
      needsTracepoint("sys_enter_execve"),
      needsTracepoint("sys_enter_openat"),
      needsTracepoint("sys_enter_connect"),
    ]);
    if (obstacle !== undefined) return obstacle;
    const path = (await host.which("perf")) ?? "perf";
    return { kind: "available", version: (await versionOf(host, path)) ?? "unknown", path };
  },
  start: async (host, context) => {
    const stdout = `${context.directory}/perf-trace.out`;
    // It prints to standard error, a line at a time; into a file of its own (-o) it would hold lines back.
    const events = `${context.directory}/perf-trace.err`;
    const tracepoints = await syscallTracepoints(host);
    const calls = context.families
      .flatMap((family) => CALLS[family] ?? [])
      .filter((call) => tracepoints.includes(`sys_enter_${call}`))
      .join(",");
    const buffers = context.buffers === "smallest" ? ["-m", "1"] : [];
    const process = await context.launch(
      { command: "perf", args: ["trace", "-a", "-e", calls, ...buffers], stdout, stderr: events },
      { signals: ["SIGINT", "SIGTERM"], graceMs: 5000 },
    );
    return {
      processes: [process],
      outputs: [{ path: events, forms: FORMS }],
      logs: [events],
      settings: {
        command: ["perf trace -a -e", calls, ...buffers].join(" "),
        ringBuffer: context.buffers === "smallest" ? "1 page a CPU" : await usualBuffer(host),
        filter: "none",
        counted: "lines of the workload's processes; not told from each other",
      },
    };
  },
  declaredLoss: async (host, running) => {
    const output = running.outputs[0];
    if (output === undefined) return missing("it was not started");
    const reader = readers.get(running) ?? new LostLines(output.path, LOST);
    readers.set(running, reader);
    return await reader.read(host);
  },
});
