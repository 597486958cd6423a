/**
 * What osquery's variants have in common, whichever of its publishers their tables read: the program, a daemon that keeps all that is its own in the turn's
 * directory, and results that come out with the next scheduled query. https://osquery.readthedocs.io/en/stable/installation/cli-flags/,
 * .../deployment/logging/; schemas: https://osquery.io/schema/.
 */
import type {
  Agent,
  AgentContext,
  AgentOutput,
  GuestContext,
  GuestStart,
  RunningAgent,
} from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { known, missing, type Reading, value } from "../../domain/units.ts";
import { awaitStart } from "./await-start.ts";
import { shellWord } from "./guest-shell.ts";
import { launch } from "./launch.ts";
import { lostLines } from "./lost-lines.ts";
import { readPolicy } from "./policy.ts";
import { programPath, releaseToBring, type VendorProgram, type VersionSource } from "./vendor-program.ts";

const VERSION = "5.23.1";
const download = (arch: string): string =>
  `https://github.com/osquery/osquery/releases/download/${VERSION}/osquery_${VERSION}-1.linux_${arch}.deb`;

export const PROGRAM: VendorProgram = {
  id: "osquery",
  name: "osqueryd",
  inside: ["opt/osquery/bin/osqueryd", "usr/bin/osqueryd"],
};

/** The tables of both publishers name these columns alike: `cmdline` and `remote_address`. */
const FORMS: AgentOutput["forms"] = {
  exec: { kind: "text" },
  network: { kind: "ipv4", before: '"remote_address":"' },
  // Of a team's own queries: its tables of files name them, and an exec is told with its command line.
  file: { kind: "text" },
  "high-value": { kind: "text" },
};

/** As users give them, in a flag file; whatever would lie in /etc, /var or /run lies in the turn's directory. */
const flagFile = (directory: string, own: readonly string[]): string =>
  [
    `config_path=${directory}/osquery.conf`,
    `database_path=${directory}/osquery.db`,
    `logger_path=${directory}/log`,
    `pidfile=${directory}/osqueryd.pid`,
    "disable_extensions=true",
    "logger_plugin=filesystem",
    "host_identifier=hostname",
    // Of a number below 2 it makes 10, and of one above 100 nothing (osquery/config/packs.cpp).
    "schedule_splay_percent=101",
    "disable_events=false",
    ...own,
  ]
    .map((flag) => `--${flag}\n`)
    .join("");

export interface Setup {
  /** Of tare's own by its name, or a text. */
  readonly policy: string | { readonly text: string };
  readonly flags: readonly string[];
  readonly delivery: string;
  readonly settings: RunningAgent["settings"];
  readonly lost: RunningAgent["lost"];
  /** Whether the schedule has queries whose rows go to the file of snapshots. */
  readonly snapshots?: boolean;
  /** Of one that hands out nothing, so that no sentinel shows when it is attached. Absent: it hands out events. */
  readonly silentOnce?: () => Promise<true | undefined>;
}

const LOGS = ["osqueryd.results.log", "osqueryd.snapshots.log"] as const;

/** Of its logger of files, in a folder whose name ends with a slash. */
export const outputsOf = (below: string, snapshots = false): readonly AgentOutput[] =>
  LOGS.slice(0, snapshots ? 2 : 1).map((path) => ({ path: `${below}${path}`, forms: FORMS }));

const plus = (kernels: Reading<number>, own: Reading<number>): Reading<number> => {
  if (kernels.kind === "missing") return missing(kernels.reason);
  return own.kind === "missing" ? own : value(kernels.value + own.value);
};

export const startOsqueryd = async (
  host: Host,
  context: AgentContext,
  { policy, flags, snapshots, delivery, settings, lost, silentOnce }: Setup,
): Promise<RunningAgent> => {
  const { directory, families } = context;
  const schedule = typeof policy === "string" ? await readPolicy(host, policy, {}, families) : policy.text;
  await host.makeDirectory(`${directory}/log`, 0o750);
  await host.writeText(`${directory}/osquery.conf`, schedule, 0o640);
  await host.writeText(`${directory}/osquery.flags`, flagFile(directory, flags), 0o640);
  const spec = { command: await programPath(host, PROGRAM), args: [`--flagfile=${directory}/osquery.flags`] };
  const { process, stdout, stderr } = await launch(context, "osqueryd", spec, 10_000);
  const removed = lostLines(host, stderr, REMOVED);
  const ended = lostLines(host, stderr, WORKER_ENDED);
  if (silentOnce !== undefined)
    await awaitStart(host, context, {
      process,
      who: "osqueryd",
      lacking: "did not begin",
      log: stderr,
      every: 200,
      atMost: 45_000,
      check: silentOnce,
    });
  return {
    processes: [process],
    outputs: silentOnce === undefined ? outputsOf(`${directory}/log/`, snapshots) : [],
    logs: [stderr, stdout, `${directory}/log/osqueryd.WARNING`],
    settings: {
      command: "osqueryd --flagfile=DIRECTORY/osquery.flags",
      flags: flagFile("DIRECTORY", flags),
      schedule,
      delivery,
      cpuQuota: "none (the vendor's unit sets CPUQuota=20%, which this is run without)",
      ...settings,
    },
    lost: async () => {
      const workers = known(await ended()) ?? 0;
      return workers === 0
        ? plus(await lost(), await removed())
        : missing(
            `its watchdog ended a worker ${workers} times, and nobody counts what came until the next one read`,
          );
    },
  };
};

const IN_GUEST = "/opt/osquery/osqueryd";

/** As `startOsqueryd`. `before`: what is done of the kernel's settings first; `lost`: the kernel's own count. */
export const osqueryInGuest = async (
  host: Host,
  { directory, families, arch }: GuestContext,
  {
    policy,
    flags,
    snapshots,
    before,
    lost,
  }: Pick<Setup, "policy" | "flags" | "snapshots"> &
    Required<Pick<GuestStart, "before">> &
    Pick<GuestStart, "lost">,
): Promise<GuestStart> => {
  const { path, version } = await releaseToBring(host, PROGRAM, arch);
  const schedule = typeof policy === "string" ? await readPolicy(host, policy, {}, families) : policy.text;
  return {
    programs: ["auditctl"],
    brought: { [IN_GUEST]: path },
    files: { "osquery.conf": schedule, "osquery.flags": flagFile(directory, flags) },
    version: `echo ${shellWord(version)}`,
    before: `mkdir -p -m 750 log\n${before}`,
    exec: `exec ${IN_GUEST} --flagfile=${directory}/osquery.flags`,
    // Its database is there before its schedule runs.
    ready: "[ -s osquery.db/CURRENT ]",
    after: "rest 10",
    // What it holds back comes with the next of its queries.
    end: "rest 10",
    outputs: outputsOf("log/", snapshots),
    ...(lost === undefined ? {} : { lost }),
    settings: {
      command: "osqueryd --flagfile=DIRECTORY/osquery.flags",
      flags: flagFile("DIRECTORY", flags),
      schedule,
    },
    memoryMegabytes: 2048,
  };
};

/** What no setting of the schedule changes: events_expiry, and events_max, which counts seconds with events and not events. */
export const EXPIRED =
  "events that no query has asked for within an hour, or of more than 50,000 seconds, are removed from its database";

/** What it says on standard error then, with the number of events; the second number is of errors. */
const REMOVED = /Removed (\d+) event batches/;

/** As the watchdog says it, with the reason behind. */
const WORKER_ENDED = /osqueryd worker \(\d+\) stopping/;

export const VERSION_SOURCE: VersionSource = {
  args: ["--version"],
  pattern: /osqueryd version (\S+)/,
};

export const SHEET = {
  homepage: "https://github.com/osquery/osquery",
  observes: ["exec", "network"],
  overload: "drops",
  telling: {
    deeds: { exec: /"name":"(?:bpf_)?process_events"/, connect: /"name":"(?:bpf_)?socket_events"/ },
    pid: /"pid":"(\d+)"/,
  },
  release: {
    version: VERSION,
    // The project publishes no checksum file beside its packages.
    checksumsFrom: "two other projects' pins, which agree",
    files: {
      x86_64: {
        url: download("amd64"),
        sha256: "1431a9a6394657eba3cdd3476a462a6fe9721fc3664a70f23efcf7e37816787a",
      },
      aarch64: { url: download("arm64"), sha256: null },
    },
  },
  units: ["osqueryd.service"],
} as const satisfies Partial<Agent>;
