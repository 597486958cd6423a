/**
 * tare's own sensor (`bpf/`): a small eBPF program for each family and one reader that writes JSON Lines. It counts every
 * event that it could not hand over, so its losses are known exactly. Its variants differ in where its events go.
 */
import {
  type AgentContext,
  type AgentOutput,
  type AgentSheet,
  defineVariants,
  type RunningAgent,
} from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import { CHANGE_FAMILIES, known } from "../domain/units.ts";
import { awaitStart } from "./shared/await-start.ts";
import { CHANGES_ASKED } from "./shared/changes.ts";
import { launch } from "./shared/launch.ts";
import { NO_CHANGES } from "./shared/not-in-guest.ts";
import { withTool } from "./shared/obstacle.ts";
import { familyFlag } from "./shared/own-program.ts";
import { EXECVEAT, UNCONNECTED, UNRESOLVED_EXECS, UNRESOLVED_OPENS, URING } from "./shared/techniques.ts";
import { RING_BYTES, SENSOR_FORMS, SENSOR_SHEET, sensorInGuest, startSensor } from "./shared/tare-sensor.ts";

/** A policy for nobody's events: it is decided by the caller's user, before anything of the event is looked at. */
const NOTHING = "processes: { uids: [424242] }\n";

const EVERYTHING = {
  ...SENSOR_SHEET,
  observes: ["exec", "file", "network"],
  coverage: {
    notes: ["execs that fail"],
    claims: [
      {
        of: [...URING, "open-handle"],
        claimed: "nothing",
        why: "opens and connects through io_uring, and opens by handle (open_by_handle_at)",
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
        why: "with any hook but fexit: opens and connects of 32-bit programs, and those made by int 0x80",
        when: ({ hooks = "" }) => !hooks.includes("fexit"),
      },
      {
        of: [...EXECVEAT, ...UNRESOLVED_EXECS],
        claimed: "otherwise",
        why: "the whole path of a program: it tells what the kernel was asked for, which may be relative, ld.so or /dev/fd/N",
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

interface Export {
  /** Its options. */
  readonly args: readonly string[];
  readonly outputs: readonly AgentOutput[];
}

const startExporting = async (
  host: Host,
  context: AgentContext,
  { args, outputs }: Export,
): Promise<RunningAgent> => {
  const ring = RING_BYTES[context.buffers] * (context.bufferFactor ?? 1);
  const started = await startSensor(host, context, `--ring-bytes=${ring}`, ...args);
  return {
    processes: [started.process],
    outputs,
    logs: [started.log],
    settings: {
      command: ["tare-sensor", familyFlag(context.families), ...args]
        .join(" ")
        .replaceAll(context.directory, "DIRECTORY"),
      ring: `${ring} bytes a family`,
      // They decide its cost.
      hooks: started.hooks ?? "unknown",
      filter: "none",
    },
    knob: `${ring / 2 ** 20} MiB a family`,
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

const none: AgentSheet = {
  ...EVERYTHING,
  id: "sensor@none",
  title: "tare's eBPF sensor, which reads its events and hands out none",
  optIn: COMPARED,
  sink: "none",
  uncounted: EVERYTHING.observes,
  inGuest: (_host, context) =>
    Promise.resolve(
      sensorInGuest(context, [familyFlag(context.families)], { args: ["--output=none"], outputs: [] }),
    ),
  start: (host, context) => startExporting(host, context, { args: ["--output=none"], outputs: [] }),
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

const socket: AgentSheet = {
  ...EVERYTHING,
  id: "sensor@socket",
  title: "tare's eBPF sensor, JSON to a socket that socat reads",
  optIn: COMPARED,
  sink: "json-socket",
  notInGuest: "it is two programs, and a guest's agent is one: count sensor",
  probe: async (host) => withTool(host, "socat", await SENSOR_SHEET.probe(host)),
  start: async (host, context) => {
    const path = `${context.directory}/events.jsonl`;
    const address = `${context.directory}/events.sock`;
    const reader = await launch(
      context,
      "socat",
      { command: "socat", args: ["-u", `UNIX-LISTEN:${address}`, `OPEN:${path},creat,append`] },
      2000,
    );
    await awaitStart(host, context, {
      process: reader.process,
      who: "socat",
      lacking: "opened no socket",
      log: reader.stderr,
      every: 10,
      atMost: 10_000,
      check: async () => known(await host.fileSize(address)),
    });
    const started = await startExporting(host, context, {
      args: [`--output=unix:${address}`],
      outputs: [{ path, forms: SENSOR_FORMS }],
    });
    return {
      ...started,
      processes: [...started.processes, reader.process],
      // What socat does not take stays in the ring until that is full.
      consumers: started.processes,
      logs: [...started.logs, reader.stderr],
      settings: { ...started.settings, reader: "socat -u" },
    };
  },
};

const changes: AgentSheet = {
  ...SENSOR_SHEET,
  id: "sensor@changes",
  title: "tare's eBPF sensor, changes of files only",
  observes: CHANGE_FAMILIES,
  coverage: {
    notes: [
      "writes through a mapping, through io_uring, and by cloning extents (FICLONE)",
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

export default defineVariants({ id: "sensor", variants: [sensor, none, protobuf, socket, changes] });
