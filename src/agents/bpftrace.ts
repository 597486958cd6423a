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
import type { Sink } from "../domain/sink.ts";
import type { Telling } from "../domain/telling.ts";
import { CHANGE_FAMILIES } from "../domain/units.ts";
import { awaitLogged } from "./shared/await-start.ts";
import { type Check, needsBtf, needsCommand, needsRoot, needsTracepoint } from "./shared/obstacle.ts";
import { fitArchitecture, fitProgram } from "./shared/bpftrace-program.ts";
import { prefixBytes, refuseCutPaths } from "./shared/path-room.ts";
import { perfLoss } from "./shared/perf-loss.ts";
import { readPolicy } from "./shared/policy.ts";
import { startPrinting } from "./shared/launch.ts";
import { probeBy, saidBy } from "./shared/probe.ts";
import { EACH_EVENT } from "./shared/loss-counters.ts";
import {
  COMPAT,
  EXECVEAT,
  IPV6,
  TEMPORARY_EXECS,
  UNCONNECTED,
  UNRESOLVED_EXECS,
  UNRESOLVED_OPENS,
  URING,
} from "./shared/techniques.ts";
import { lostEventsIn } from "./shared/guest-shell.ts";
import { CHANGE_FORMS, CHANGES_ASKED } from "./shared/changes.ts";
import { NO_CHANGES, NO_HIGH_VALUE } from "./shared/not-in-guest.ts";

/** Pages of 4, 16 or 64 KiB for each CPU. */
const PERF_PAGES = { usual: 64, smallest: 1 } as const;

const FORMS: AgentOutput["forms"] = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "ipv4", before: "addr=" },
  ...CHANGE_FORMS,
  "high-value": { kind: "text" },
};

const TELLING: Telling = {
  deeds: {
    exec: /^(?:exec|sudo|deleted-binary|container-shell|temporary-exec) /,
    open: /^file /,
    connect: /^network /,
    write: /^write /,
    rename: /^rename /,
    delete: /^delete /,
    identity: /^privilege-change /,
    bpf: /^bpf /,
  },
  pid: / pid=(\d+) /,
};

/** Programs with a condition that no event meets: no process has the number 0. */
const forNobody = (program: string): string => program.replaceAll(/^\{$/gm, "/pid == 0/\n{");

/** Rungs of the export ladder: what of the program for everything is attached. */
const SILENT = {
  idle: () => "",
  // A call that no workload makes.
  loaded: () => `tracepoint:syscalls:sys_enter_swapon
{
  printf("swapon pid=%d comm=%s\\n", pid, comm);
}
`,
  filtered: forNobody,
} as const satisfies Partial<Record<Sink, (program: string) => string>>;

/** It is attached in the order of the program, and prints once all of it is. */
const ATTACHED = `interval:s:1
/@attached == 0/
{
  @attached = 1;
  printf("attached\\n");
}
`;

interface Variant {
  readonly sheet: Pick<AgentSheet, "id" | "title" | "observes" | "coverage" | "optIn" | "sink" | "uncounted">;
  /** Absent: its events come out. */
  readonly silent?: keyof typeof SILENT;
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
  const fitted = await fitProgram(host, policy);
  const { silent } = variant;
  const text = silent === undefined ? fitted : SILENT[silent](fitted) + ATTACHED;
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
  if (silent !== undefined)
    await awaitLogged(host, context, /^attached$/m, {
      process,
      who: "bpftrace",
      lacking: "did not say that it is attached",
      log: stdout,
      every: 50,
      atMost: 30_000,
    });
  return {
    ...running,
    ...(silent === undefined ? {} : { outputs: [] }),
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

const inGuest = async (
  host: Host,
  { families, arch }: GuestContext,
  { policy, stringBytes }: Variant,
): Promise<GuestStart> => {
  const program = fitArchitecture(await readPolicy(host, `bpftrace/${policy}`, {}, families), arch);
  const limits = ["BPFTRACE_STRLEN", "BPFTRACE_MAX_STRLEN"].map((name) => `${name}=${stringBytes}`).join(" ");
  const pages = PERF_PAGES.usual;
  const execOf = (file: string): string =>
    `export ${limits} BPFTRACE_PERF_RB_PAGES=${pages}\nexec bpftrace -B line ${file}`;
  return {
    programs: ["bpftrace"],
    files: { "tare.bt": program, "silent.bt": forNobody(program) },
    version: "bpftrace --version",
    exec: execOf("tare.bt"),
    silent: { exec: execOf("silent.bt") },
    ready: "grep -q '^Attach' stdout",
    // It says so before it does.
    after: "rest 3",
    outputs: [{ path: "stdout", forms: FORMS }],
    lost: lostEventsIn("stdout"),
    settings: {
      command: "bpftrace -B line tare.bt",
      program,
      stringBytes: String(stringBytes),
      perfBuffer: `${pages} pages a CPU (default)`,
    },
    memoryMegabytes: 2048,
  };
};

const inGuestOf = (variant: Variant): Pick<AgentSheet, "inGuest" | "notInGuest"> => {
  if (variant.silent !== undefined)
    return { notInGuest: "it has nothing to hand out: count bpftrace@everything, whose silent part it is" };
  if (variant.policy === changes.policy) return { notInGuest: NO_CHANGES };
  if (variant.policy !== everything.policy) return { notInGuest: NO_HIGH_VALUE };
  return { inGuest: (host: Host, context: GuestContext) => inGuest(host, context, variant) };
};

const bpftrace = (variant: Variant): AgentSheet => ({
  ...variant.sheet,
  homepage: "https://github.com/bpftrace/bpftrace",
  overload: "drops",
  lossCounter: EACH_EVENT,
  knob: "BPFTRACE_PERF_RB_PAGES",
  telling: TELLING,
  packages: ["bpftrace"],
  probe: probeBy([needsCommand("bpftrace", "bpftrace"), needsRoot, ...variant.needs], "bpftrace", saidBy()),
  ...inGuestOf(variant),
  start: (host, context) => start(host, context, variant),
});

const UNTOUCHED =
  "paths and addresses in memory that the process has not touched: it reads them before the kernel does";

const EVERYTHING_BYTES = 150;
const HIGH_VALUE_BYTES = 64;

const everything: Variant = {
  sheet: {
    id: "bpftrace@everything",
    title: "bpftrace",
    sink: "text-file",
    observes: ["exec", "file", "network"],
    coverage: {
      notes: [
        "tells attempts from the system call's entry: failed ones too, and what a later change of the arguments would hide",
        `strings beyond ${EVERYTHING_BYTES} bytes are cut`,
        "of the arguments of an exec it shows the first",
      ],
      claims: [
        {
          of: [...IPV6, "connect-unix"],
          claimed: "nothing",
          why: "network: IPv4 only",
        },
        {
          of: [...URING, "open-handle"],
          claimed: "nothing",
          why: "operations through io_uring, and opens by handle",
        },
        { of: COMPAT, claimed: "nothing", why: "32-bit system calls: its tracepoints are not hit by them" },
        { of: UNCONNECTED, claimed: "nothing", why: "datagrams without a connect, and TCP fast open" },
        {
          of: ["exec-untouched-path", "open-untouched-path"],
          claimed: "otherwise",
          why: UNTOUCHED,
        },
        { of: ["connect-untouched"], claimed: "nothing", why: UNTOUCHED },
        {
          of: [...EXECVEAT, ...UNRESOLVED_EXECS, ...UNRESOLVED_OPENS],
          claimed: "otherwise",
          why: "whole paths where the caller gives none: it shows the caller's words",
        },
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

const changes: Variant = {
  sheet: {
    id: "bpftrace@changes",
    title: "bpftrace, changes of files only",
    observes: CHANGE_FAMILIES,
    coverage: {
      notes: [
        "tells attempts from the system call's entry: failed ones too",
        `strings beyond ${EVERYTHING_BYTES} bytes are cut`,
        "writes other than by write, pwrite64 and writev, such as those through io_uring or a mapping",
        "changes by 32-bit programs",
        "whole paths where the caller renames or deletes by a relative one",
      ],
      claims: [
        {
          of: ["change-write"],
          claimed: "otherwise",
          why: "the whole path of a file that is written: it shows the last two names of it",
        },
      ],
    },
    optIn: CHANGES_ASKED,
  },
  needs: [
    needsTracepoint("sys_enter_write"),
    needsTracepoint("sys_enter_renameat2"),
    needsTracepoint("sys_enter_unlinkat"),
    needsBtf,
  ],
  policy: "changes.bt",
  stringBytes: EVERYTHING_BYTES,
  values: (context) => {
    refuseCutPaths(context, EVERYTHING_BYTES - 1, "bpftrace");
    return {};
  },
};

const rung = (silent: keyof typeof SILENT, title: string): Variant => ({
  ...everything,
  silent,
  sheet: {
    ...everything.sheet,
    id: `bpftrace@${silent}`,
    title,
    optIn: "it is there to be compared with `bpftrace@everything`: what its export costs",
    sink: silent,
    uncounted: everything.sheet.observes,
  },
});

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
      claims: [
        {
          of: ["exec-deleted", "exec-memfd", "exec-memfd-proc"],
          claimed: "otherwise",
          why: "of a program without a name on any disk it shows the arguments, and not the name that it had",
        },
        {
          of: [...TEMPORARY_EXECS, "exec-untouched-path", "exec-overlay", "exec-32-bit-call"],
          claimed: "otherwise",
          why: "of a program in a directory for temporary files it shows the arguments, and not the path",
        },
        { of: ["privilege-setuid", "kernel-bpf"], claimed: "right", why: "its program watches for it" },
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

const RUNGS = [
  rung("idle", "bpftrace, attached to nothing but a clock"),
  rung("loaded", "bpftrace, attached to a call that no workload makes"),
  rung("filtered", "bpftrace, with a condition that no event meets"),
];

export default defineVariants({
  id: "bpftrace",
  variants: [everything, highValue, changes, ...RUNGS].map(bpftrace),
});
