/**
 * tare's own sensor (`bpf/`): a small eBPF program for each family and one reader that writes JSON Lines. It counts every
 * event that it could not hand over, so its losses are known exactly. Its variants are the rungs of its export ladder.
 */
import {
  type AgentContext,
  type AgentOutput,
  type AgentSheet,
  defineVariants,
  type RunningAgent,
} from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import type { Sink } from "../domain/sink.ts";
import { CHANGE_FAMILIES, PLAIN_FAMILIES, type PlainFamily } from "../domain/units.ts";
import { awaitListening } from "./shared/await-start.ts";
import { CHANGES_ASKED } from "./shared/changes.ts";
import { launch, type Launched } from "./shared/launch.ts";
import { notDenyingInGuest, startDenying } from "./shared/denials.ts";
import { NO_CHANGES, NO_HIGH_VALUE } from "./shared/not-in-guest.ts";
import { firstObstacle, withTool } from "./shared/obstacle.ts";
import { familyFlag, type Through } from "./shared/own-program.ts";
import { intoJournal, needsJournald, startJournal } from "./shared/own-journal.ts";
import { SLOW_READER, SLOW_READER_PACE, startSlowReader } from "./shared/slow-reader.ts";
import { readPolicy } from "./shared/policy.ts";
import { EXECVEAT, TEMPORARY_EXECS, UNCONNECTED, UNRESOLVED_OPENS, URING } from "./shared/techniques.ts";
import {
  RING_BYTES,
  SENSOR_FORMS,
  SENSOR_SHEET,
  sensorInGuest,
  startSensorOf,
} from "./shared/tare-sensor.ts";

/** A policy for nobody's events: it is decided by the caller's user, before anything of the event is looked at. */
const NOTHING = "processes: { uids: [424242] }\n";

const EVERYTHING = {
  ...SENSOR_SHEET,
  observes: ["exec", "file", "network"],
  coverage: {
    notes: ["execs that fail"],
    claims: [
      {
        of: URING,
        claimed: "nothing",
        why: "before kernel 6.0: opens and connects through io_uring",
        when: ({ hooks = "" }) => !hooks.includes("io_uring"),
      },
      {
        of: UNCONNECTED,
        claimed: "nothing",
        why: "datagrams that are sent without a connect (sendto, sendmsg), and TCP fast open",
      },
      { of: ["connect-unix"], claimed: "nothing", why: "connects to Unix sockets" },
      {
        of: ["open-32-bit-call", "connect-32-bit-call"],
        claimed: "nothing",
        why: "with hooks on the tracepoints of single calls: opens and connects of 32-bit programs, and those made by int 0x80",
        when: ({ hooks = "" }) => hooks.includes("tracepoint/syscalls"),
      },
      {
        of: ["exec-loader"],
        claimed: "otherwise",
        why: "the program that ld.so is told to run: it tells ld.so",
      },
      {
        of: UNRESOLVED_OPENS,
        claimed: "otherwise",
        why: "the whole path of a file that is opened by a relative path, through a symbolic link or in another root: it tells the caller's words",
      },
    ],
  },
  knob: "--ring-bytes",
} as const satisfies Partial<AgentSheet>;

const AFTER_ITS_READER =
  "it starts after what reads its events, and in a guest that counts nothing is there before it: count sensor";

interface Export {
  /** Its options. */
  readonly args: readonly string[];
  readonly outputs: readonly AgentOutput[];
  /** Of a policy that it follows; absent: none. */
  readonly policy?: string;
  /** What it watches, as its option says it; absent: what the run asks for. */
  readonly families?: string;
  /** What it is started through; absent: nothing. */
  readonly through?: Through;
}

const startExporting = async (
  host: Host,
  context: AgentContext,
  { args, outputs, policy, families = familyFlag(context.families), through }: Export,
): Promise<RunningAgent> => {
  const ring = RING_BYTES[context.buffers] * (context.bufferFactor ?? 1);
  const path = `${context.directory}/policy.yaml`;
  if (policy !== undefined) await host.writeText(path, policy);
  const options = [families, ...(policy === undefined ? [] : [`--policy=${path}`]), ...args];
  const started = await startSensorOf(host, context, [...options, `--ring-bytes=${ring}`], through);
  return {
    processes: [started.process],
    outputs,
    logs: [started.log],
    settings: {
      command: ["tare-sensor", ...options].join(" ").replaceAll(context.directory, "DIRECTORY"),
      ring: `${ring} bytes`,
      // They decide its cost.
      hooks: started.hooks ?? "unknown",
      filter: policy?.replaceAll(context.directory, "DIRECTORY") ?? "none",
    },
    knob: `${ring / 2 ** 20} MiB`,
    lost: started.lost,
  };
};

const toFile = (directory: string): Export => {
  const path = `${directory}/events.jsonl`;
  return { args: [`--output=${path}`], outputs: [{ path, forms: SENSOR_FORMS }] };
};

const sensor: AgentSheet = {
  ...EVERYTHING,
  id: "sensor",
  title: "tare's eBPF sensor",
  sink: "json-file",
  start: (host, context) => startExporting(host, context, toFile(context.directory)),
  inGuest: (_host, context) => {
    const { exec, files, ...own } = sensorInGuest(context, [familyFlag(context.families)]);
    return Promise.resolve({
      ...own,
      exec,
      files: { ...files, "silent.yaml": NOTHING },
      silent: { exec: `${exec} --policy=silent.yaml` },
    });
  },
};

const COMPARED = "it is there to be compared with `sensor`: what its export costs";

const TO_NOTHING = { args: ["--output=none"], outputs: [] } as const satisfies Export;

/** Rungs of which no event comes out. */
const silent = (
  sheet: Pick<AgentSheet, "id" | "title"> & { readonly sink: Sink },
  more: (context: AgentContext) => Pick<Export, "policy" | "families">,
): AgentSheet => ({
  ...EVERYTHING,
  ...sheet,
  optIn: COMPARED,
  uncounted: EVERYTHING.observes,
  notInGuest: "it has nothing to hand out: count sensor, whose silent part it is",
  start: (host, context) => startExporting(host, context, { ...TO_NOTHING, ...more(context) }),
});

const idle = silent(
  { id: "sensor@idle", title: "tare's eBPF sensor, watching what no workload does", sink: "idle" },
  // System calls of BPF: where fexit is not to be had, its hook is on the way out of every call, as the usual ones are.
  () => ({ families: "--families=bpf" }),
);

const loaded = silent(
  {
    id: "sensor@loaded",
    title: "tare's eBPF sensor, with a policy for a user who does nothing",
    sink: "loaded",
  },
  () => ({ policy: NOTHING }),
);

/** What the workloads do not open, execute or connect to: the kernel compares the path, or the address, and drops the event. */
const ELSEWHERE: Readonly<Record<PlainFamily, string>> = {
  exec: "exec: { paths: [/nowhere/] }\n",
  file: "file: { paths: [/nowhere/] }\n",
  network: "network: { addresses: [192.0.2.0/24] }\n",
};

const filtered = silent(
  {
    id: "sensor@filtered",
    title: "tare's eBPF sensor, with a policy for paths and addresses that no workload uses",
    sink: "filtered",
  },
  ({ families }) => ({
    policy: PLAIN_FAMILIES.filter((family) => families.includes(family))
      .map((family) => ELSEWHERE[family])
      .join(""),
  }),
);

const none: AgentSheet = {
  ...EVERYTHING,
  id: "sensor@none",
  title: "tare's eBPF sensor, which reads its events and hands out none",
  optIn: COMPARED,
  sink: "none",
  uncounted: EVERYTHING.observes,
  inGuest: (_host, context) =>
    Promise.resolve(sensorInGuest(context, [familyFlag(context.families)], TO_NOTHING)),
  start: (host, context) => startExporting(host, context, TO_NOTHING),
};

const protobuf: AgentSheet = {
  ...EVERYTHING,
  id: "sensor@protobuf",
  title: "tare's eBPF sensor, protobuf to a file",
  optIn: COMPARED,
  sink: "protobuf-file",
  inGuest: (_host, context) => {
    const { exec, file } = SENSOR_FORMS;
    return Promise.resolve(
      sensorInGuest(context, [familyFlag(context.families)], {
        args: ["--format=protobuf", "--output=events.pb"],
        outputs: [{ path: "events.pb", forms: { exec, file } }],
      }),
    );
  },
  // An address is four bytes there and no text.
  uncounted: ["network"],
  start: (host, context) => {
    const path = `${context.directory}/events.pb`;
    const { exec, file } = SENSOR_FORMS;
    return startExporting(host, context, {
      args: ["--format=protobuf", `--output=${path}`],
      outputs: [{ path, forms: { exec, file } }],
    });
  },
};

const journald: AgentSheet = {
  ...EVERYTHING,
  id: "sensor@journald",
  title: "tare's eBPF sensor, JSON to a journald of its own",
  optIn: COMPARED,
  sink: "journald",
  notInGuest: AFTER_ITS_READER,
  // The journal is no file that can be read as it grows.
  uncounted: EVERYTHING.observes,
  probe: async (host) => {
    const found = await withTool(host, "socat", await SENSOR_SHEET.probe(host));
    return found.kind === "unavailable" ? found : ((await firstObstacle(host, [needsJournald])) ?? found);
  },
  start: async (host, context) => {
    const journal = await startJournal(host, context);
    const started = await startExporting(host, context, {
      args: ["--output=-"],
      outputs: [],
      through: intoJournal(host, context, journal),
    });
    return {
      ...started,
      processes: [...started.processes, journal.process],
      consumers: started.processes,
      logs: [...started.logs, journal.stderr],
      settings: { ...started.settings, reader: "systemd-journald, in a namespace of its own" },
    };
  },
};

/** Who reads a socket, started before the sensor. */
interface Reader extends Pick<Launched, "process" | "stderr"> {
  readonly title: string;
}

type ReaderStart = (host: Host, context: AgentContext, address: string, path: string) => Promise<Reader>;

const toSocket = (
  sheet: Pick<AgentSheet, "id" | "title"> & { readonly sink: Sink },
  tool: string,
  startReader: ReaderStart,
): AgentSheet => ({
  ...EVERYTHING,
  ...sheet,
  optIn: COMPARED,
  notInGuest: AFTER_ITS_READER,
  probe: async (host) => withTool(host, tool, await SENSOR_SHEET.probe(host)),
  start: async (host, context) => {
    const path = `${context.directory}/events.jsonl`;
    const address = `${context.directory}/events.sock`;
    const reader = await startReader(host, context, address, path);
    const started = await startExporting(host, context, {
      args: [`--output=unix:${address}`],
      outputs: [{ path, forms: SENSOR_FORMS }],
    });
    return {
      ...started,
      processes: [...started.processes, reader.process],
      // What the reader does not take stays in the ring until that is full.
      consumers: started.processes,
      peers: [reader.process],
      logs: [...started.logs, reader.stderr],
      settings: { ...started.settings, reader: reader.title },
    };
  },
});

const changes: AgentSheet = {
  ...SENSOR_SHEET,
  id: "sensor@changes",
  title: "tare's eBPF sensor, changes of files only",
  observes: CHANGE_FAMILIES,
  coverage: {
    notes: [
      "writes through a mapping, and by cloning extents (FICLONE)",
      "before kernel 6.0: changes through io_uring",
      "files that are truncated by being opened",
      "changes by 32-bit programs, with any hook but fexit",
    ],
    claims: [{ of: ["change-truncate"], claimed: "right", why: "its writes are truncations, too" }],
  },
  knob: EVERYTHING.knob,
  optIn: CHANGES_ASKED,
  notInGuest: NO_CHANGES,
  start: (host, context) => startExporting(host, context, toFile(context.directory)),
};

const socket = toSocket(
  {
    id: "sensor@socket",
    title: "tare's eBPF sensor, JSON to a socket that socat reads",
    sink: "json-socket",
  },
  "socat",
  async (host, context, address, path) => {
    const args = ["-u", `UNIX-LISTEN:${address}`, `OPEN:${path},creat,append`];
    const reader = await launch(context, "socat", { command: "socat", args }, 2000);
    await awaitListening(host, context, "socat", reader, address);
    return { ...reader, title: "socat -u" };
  },
);

const slow = toSocket(
  {
    id: "sensor@slow",
    title: `tare's eBPF sensor, JSON to a socket of which ${SLOW_READER_PACE} are read`,
    sink: "slow-reader",
  },
  SLOW_READER,
  async (host, context, address, path) => ({
    ...(await startSlowReader(host, context, address, path)),
    title: `one that takes ${SLOW_READER_PACE}`,
  }),
);

const NO_ARGUMENTS =
  "of privilege-change and bpf it shows no arguments, so that it is unknown whose they are, and it does not look at namespaces";

const highValue: AgentSheet = {
  ...SENSOR_SHEET,
  id: "sensor@high-value",
  title: "tare's eBPF sensor (high-value policy, decided in the kernel)",
  observes: ["high-value"],
  coverage: {
    notes: [
      "what its policy does not name",
      "which changes of privilege and which uses of bpf(2) matter: it reports all of them",
      "shells in containers: it does not look at namespaces",
    ],
    claims: [
      {
        of: [...TEMPORARY_EXECS, "exec-untouched-path", "exec-overlay", "exec-32-bit-call"],
        claimed: "right",
        why: "its policy names the directory that stands for those of temporary files",
      },
      {
        of: [...EXECVEAT, "exec-relative", "exec-memfd-proc"],
        claimed: "right",
        why: "its policy names descriptors and keeps relative paths, and each exec tells the file that runs",
      },
      {
        of: ["privilege-setuid", "privilege-setresuid", "privilege-setgid", "privilege-capset", "kernel-bpf"],
        claimed: "right",
        why: "it is asked for every change of privilege and every use of bpf(2)",
      },
    ],
    gapFor: ({ family }) => (family === "high-value" ? { extent: "some", why: NO_ARGUMENTS } : undefined),
  },
  optIn: "it watches what a detection team keeps, and next to nothing of the other workloads",
  notInGuest: NO_HIGH_VALUE,
  start: async (host, context) => {
    const { watchedDirectory } = context;
    const policy = await readPolicy(host, "sensor/high-value.yaml", { watchedDirectory }, context.families);
    return await startExporting(host, context, {
      ...toFile(context.directory),
      families: "--families=exec,privilege,bpf",
      policy,
    });
  },
};

const enforce: AgentSheet = {
  ...EVERYTHING,
  id: "sensor@enforce",
  title: "tare's eBPF sensor, which denies as well",
  optIn: "it kills or refuses what its policy denies, a folder of tare's own",
  notInGuest: notDenyingInGuest("sensor"),
  start: (host, context) =>
    startDenying(host, context, "tare-sensor", async (denied) => {
      const { directory, families } = context;
      const policy = await readPolicy(host, "sensor/enforce.yaml", { denied }, families);
      return await startExporting(host, context, {
        ...toFile(directory),
        families: `${familyFlag(families)},deny`,
        policy,
      });
    }),
};

export default defineVariants({
  id: "sensor",
  variants: [
    sensor,
    idle,
    loaded,
    filtered,
    none,
    protobuf,
    journald,
    socket,
    slow,
    changes,
    highValue,
    enforce,
  ],
});
