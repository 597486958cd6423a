/**
 * osquery's BPF-based event tables, bpf_process_events and bpf_socket_events, which some versions have: docs/wiki/deployment/process-auditing.md, "Linux
 * process and socket auditing using BPF", of https://github.com/osquery/osquery; columns: specs/linux/bpf_process_events.table and
 * bpf_socket_events.table there; what is read and when it is handed on: osquery/events/linux/bpf/bpfeventpublisher.cpp there. They were removed after
 * 5.23.1 (#8814), so the program itself is asked.
 */
import type { AgentSheet } from "../../domain/agent.ts";
import { noCounter } from "./no-counter.ts";
import { type Check, needsKernel, needsKprobes, needsRoot, needsTracepoint } from "./obstacle.ts";
import { EXPIRED, PROGRAM, SHEET, startOsqueryd } from "./osquery.ts";
import { probeVendor, programPath } from "./vendor-program.ts";

const FLAG = "enable_bpf_events";

/** `--help` lists the flags of this version and ends (docs/wiki/installation/cli-flags.md). */
const needsBpfTables: Check = async (host) => {
  const path = await programPath(host, PROGRAM);
  const { stdout, stderr } = await host.run(path, ["--help"]);
  return new RegExp(`--${FLAG}\\b`).test(stdout + stderr)
    ? undefined
    : {
        reason: `this version has no BPF-based tables: the help of ${path} lists no --${FLAG}`,
        hint: "they were removed after 5.23.1: install that version, or measure osquery@watchdog, whose tables are audit's",
      };
};

/** The publisher's defaults, and the least that its authors name (#6571); below that it may not start. */
const BUFFERS = ["bpf_perf_event_array_exp=10", "bpf_buffer_storage_size=512"];

export const osqueryBpf: AgentSheet = {
  ...SHEET,
  id: "osquery@bpf",
  title: "osquery (BPF), watchdog off",
  coverage: {
    notes: [
      "file: the publisher follows opens for its own state, and no table shows them",
      "operations through io_uring, and system calls of 32-bit programs",
      "of two events with the same nanosecond on two CPUs, one",
      EXPIRED,
    ],
  },
  optIn: "each of its trials waits nine seconds for what it may hold back",
  // The publisher keeps events until they are five seconds old, to put those of all CPUs in order, and looks once a second; then comes a query each
  // second, and one that is late.
  flushIntervalMs: 9000,
  probe: probeVendor(
    [PROGRAM],
    [
      needsRoot,
      needsBpfTables,
      needsKernel(4, 18, "the oldest that its documents name for BPF"),
      // For execve and execveat; all other calls are read at tracepoints.
      needsKprobes,
      needsTracepoint("sys_enter_connect"),
    ],
    ["--version"],
  ),
  start: async (host, context) =>
    await startOsqueryd(host, context, {
      policy: "osquery/bpf.conf",
      flags: [`${FLAG}=true`, ...BUFFERS, "disable_audit=true", "disable_watchdog=true"],
      delivery: "with the next scheduled query, each second, once an event is five seconds old",
      settings: {
        buffers: `${BUFFERS.join(", ")} (its defaults; for a forced overflow too)`,
        systemCalls:
          "26, both tables' and those that it follows processes, files and sockets by; families do not change that",
      },
      lost: noCounter(
        "it counts what its perf buffer lost only for the log of --verbose, and of all 26 system calls that it reads, which says nothing of these events",
      ),
    }),
};
