/**
 * fapolicyd: before a file is opened or executed, the kernel asks it through fanotify and waits for its answer:
 * https://github.com/linux-application-whitelisting/fapolicyd, fapolicyd(8), fapolicyd.conf(5), fapolicyd.rules(5).
 *
 * On a node it would gate every program. So it marks the mounts of a private namespace, which only the workload uses, allows everything
 * (`permissive`; as it denies: everything but a folder of tare's own), and is stopped at once if the kernel shows a mark of it anywhere else. Its configuration,
 * database, state and reports are private layers over the folders that are built in.
 */
import {
  type AgentContext,
  type AgentOutput,
  type AgentSheet,
  defineVariants,
  type RunningAgent,
} from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";
import type { Host, HostProcess } from "../domain/host.ts";
import { known } from "../domain/units.ts";
import { awaitLogged } from "./shared/await-start.ts";
import { startDenying } from "./shared/denials.ts";
import { marksOf, mountIds } from "./shared/fanotify-marks.ts";
import { launch } from "./shared/launch.ts";
import { lostLines } from "./shared/lost-lines.ts";
import { coverFolder, needsNamespaces } from "./shared/namespaces.ts";
import { needsCommand, needsRoot } from "./shared/obstacle.ts";
import { debianVersion, probeBy, versionOf } from "./shared/probe.ts";
import { EACH_EVENT } from "./shared/loss-counters.ts";

/**
 * Debian's fapolicyd.conf, but for: it decides nothing (permissive) unless it is to deny, watches only the file systems of the workload, stays root (another
 * user needs CAP_SYS_RESOURCE, which containers may lack), and names the permission next to the program in its log. Whoever opens waits,
 * so its queue never holds more than there are processes that open: a smaller one would not overflow sooner.
 */
const configuration = (
  fileSystems: readonly string[],
  denies: boolean,
): string => `permissive = ${denies ? 0 : 1}
nice_val = 14
q_size = 640
uid = 0
gid = 0
do_stat_report = 1
detailed_report = 1
db_max_size = 50
subj_cache_size = 1549
obj_cache_size = 8191
watch_fs = ${fileSystems.join(",")}
trust = file
integrity = none
syslog_format = rule,dec,auid,pid,perm,exe,:,path,ftype,trust
rpm_sha256_only = 0
allow_filesystem_mark = 0
`;

/** The first that fits decides. */
const rules = (watched: string, denied: string | undefined): string =>
  `${denied === undefined ? "" : `deny_syslog perm=any all : dir=${denied}/\n`}allow_syslog perm=execute all : all
allow_syslog perm=open all : dir=${watched}/
allow perm=any all : all
`;

const programsIn = (host: Host): string => `${host.root}/build/scenarios`;

/** The types that /proc/mounts has for the file systems of the workload's programs and files. */
const fileSystemsOf = async (host: Host, folders: readonly string[]): Promise<readonly string[]> => {
  const types = new Set<string>();
  for (const folder of folders) {
    const found = await host.run("findmnt", ["-n", "-o", "FSTYPE", "--target", folder]);
    const type = found.stdout.trim().split("\n").at(-1) ?? "";
    if (found.exitCode !== 0 || type === "") {
      throw new TareError(
        "run-failed",
        `findmnt does not tell which file system ${folder} is on: ${found.stderr.trim()}`,
        "run findmnt --target FOLDER and see what it says",
      );
    }
    types.add(type);
  }
  return [...types];
};

/** Trusted files, one a line: path, size, SHA-256. The workload's programs; with none at all every look into the database fails. */
const trustFile = async (host: Host): Promise<string> => {
  const folder = programsIn(host);
  const paths = (await host.list(folder)).map((name) => `${folder}/${name}`);
  const { stdout } = await host.run("sha256sum", paths);
  const lines: string[] = [];
  for (const [, digest = "", path = ""] of stdout.matchAll(/^([0-9a-f]{64}) [ *](.+)$/gm)) {
    const size = known(await host.fileSize(path));
    if (size !== undefined) lines.push(`${path} ${size} ${digest}`);
  }
  return `${lines.join("\n")}\n`;
};

/** Throws unless everything that it gates is a mount of its private namespace, which nothing else uses. */
const refuseMarksOutside = async (host: Host, process: HostProcess, log: string): Promise<number> => {
  const marks = await marksOf(host, process.pid);
  const inside = mountIds(known(await host.readText(`/proc/${process.pid}/mountinfo`)) ?? "");
  const onTheNode = mountIds(known(await host.readText("/proc/self/mountinfo")) ?? "");
  const outside = marks.filter(
    ({ mountId }) => mountId === undefined || !inside.has(mountId) || onTheNode.has(mountId),
  );
  if (marks.length > 0 && outside.length === 0) return marks.length;
  const what =
    marks.length === 0
      ? "gates nothing: the kernel shows no mark of it"
      : `gates more than its own mounts: ${outside.map(({ of, mountId }) => `${of} ${mountId ?? ""}`.trim()).join(", ")}`;
  throw new TareError("run-failed", `fapolicyd (pid ${process.pid}) ${what}`, `its last lines are in ${log}`);
};

/** What versions say when their own queue is full: 1.1 that it could not enqueue, later ones also what they did about it. */
const REFUSED = /^(?:enqueue error$|Failed to enqueue event for PID \d+)/;

/** Only program and file say that a line is about an operation: its lines have no arguments. */
const formsOf = (host: Host, { workloads, watchedDirectory }: AgentContext): AgentOutput["forms"] => {
  const programs = programsIn(host);
  const linesFor = (family: "exec" | "file"): readonly string[] =>
    workloads.flatMap(({ emits }) => {
      if (emits.family !== family || emits.by === undefined) return [];
      const target = family === "exec" ? `${programs}/${emits.by.executes ?? ""} ` : `${watchedDirectory}/`;
      const permission = family === "exec" ? "execute" : "open";
      return [`perm=${permission} exe=${programs}/${emits.by.program} : path=${target}`];
    });
  return {
    exec: { kind: "records", holding: [linesFor("exec")] },
    file: { kind: "records", holding: [linesFor("file")] },
  };
};

/** `denied`: the folder in which it refuses every exec and open; absent: it refuses nothing. */
const start = async (host: Host, context: AgentContext, denied?: string): Promise<RunningAgent> => {
  const { directory, watchedDirectory } = context;
  const folders = [programsIn(host), watchedDirectory, ...(denied === undefined ? [] : [directory])];
  const conf = configuration(await fileSystemsOf(host, folders), denied !== undefined);
  await coverFolder(host, context, "/etc/fapolicyd", {
    "fapolicyd.conf": conf,
    "fapolicyd.trust": await trustFile(host),
    "compiled.rules": rules(watchedDirectory, denied),
  });
  await coverFolder(host, context, "/var/lib/fapolicyd", {});
  await coverFolder(host, context, "/var/log", {});
  // It makes a pipe in here and does not make the folder.
  await coverFolder(host, context, "/run", { "fapolicyd/tare": "" });
  const spec = { command: "fapolicyd", args: ["--debug"] };
  const { process, stderr: log } = await launch(context, "fapolicyd", spec, 8000);
  // Its marks are set by then.
  await awaitLogged(host, context, /Starting to listen for events/, {
    process,
    who: "fapolicyd",
    lacking: 'did not say "Starting to listen for events"',
    log,
    every: 50,
    atMost: 10_000,
  });
  const marks = await refuseMarksOutside(host, process, log);
  return {
    processes: [process],
    outputs: [{ path: log, forms: formsOf(host, context) }],
    logs: [log],
    settings: {
      command: "fapolicyd --debug (in the foreground, each decision to standard error)",
      configuration: conf,
      rules: rules("WATCHED", denied?.replace(directory, "DIRECTORY")),
      trust: "the workload's programs, from a file; integrity none",
      marks: `${marks} mounts of a namespace of the run's own`,
      counting:
        "decisions are counted, not told apart: its lines name paths, not arguments or which name of a file",
    },
    lost: lostLines(host, log, REFUSED),
  };
};

const SHEET = {
  homepage: "https://github.com/linux-application-whitelisting/fapolicyd",
  observes: ["exec", "file"],
  coverage: {
    claims: [
      {
        of: ["exec-memfd", "exec-memfd-proc"],
        claimed: "nothing",
        why: "programs without a file: they are on none of the mounts that it marks",
      },
      {
        of: ["exec-loader"],
        claimed: "otherwise",
        why: "the program that ld.so is started with: it is asked for ld.so, and then for an open",
      },
      {
        of: ["exec-bind-mount", "exec-overlay", "open-bind-mount", "open-tmpfs"],
        claimed: "nothing",
        why: "files on mounts that are younger than its marks, or in another mount namespace",
      },
      { of: ["open-o-path"], claimed: "nothing", why: "opens of the path alone (O_PATH)" },
    ],
    notes: [
      "arguments of programs: its lines name paths only, so events are counted and not told apart",
      "which of a file's names was opened: it remembers the first that it saw",
      "files on file systems that its configuration does not name",
      "opens that need no permission of it, such as those of directories",
      "network, by design",
    ],
    gapFor: ({ emits }) =>
      emits.by === undefined
        ? {
            extent: "all",
            why: "its lines name programs and files, but not the arguments by which these events are told apart",
          }
        : undefined,
  },
  overload: "blocks",
  telling: { deeds: { exec: / perm=execute /, open: / perm=open / }, pid: / pid=(\d+) / },
  // An exec asks for the program and for the loader, each to be opened and to be executed.
  lossCounter: { ...EACH_EVENT, perEvent: { exec: [1, 4] } },
  notInGuest:
    "the caller waits for its answer: on the one CPU that is counted its work cannot be told from the caller's",
  packages: ["fapolicyd"],
  units: ["fapolicyd"],
  isolation: ["mount"],
  probe: probeBy(
    [
      needsCommand("fapolicyd", "fapolicyd"),
      needsRoot,
      needsCommand("findmnt", "fapolicyd"),
      needsNamespaces(["mount"]),
    ],
    "fapolicyd",
    async (host) => (await debianVersion(host, "fapolicyd")) ?? (await versionOf(host, "fapolicyd-cli")),
  ),
} as const satisfies Partial<AgentSheet>;

const GATES =
  "it decides on every open of the whole node, so the whole run is moved into a mount namespace of its own";

const enforce: AgentSheet = {
  ...SHEET,
  id: "fapolicyd@enforce",
  title: "fapolicyd (application allowlisting), which denies as well",
  optIn: `${GATES}, and it refuses opens and execs in a folder of tare's own`,
  start: (host, context) =>
    startDenying(host, context, "fapolicyd", (denied) => start(host, context, denied)),
};

export default defineVariants({
  id: "fapolicyd",
  variants: [
    {
      ...SHEET,
      id: "fapolicyd",
      title: "fapolicyd (application allowlisting)",
      optIn: GATES,
      start: (host, context) => start(host, context),
    },
    enforce,
  ],
});
