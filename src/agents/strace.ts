/**
 * strace, attached to the workload: the worst case that observing can cost. Every system call of the workload stops twice until strace has
 * looked at it, also those that are not asked for: strace can install its seccomp filter (--seccomp-bpf) only in a command that it starts
 * itself. See strace(1).
 */
import { type AgentOutput, defineAgent } from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import type { Family } from "../domain/units.ts";
import { noCounter } from "./shared/no-counter.ts";
import { type Check, needsCommand, needsRoot } from "./shared/obstacle.ts";
import { probeBy, saidBy } from "./shared/probe.ts";
import { EXECVEAT, UNCONNECTED, UNRESOLVED_EXECS, UNRESOLVED_OPENS, URING } from "./shared/techniques.ts";

const FORMS = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "ipv4", before: 'inet_addr("' },
} as const satisfies AgentOutput["forms"];

/** A question mark before a call: it is no error that this machine does not have it (arm64 has no open). */
const CALLS: Readonly<Partial<Record<Family, string>>> = {
  exec: "?execve,?execveat",
  file: "?open,?openat,?openat2,?creat",
  network: "?connect",
};

/**
 * One strace for each line of process numbers that comes in; they end with the processes, or with this. A strace that is told to end lets go
 * of its processes first.
 */
const ATTACHER = `trap 'trap "" TERM; kill $(jobs -p) 2>/dev/null; wait; exit 0' TERM INT HUP
while read -r pids; do "$@" -p "$pids" & done
wait`;

/** Resolves when every thread of the process has a tracer. */
const awaitTracer = async (host: Host, pid: number, signal: AbortSignal): Promise<void> => {
  const traced = await host.until(
    async () => {
      const threads = await host.list(`/proc/${pid}/task`);
      const states = await Promise.all(
        threads.map((thread) => host.readText(`/proc/${pid}/task/${thread}/status`)),
      );
      const all = states.every((state) => state.kind === "value" && /^TracerPid:\t[1-9]/m.test(state.value));
      return states.length > 0 && all ? true : undefined;
    },
    { every: 10, atMost: 5000, signal },
  );
  if (traced.kind === "met") return;
  throw new TareError(
    "run-failed",
    `strace has not attached to process ${pid} within ${traced.seconds} s`,
    "kernel.yama.ptrace_scope=3 forbids it, and a process has one tracer at most",
  );
};

const needsPtrace: Check = async (host) => {
  const scope = await host.readText("/proc/sys/kernel/yama/ptrace_scope");
  return scope.kind === "value" && scope.value.trim() === "3"
    ? {
        reason: "kernel.yama.ptrace_scope is 3: nobody may attach to a process until the next boot",
        hint: "leave it out, or run it in a VM",
      }
    : undefined;
};

/** At a tenth of a millisecond for each system call, and several for an operation, more would take minutes. */
const MAX_OPERATIONS = 100_000;

export default defineAgent({
  id: "strace",
  title: "strace -f, attached to the workload",
  homepage: "https://strace.io",
  observes: ["exec", "file", "network"],
  coverage: {
    claims: [
      {
        of: [...URING, "open-handle"],
        claimed: "nothing",
        why: "operations through io_uring, and opens by handle",
      },
      { of: UNCONNECTED, claimed: "nothing", why: "datagrams without a connect, and TCP fast open" },
      {
        of: ["exec-thread"],
        claimed: "otherwise",
        why: "which process executes where a thread that is not the first does: it tells the thread's number",
      },
      {
        of: [...EXECVEAT, ...UNRESOLVED_EXECS, ...UNRESOLVED_OPENS],
        claimed: "otherwise",
        why: "whole paths where the caller gives none: it shows the caller's words",
      },
    ],
    notes: [
      "every process that it is not attached to: it is started for the workload, not for the node",
      "strings of arguments beyond 32 bytes are cut; paths are not",
    ],
  },
  overload: "blocks",
  telling: {
    deeds: {
      exec: /^\d+ execve(?:at)?\(/,
      open: /^\d+ (?:open|openat|openat2|creat)\(/,
      connect: /^\d+ connect\(/,
    },
    pid: /^(\d+) /,
  },
  notInGuest: "it attaches to each process of a workload, and a guest's script tells it of none",
  packages: ["strace"],
  optIn: "it stops the workload at every system call: the worst case and no sensor, and its trials take long",
  tooManyOperations: (operations) =>
    operations > MAX_OPERATIONS
      ? `each of ${operations} operations would be stopped several times, which takes minutes`
      : undefined,
  probe: probeBy([needsCommand("strace", "strace"), needsRoot, needsPtrace], "strace", saidBy("-V")),
  start: async (host, context) => {
    const events = `${context.directory}/strace.out`;
    const stderr = `${context.directory}/strace.err`;
    const calls = context.families.flatMap((family) => CALLS[family] ?? []).join(",");
    const strace = ["strace", "-f", "-qq", "-A", "-o", events, "-e", `trace=${calls}`, "-e", "signal=none"];
    await host.writeText(events, "");
    const process = await context.launch(
      { command: "sh", args: ["-c", ATTACHER, "sh", ...strace], stdout: "pipe", stderr },
      { signals: ["SIGTERM"], graceMs: 3000 },
    );
    return {
      processes: [process],
      outputs: [{ path: events, forms: FORMS }],
      logs: [stderr],
      attach: async (pids) => {
        process.writeLine(pids.join(","));
        for (const pid of pids) await awaitTracer(host, pid, context.signal);
      },
      settings: {
        command: `strace -f -qq -A -o strace.out -e trace=${calls} -e signal=none -p PID,...`,
        attached: "to the workload's processes, when they have prepared themselves",
        filter: "none in the kernel: every system call stops",
      },
      lost: noCounter("it has no counter: the workload waits for it, so that nothing can be lost on the way"),
    };
  },
});
