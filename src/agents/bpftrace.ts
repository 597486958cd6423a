/**
 * bpftrace with one program of tracepoints: what an operator would write to watch execs, opens and connects, or only what a detection
 * team keeps of them.
 * Language and environment variables: https://github.com/bpftrace/bpftrace/blob/master/man/adoc/bpftrace.adoc and bpftrace(8).
 */
import {
  type AgentContext,
  type AgentOutput,
  type AgentSheet,
  type GuestContext,
  type GuestStart,
  defineVariants,
  type RunningAgent,
} from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import { type Check, needsBtf, needsCommand, needsRoot, needsTracepoint } from "./shared/obstacle.ts";
import { fitArchitecture, fitProgram } from "./shared/bpftrace-program.ts";
import { prefixBytes, refuseCutPaths } from "./shared/path-room.ts";
import { perfLoss } from "./shared/perf-loss.ts";
import { readPolicy } from "./shared/policy.ts";
import { startPrinting } from "./shared/launch.ts";
import { probeBy, saidBy } from "./shared/probe.ts";
import { EACH_EVENT } from "./shared/loss-counters.ts";

/** Pages of 4, 16 or 64 KiB for each CPU. */
const PERF_PAGES = { usual: 64, smallest: 1 } as const;

const FORMS: AgentOutput["forms"] = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "ipv4", before: "addr=" },
  "high-value": { kind: "text" },
};

interface Variant {
  readonly sheet: Pick<AgentSheet, "id" | "title" | "observes" | "coverage" | "optIn">;
  readonly needs: readonly Check[];
  readonly policy: string;
  /** A BPF program's stack holds 512 bytes: all strings of an event must fit. */
  readonly stringBytes: number;
  /** What the policy asks for; refuses a directory that would not fit into it. */
  readonly values: (context: AgentContext) => Readonly<Record<string, string>>;
}

const start = async (host: Host, context: AgentContext, variant: Variant): Promise<RunningAgent> => {
  const program = `${context.directory}/tare.bt`;
  const policy = await readPolicy(
    host,
    `bpftrace/${variant.policy}`,
    variant.values(context),
    context.families,
  );
  const text = await fitProgram(host, policy);
  const pages = PERF_PAGES[context.buffers] * (context.bufferFactor ?? 1);
  const isDefault = pages === PERF_PAGES.usual;
  await host.writeText(program, text);
  const spec = {
    command: "bpftrace",
    // Into a file it would otherwise hold lines back until a block is full.
    args: ["-B", "line", program],
    env: {
      // The first name up to 0.20, the second from 0.21 on.
      BPFTRACE_STRLEN: String(variant.stringBytes),
      BPFTRACE_MAX_STRLEN: String(variant.stringBytes),
      BPFTRACE_PERF_RB_PAGES: String(pages),
    },
  };
  const { running, process, stdout } = await startPrinting(context, "bpftrace", spec, 8000, FORMS);
  return {
    ...running,
    settings: {
      command: "bpftrace -B line tare.bt",
      program: text,
      stringBytes: String(variant.stringBytes),
      perfBuffer: `${pages} pages a CPU${isDefault ? " (default)" : ""}`,
      filter: "none beyond the program's own",
    },
    knob: `${pages} pages a CPU`,
    // It reports a loss where it prints events, not on standard error. Newer ones (0.23) have a ring buffer, and a map of
    // their own that counts what did not fit: src/bpftrace.cpp, handle_event_loss.
    lost: perfLoss(host, process, stdout, { countsRingBuffer: true }),
  };
};

/** Only what it says while it runs tells of losses: the guest's shell does not wait for that. */
const inGuest = async (
  host: Host,
  { families, arch }: GuestContext,
  { policy, stringBytes }: Variant,
): Promise<GuestStart> => {
  const program = fitArchitecture(await readPolicy(host, `bpftrace/${policy}`, {}, families), arch);
  const limits = ["BPFTRACE_STRLEN", "BPFTRACE_MAX_STRLEN"].map((name) => `${name}=${stringBytes}`).join(" ");
  const pages = PERF_PAGES.usual;
  return {
    programs: ["bpftrace"],
    files: { "tare.bt": program },
    version: "bpftrace --version",
    exec: `export ${limits} BPFTRACE_PERF_RB_PAGES=${pages}\nexec bpftrace -B line tare.bt`,
    ready: "grep -q '^Attaching' stdout",
    // It says so before it does.
    after: "rest 3",
    outputs: [{ path: "stdout", forms: FORMS }],
    settings: {
      command: "bpftrace -B line tare.bt",
      program,
      stringBytes: String(stringBytes),
      perfBuffer: `${pages} pages a CPU (default)`,
    },
    memoryMegabytes: 2048,
  };
};

const bpftrace = (variant: Variant): AgentSheet => ({
  ...variant.sheet,
  homepage: "https://github.com/bpftrace/bpftrace",
  overload: "drops",
  lossCounter: EACH_EVENT,
  knob: "BPFTRACE_PERF_RB_PAGES",
  packages: ["bpftrace"],
  probe: probeBy([needsCommand("bpftrace", "bpftrace"), needsRoot, ...variant.needs], "bpftrace", saidBy()),
  ...(variant.policy === everything.policy
    ? { inGuest: (host: Host, context: GuestContext) => inGuest(host, context, variant) }
    : {}),
  start: (host, context) => start(host, context, variant),
});

const EVERYTHING_BYTES = 150;
const HIGH_VALUE_BYTES = 64;

const everything: Variant = {
  sheet: {
    id: "bpftrace@everything",
    title: "bpftrace",
    observes: ["exec", "file", "network"],
    coverage: {
      notes: [
        "tells attempts from the system call's entry: failed ones too, and what a later change of the arguments would hide",
        `strings beyond ${EVERYTHING_BYTES} bytes are cut`,
        "of the arguments of an exec it shows the first",
        "network: IPv4 only",
        "operations through io_uring",
      ],
    },
  },
  needs: [
    needsTracepoint("sys_enter_execve"),
    needsTracepoint("sys_enter_openat"),
    needsTracepoint("sys_enter_connect"),
  ],
  policy: "everything.bt",
  stringBytes: EVERYTHING_BYTES,
  values: (context) => {
    // The last byte is the string's end.
    refuseCutPaths(context, EVERYTHING_BYTES - 1, "bpftrace");
    return {};
  },
};

const highValue: Variant = {
  sheet: {
    id: "bpftrace@high-value",
    title: "bpftrace, high-value events only",
    observes: ["high-value"],
    coverage: {
      notes: [
        `of a command line it shows the first ${HIGH_VALUE_BYTES} bytes`,
        "programs started from directories for temporary files by a relative path",
        "shells by names other than sh, bash and dash",
        "changes of privilege by group, capability or file system user",
      ],
    },
    optIn: "it answers another question: what it costs to watch high-value events alone",
  },
  needs: [needsTracepoint("sys_enter_setuid"), needsTracepoint("sys_enter_bpf"), needsBtf],
  policy: "high-value.bt",
  stringBytes: HIGH_VALUE_BYTES,
  values: (context) => ({
    watchedDirectory: context.watchedDirectory,
    // The last byte is the string's end.
    prefixBytes: String(prefixBytes(context, HIGH_VALUE_BYTES - 1, "bpftrace")),
  }),
};

export default defineVariants({ id: "bpftrace", variants: [everything, highValue].map(bpftrace) });
