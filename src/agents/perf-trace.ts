/**
 * perf trace over the whole node, as an operator would watch execs, opens and connects: perf-trace(1). Of a pointer it prints the address, unless
 * it was built with BPF programs that fetch what is there; Debian 12's is not. So its lines are counted, not told from each other.
 */
import { defineAgent, type TokenForm, type Workload } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import { TECHNIQUES } from "../domain/techniques/all.ts";
import type { Family } from "../domain/units.ts";
import { awaitLogged } from "./shared/await-start.ts";
import { launch } from "./shared/launch.ts";
import { lostLines } from "./shared/lost-lines.ts";
import { needsCommand, needsRoot, needsTracepoint, syscallTracepoints } from "./shared/obstacle.ts";
import { probeBy, saidBy } from "./shared/probe.ts";
import { EACH_EVENT } from "./shared/loss-counters.ts";
import { UNCONNECTED, URING } from "./shared/techniques.ts";

const CALLS: Readonly<Partial<Record<Family, readonly string[]>>> = {
  exec: ["execve", "execveat"],
  file: ["open", "openat", "openat2", "creat"],
  network: ["connect"],
};

/** perf cuts the last letter off a name of 15. */
const shown = (program: string): string => (program.length < 15 ? `${program}/` : program.slice(0, 14));

/**
 * A line names the process, the call and its result: "noop/123 execve(filename: 0x1, ...) = 0". A call that another line interrupts is told
 * twice, but has a result only once. perf reads one CPU's buffer after another's, so that a process' execve may come before its fork or its new
 * name, and then bears the name of the one that started it.
 */
const formFor = (workloads: readonly Workload[], family: Family): TokenForm => {
  const by = workloads.flatMap((one) => (one.family === family ? (one.emits.by ?? []) : []));
  const names = by.flatMap(({ program, executes }) =>
    executes === undefined ? [program] : [executes, program],
  );
  return { kind: "records", holding: [names.map(shown), by.map(({ call }) => `${call}(`), " = "] };
};

const POINTERS =
  "it prints pointers instead of what they point to, so its lines are counted by the process' name, and one more or fewer cannot be told from loss";

/** perf's own words, on its standard error. */
const LOST = /^LOST (\d+) events!$/;

/** Without -m perf takes what an ordinary user may lock, whatever the size of a page. */
const usualBuffer = async (host: Host): Promise<string> => {
  const kib = await host.readText("/proc/sys/kernel/perf_event_mlock_kb");
  return kib.kind === "value"
    ? `at most ${kib.value.trim()} KiB a CPU (kernel.perf_event_mlock_kb)`
    : "perf's default for each CPU";
};

const OBSERVED = ["exec", "file", "network"] as const satisfies readonly Family[];

export default defineAgent({
  id: "perf-trace",
  title: "perf trace",
  homepage: "https://perfwiki.github.io",
  observes: OBSERVED,
  coverage: {
    claims: [
      {
        of: [...URING, "open-handle"],
        claimed: "nothing",
        why: "operations through io_uring, and opens by handle",
      },
      {
        of: ["open-32-bit-call", "connect-32-bit-call"],
        claimed: "nothing",
        why: "32-bit system calls: its tracepoints are not hit by them",
      },
      { of: UNCONNECTED, claimed: "nothing", why: "datagrams without a connect, and TCP fast open" },
      {
        of: TECHNIQUES.filter(({ asked }) => OBSERVED.some((family) => family === asked)).map(({ id }) => id),
        claimed: "otherwise",
        why: "arguments, paths and addresses: it prints the pointer, so events are counted by the process' name and not told from each other",
      },
    ],
    notes: [],
    gapFor: ({ scenario, emits }) =>
      emits.by === undefined
        ? { extent: "all", why: `it prints no argument, and ${scenario} runs several programs` }
        : { extent: "some", why: POINTERS },
  },
  overload: "drops",
  telling: {
    deeds: {
      exec: /\bexecve(?:at)?\(/,
      open: /\b(?:open|openat|openat2|creat)\(/,
      connect: /\bconnect\(/,
    },
    pid: /\/(\d+) /,
  },
  // A system call is two samples, its entry and its return.
  lossCounter: { ...EACH_EVENT, perEvent: { exec: [1, 2], file: [1, 2], network: [1, 2] } },
  notInGuest:
    "its lines are told by the names of the workload's programs alone, and a start in a guest does not know them",
  packages: ["linux-perf"],
  optIn: "it shows no path, argument or address, so that it tells how much is going on and not what",
  probe: probeBy(
    [
      needsCommand("perf", "perf-trace"),
      needsRoot,
      needsTracepoint("sys_enter_execve"),
      needsTracepoint("sys_enter_openat"),
      needsTracepoint("sys_enter_connect"),
    ],
    "perf",
    saidBy(),
  ),
  start: async (host, context) => {
    const tracepoints = await syscallTracepoints(host);
    const calls = context.families
      .flatMap((family) => CALLS[family] ?? [])
      .filter((call) => tracepoints.includes(`sys_enter_${call}`))
      .join(",");
    const buffers = context.buffers === "smallest" ? ["-m", "1"] : [];
    const spec = { command: "perf", args: ["trace", "-a", "-e", calls, ...buffers] };
    const started = await launch(context, "perf-trace", spec, 5000, ["SIGINT", "SIGTERM"]);
    // It prints to standard error, a line at a time; into a file (-o) it would buffer.
    const events = started.stderr;
    // A process whose name perf learns before it reads its buffer may stay nameless: on a busy node the buffer is full by then. Every look at the
    // file is an open that perf prints.
    if (context.families.includes("file")) {
      await awaitLogged(host, context, /\n/, {
        process: started.process,
        who: "perf trace",
        lacking: "printed no system call",
        log: events,
        every: 100,
        atMost: 20_000,
      });
    }
    const { workloads } = context;
    const forms = Object.fromEntries(context.families.map((family) => [family, formFor(workloads, family)]));
    return {
      processes: [started.process],
      outputs: [{ path: events, forms }],
      logs: [events],
      settings: {
        command: ["perf trace -a -e", calls, ...buffers].join(" "),
        ringBuffer: context.buffers === "smallest" ? "1 page a CPU" : await usualBuffer(host),
        filter: "none",
        counted: "lines of the workload's processes; not told from each other",
      },
      lost: lostLines(host, events, LOST),
    };
  },
});
