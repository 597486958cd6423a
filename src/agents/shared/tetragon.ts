/**
 * What the variants of Tetragon have in common. Flags: pkg/option/flags.go of https://github.com/cilium/tetragon; counters:
 * docs/content/en/docs/reference/metrics.md there; what a release holds: install/linux-tarball there.
 */
import type {
  Agent,
  AgentContext,
  AgentSheet,
  GuestContext,
  GuestStart,
  VendorRelease,
} from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { isChange, known, type Reading } from "../../domain/units.ts";
import { awaitStart } from "./await-start.ts";
import { CHANGE_FORMS } from "./changes.ts";
import { shellLine, shellWord } from "./guest-shell.ts";
import { removeAfterwards } from "./left-behind.ts";
import { needsBpffs, needsBtf, needsKprobes, needsRoot } from "./obstacle.ts";
import { prefixBytes } from "./path-room.ts";
import { readPolicy } from "./policy.ts";
import { pageFrom, pageInGuest, sumOfCounters } from "./prometheus.ts";
import { programPath, probeVendor, releaseToBring, type VendorProgram } from "./vendor-program.ts";
import { EACH_EVENT } from "./loss-counters.ts";

const VERSION = "1.7.1";
const DOWNLOADS = `https://github.com/cilium/tetragon/releases/download/v${VERSION}`;

/** The checksums are those of twistco/foldyard's monitor.py; another project pins the same for x86_64. */
const RELEASE: VendorRelease = {
  version: VERSION,
  checksumsFrom: "the release's own `.sha256sum` files",
  files: {
    x86_64: {
      url: `${DOWNLOADS}/tetragon-v${VERSION}-amd64.tar.gz`,
      sha256: "2f36a7bbb2b3d77a011383a01c8f804fe7761d934a76ff2fdf99ebad6f3e89ae",
      format: "tar.gz",
    },
    aarch64: {
      url: `${DOWNLOADS}/tetragon-v${VERSION}-arm64.tar.gz`,
      sha256: "aa71d12eddd962003e9fd78e3b3534185af5b2728c7d21ab3cb0f7fe2dc87702",
      format: "tar.gz",
    },
  },
};

const METRICS = "127.0.0.1:42112";
/** Below /sys/fs/bpf; Tetragon's own name would be taken for an installation of the node's owner. */
const BPF_FOLDER = "tare-tetragon";
/** Rotated files would take events with them. In MB: more than any run writes. */
const NEVER_ROTATE = "1000000";

const exportTo = (events: string, filter: string): readonly string[] => [
  `export-filename=${events}`,
  `export-file-max-size-mb=${NEVER_ROTATE}`,
  `export-allowlist=${filter}`,
];

/**
 * STRING_PREFIX_MAX_LENGTH (bpf/process/string_maps.h; 128 before it was 256) less one: of a path that is longer the program compares one byte
 * less than that (filter_char_buf_prefix in bpf/process/types/basic.h), so that a longer prefix never matches.
 */
const MAX_PREFIX = 255;

/** The directory as it stands in a regular expression (RE2) in a JSON text. */
const patternOf = (directory: string): string =>
  JSON.stringify(directory.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)).slice(1, -1);

export const FORMS = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "ipv4", before: '"daddr":"' },
  ...CHANGE_FORMS,
  "high-value": { kind: "text" },
} as const;

/** The end of a program has its arguments too. */
export const EXEC_LINES = '{"process_exec"';

/** The kinds of events that are counted; the end of a program would name its token a second time. */
export const EVENT_TYPES = "PROCESS_EXEC,PROCESS_KPROBE";

const programOf = (id: string, name: "tetragon" | "tetra"): VendorProgram => ({
  id,
  name,
  inside: [`usr/local/bin/${name}`],
});

export const probeTetragon = (id: string, ...more: readonly "tetra"[]): Agent["probe"] =>
  probeVendor(
    [programOf(id, "tetragon"), ...more.map((name) => programOf(id, name))],
    [needsRoot, needsBtf, needsKprobes, needsBpffs],
    // The daemon has no option for it: what it answers --version with is its usage.
    { program: programOf(id, "tetra"), args: ["version"], pattern: /CLI version:\s*v?(\S+)/ },
  );

/**
 * It reads the node owner's settings whatever it is told: /usr/lib and /usr/local/lib/tetragon/tetragon.conf.d, ./tetragon.yaml,
 * /etc/tetragon/tetragon.yaml and /etc/tetragon/tetragon.conf.d (cmd/tetragon/conf.go), and `--config-dir` only adds to them. Flags win over all of
 * these, so whatever changes what is counted or what it costs is given as a flag, with its default: what would leave events out, put several
 * into one, change them, or write them to the owner's file.
 */
const NEUTRAL = [
  "export-filename=",
  "export-file-rotation-interval=0",
  "export-rate-limit=-1",
  "export-allowlist=",
  "export-denylist=",
  "enable-export-aggregation=false",
  "field-filters=",
  "redaction-filters=",
  "cgroup-rate=",
  "tracing-policy=",
  "enable-k8s-api=false",
  "log-file=",
  "verbose=0",
  // What makes an event longer or dearer.
  "enable-process-environment-variables=false",
  "enable-msg-handling-latency=false",
  "metrics-label-filter=namespace,workload,pod,binary",
  "enable-process-cred=false",
  "enable-process-ns=false",
  "enable-ancestors=",
  "username-metadata=disabled",
  "debug=false",
  "log-level=info",
  // What decides when events are lost.
  "use-perf-ring-buffer=false",
  "rb-size=0",
  "rb-size-total=0",
  "rb-queue-size=65535",
  "event-queue-size=10000",
  "process-cache-size=65536",
  "data-cache-size=1024",
  "retprobes-cache-size=4096",
  "event-cache-retries=15",
  "event-cache-retry-delay=2",
  "execve-map-entries=0",
  "execve-map-size=",
  "parents-map-enabled=false",
  "parents-map-entries=0",
  "parents-map-size=",
  "force-small-progs=false",
  "force-large-progs=false",
  "disable-kprobe-multi=false",
  // What would stay on the node, or listen on it.
  "keep-sensors-on-exit=false",
  "release-pinned-bpf=true",
  "gops-address=",
] as const;

/** The least that it takes: a page of ring buffer for each CPU, and queues of one event. */
const SMALLEST = ["rb-size=4096", "rb-size-total=0", "rb-queue-size=1", "event-queue-size=1"] as const;

const nameOf = (flag: string): string => flag.split("=")[0] ?? flag;

/** Whether a help text has a line for the option: not one for a name that begins like it, and not a description that mentions it. */
const lists = (help: string, name: string): boolean =>
  new RegExp(`^[ \\t]*(?:-\\w, )?--${name}(?![\\w-])`, "m").test(help);

/**
 * The flags of all of these that this version's own `--help` lists, as an unknown one would end it. What is asked for in so many words
 * (`needed`, and the least buffers) is given whatever the help says.
 */
const tetragonFlags = async (
  host: Host,
  program: string,
  needed: readonly string[],
  buffers: AgentContext["buffers"],
): Promise<readonly string[]> => {
  const { stdout, stderr } = await host.run(program, ["--help"]);
  const asked = [...needed, ...(buffers === "smallest" ? SMALLEST : [])];
  const names = new Set(asked.map(nameOf));
  const neutral = NEUTRAL.filter((flag) => !names.has(nameOf(flag)) && lists(stdout + stderr, nameOf(flag)));
  return [...neutral, ...asked].map((flag) => `--${flag}`);
};

/** A release keeps its BPF programs beside its binaries; an installed one where its own flag's default says. */
const bpfLibraryOf = (program: string): readonly string[] => {
  const top = /^(.*)\/usr\/local\/bin\/tetragon$/.exec(program)?.[1] ?? "";
  return top === "" ? [] : [`bpf-lib=${top}/usr/local/lib/tetragon/bpf`];
};

/** What it is told to report, and which of it is written. */
export interface TetragonPolicies {
  /** One a file, as it reads them. */
  readonly policies: readonly string[];
  /** Of its JSON export. */
  readonly filter: string;
}

/** tare's own. */
export type TetragonPolicy = "everything" | "changes" | "high-value";

export const ownPolicies = async (
  host: Host,
  context: Pick<AgentContext, "families" | "watchedDirectory">,
  policy: TetragonPolicy,
): Promise<TetragonPolicies> => {
  const { families, watchedDirectory } = context;
  // Only one file of each kind names the directory: the policy of opens or of changes, and the filter of execs.
  const isHighValue = policy === "high-value";
  if (!isHighValue && families.some((family) => family === "file" || isChange(family)))
    prefixBytes(context, MAX_PREFIX, "Tetragon");
  const rules = await readPolicy(
    host,
    `tetragon/${policy}.yaml`,
    isHighValue ? {} : { watchedDirectory },
    families,
  );
  // A policy that hooks nothing is refused.
  const hooks = /^ {4}- call:/m.test(rules);
  const filter = await readPolicy(
    host,
    `tetragon/${policy}.export.jsonl`,
    isHighValue ? { watchedPattern: patternOf(watchedDirectory) } : {},
    families,
  );
  return { policies: hooks ? [rules] : [], filter };
};

const policyFile = (index: number): string => `policies/${index === 0 ? "tare" : `tare-${index + 1}`}.yaml`;

const socketIn = (directory: string): string => `${directory}/tetragon.sock`;

const ownFlags = (directory: string): readonly string[] => [
  `tracing-policy-dir=${directory}/policies`,
  `bpf-dir=${BPF_FOLDER}`,
  `server-address=unix://${socketIn(directory)}`,
  `metrics-server=${METRICS}`,
  // Its default listens on every interface.
  "health-server-address=",
];

/** Where its release lies in a guest that counts. */
const IN_GUEST = "/opt/tetragon";

/** No owner has settings in a guest: its defaults hold. */
export const tetragonInGuest = async (
  host: Host,
  context: GuestContext,
  id: string,
  policy: "everything" | TetragonPolicies,
): Promise<GuestStart> => {
  const { directory } = context;
  const { path, top, version } = await releaseToBring(host, programOf(id, "tetragon"), context.arch);
  const { policies, filter } = typeof policy === "string" ? await ownPolicies(host, context, policy) : policy;
  const flags = [
    `bpf-lib=${IN_GUEST}/bpf`,
    ...ownFlags(directory),
    ...exportTo(`${directory}/events.jsonl`, filter.trim()),
    "export-rate-limit=-1",
  ].map((flag) => `--${flag}`);
  return {
    programs: [],
    brought: {
      [`${IN_GUEST}/tetragon`]: path,
      [`${IN_GUEST}/bpf`]: top === path ? "/usr/local/lib/tetragon/bpf" : `${top}/usr/local/lib/tetragon/bpf`,
    },
    files: Object.fromEntries(policies.map((text, index) => [policyFile(index), text])),
    version: `echo ${shellWord(version)}`,
    // It writes of itself to /var/run.
    before: "mkdir -p policies /var\nln -sfn /run /var/run\n: >events.jsonl",
    exec: `exec ${IN_GUEST}/tetragon ${shellLine(flags)}`,
    ready: "grep -q 'Listening for events' stderr stdout",
    after: "rest 5",
    outputs: [{ path: "events.jsonl", forms: FORMS }],
    lost: {
      ask: pageInGuest(METRICS),
      read: (line) => sumOfCounters(pageFrom(line), LOST),
    },
    settings: {
      command: ["tetragon", ...flags].join(" ").replaceAll(directory, "DIRECTORY"),
      policy: policies.length > 0 ? policies.join("\n---\n") : "none: execs are reported without one",
      filter: filter.trim(),
    },
    memoryMegabytes: 3072,
  };
};

export const startTetragon = async (
  host: Host,
  context: AgentContext,
  id: string,
  policy: TetragonPolicy | TetragonPolicies,
  exported: boolean,
) => {
  const { directory } = context;
  const program = await programPath(host, programOf(id, "tetragon"));
  const events = `${directory}/events.jsonl`;
  const log = `${directory}/tetragon.log`;
  const socket = socketIn(directory);
  const { policies, filter } = typeof policy === "string" ? await ownPolicies(host, context, policy) : policy;
  await host.makeDirectory(`${directory}/policies`);
  for (const [index, text] of policies.entries())
    await host.writeText(`${directory}/${policyFile(index)}`, text);
  await removeAfterwards(host, context, "tetragon", [`/sys/fs/bpf/${BPF_FOLDER}`, "/run/tetragon"]);
  const needed = [
    ...bpfLibraryOf(program),
    ...ownFlags(directory),
    ...(exported ? exportTo(events, filter.trim()) : []),
  ];
  const args = await tetragonFlags(host, program, needed, context.buffers);
  const process = await context.launch(
    // It would read a tetragon.yaml in the folder that it is started in.
    { command: program, args, cwd: directory, stdout: log, stderr: log },
    { signals: ["SIGTERM", "SIGINT"], graceMs: 10_000 },
  );
  return {
    process,
    events,
    socket,
    log,
    settings: {
      command: ["tetragon", ...args].join(" ").replaceAll(directory, "DIRECTORY"),
      policy: policies.length > 0 ? policies.join("\n---\n") : "none: execs are reported without one",
      ringBuffer:
        context.buffers === "smallest"
          ? "4096 bytes a CPU"
          : "65535 bytes for each possible CPU (default), rounded up",
      output: exported ? "JSON export, unlimited rate, no rotation" : "gRPC, and no export",
      ownersSettings:
        "those in /etc/tetragon and in the package's folders hold for whatever the command does not name",
      filter: exported ? filter.trim() : `event types ${EVENT_TYPES}`,
    },
    lost: () => tetragonLosses((url) => host.httpGet(url), METRICS),
  };
};

/** @throws TareError `run-failed` when Tetragon ends, or opens no socket in time. */
export const waitForSocket = async (
  host: Host,
  context: AgentContext,
  started: Awaited<ReturnType<typeof startTetragon>>,
): Promise<void> => {
  await awaitStart(host, context, {
    process: started.process,
    who: "tetragon",
    lacking: "opened no socket",
    log: started.log,
    every: 100,
    atMost: 30_000,
    check: async () => known(await host.fileSize(started.socket)),
  });
};

/**
 * What the kernel could not write is counted by kind (bpf/lib/msg_types.h): 5 is an exec, 13 a kprobe. The others, such as 23 for a clone and 7 for
 * the end of a process, are not among what is counted here: with them, more would be declared than can have been lost, and hide what was lost
 * in silence. Versions after the pinned one name the label `opcode`.
 */
const MISSED = {
  name: "tetragon_bpf_missed_events_total",
  labels: ["msg_op", "opcode"],
  among: ["5", "13"],
} as const;

/** Of the policies' own hooks and of the one for execs; those of its picture of processes, for clones and exits, are none of the events counted. */
const MISSED_PROBES = ["tetragon_missed_link_probes_total", "tetragon_missed_prog_probes_total"].flatMap(
  (name) => [
    { name, labels: ["policy"], except: ["__base__"] },
    { name, labels: ["attach"], among: ["sched/sched_process_exec"] },
  ],
);

/**
 * Events are lost at five places in a row. On kernels with a BPF ring buffer, the one that is named after lost ring buffer events stays at 0
 * whatever happens: what the kernel could not write is in bpf_missed_events_total. The other places do not tell kinds apart.
 */
const LOST = {
  always: [
    "tetragon_observer_ringbuf_events_lost_total",
    "tetragon_observer_ringbuf_queue_events_lost_total",
    "tetragon_notify_overflowed_events_total",
    "tetragon_export_ratelimit_events_dropped_total",
  ],
  whenCounted: [MISSED, "tetragon_observer_ringbuf_errors_total", ...MISSED_PROBES],
} as const;

/** `server`: as its option `metrics-server` says it. */
export const tetragonLosses = async (get: Host["httpGet"], server: string): Promise<Reading<number>> =>
  sumOfCounters(await get(`http://${server.replace(/^(?=:)/, "127.0.0.1")}/metrics`), LOST);

export const SHEET = {
  homepage: "https://tetragon.io",
  overload: "drops",
  // Where kinds are not told apart, an exec's process adds its clone and its exit.
  lossCounter: { ...EACH_EVENT, perEvent: { exec: [1, 3], "high-value": [1, 3] } },
  release: RELEASE,
  units: ["tetragon.service"],
  telling: {
    deeds: {
      exec: /"process_exec":/,
      open: /"function_name":"fd_install"/,
      connect: /"function_name":"tcp_connect"/,
      write: /"function_name":"security_file_permission"/,
      rename: /"function_name":"security_path_rename"/,
      delete: /"function_name":"security_path_unlink"/,
    },
    pid: /"pid":(\d+)/,
  },
} as const satisfies Partial<Agent>;

export const exporting = (
  id: string,
  policy: TetragonPolicy | TetragonPolicies,
): Pick<AgentSheet, "id" | "probe" | "start"> => ({
  id,
  probe: probeTetragon(id),
  start: async (host, context) => {
    const { process, events, log, settings, lost } = await startTetragon(host, context, id, policy, true);
    return { processes: [process], outputs: [{ path: events, forms: FORMS }], logs: [log], settings, lost };
  },
});

/** Of a team's policies; execs, which it reports without any, are written for none of them. */
export const tetragonSheet = (policies: TetragonPolicies) => ({
  ...SHEET,
  ...exporting("tetragon@policy", policies),
  inGuest: (host: Host, context: GuestContext) => tetragonInGuest(host, context, "tetragon@policy", policies),
});
