/**
 * Tetragon's options: its own way of being told what to write where, and whatever would change what is counted or what it costs. From pkg/option/flags.go
 * and cmd/tetragon/conf.go of https://github.com/cilium/tetragon.
 */
import type { AgentContext } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";

export const METRICS = "127.0.0.1:42112";
/** Below /sys/fs/bpf; Tetragon's own name would be taken for an installation of the node's owner. */
export const BPF_FOLDER = "tare-tetragon";
/** Rotated files would take events with them. In MB: more than any run writes. */
const NEVER_ROTATE = "1000000";

export const exportTo = (events: string, filter: string): readonly string[] => [
  `export-filename=${events}`,
  `export-file-max-size-mb=${NEVER_ROTATE}`,
  `export-allowlist=${filter}`,
];

/** As its package's drop-ins and its own defaults have it, but for the place: every event, 10 MB a file, five more kept, by gzip. */
const exportAsShipped = (events: string): readonly string[] => [
  `export-filename=${events}`,
  "export-file-max-size-mb=10",
  "export-file-max-backups=5",
  "export-file-compress=true",
];

export type Export = "everything" | "as-shipped" | "none";

export const EXPORTS: Readonly<Record<Export, string>> = {
  everything: "JSON export, unlimited rate, no rotation",
  "as-shipped": "JSON export as its package has it: 10 MB a file, five more kept, compressed",
  none: "gRPC, and no export",
};

export const exportFlags = (kind: Export, events: string, filter: string): readonly string[] => {
  switch (kind) {
    case "everything":
      return exportTo(events, filter);
    case "as-shipped":
      return exportAsShipped(events);
    case "none":
      return [];
  }
};

export const filterOf = (kind: Export, filter: string): string => {
  switch (kind) {
    case "everything":
      return filter;
    case "as-shipped":
      return "none: the end of each process is exported, too";
    case "none":
      return `event types ${EVENT_TYPES}`;
  }
};

/** The kinds of events that are counted; the end of a program would name its token a second time. */
export const EVENT_TYPES = "PROCESS_EXEC,PROCESS_KPROBE";

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
export const tetragonFlags = async (
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
export const bpfLibraryOf = (program: string): readonly string[] => {
  const top = /^(.*)\/usr\/local\/bin\/tetragon$/.exec(program)?.[1] ?? "";
  return top === "" ? [] : [`bpf-lib=${top}/usr/local/lib/tetragon/bpf`];
};

export const socketIn = (directory: string): string => `${directory}/tetragon.sock`;

export const ownFlags = (directory: string): readonly string[] => [
  `tracing-policy-dir=${directory}/policies`,
  `bpf-dir=${BPF_FOLDER}`,
  `server-address=unix://${socketIn(directory)}`,
  `metrics-server=${METRICS}`,
  // Its default listens on every interface.
  "health-server-address=",
];
