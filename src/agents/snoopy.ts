/**
 * snoopy: a library that is preloaded into every program and writes a line before each execve and execv that a program calls through
 * the C library: https://github.com/a2o/snoopy (README, doc/FAQ.md, /etc/snoopy.ini).
 *
 * It is preloaded by /etc/ld.so.preload, which applies to the whole node. So the run gets a private mount namespace, where a
 * layer over /etc has that file; the node's /etc is not touched. Debian's build reads /etc/snoopy.ini and nothing else.
 */
import { posix } from "node:path";
import { defineAgent } from "../domain/agent.ts";
import { known } from "../domain/units.ts";
import type { Host } from "../domain/host.ts";
import { coverFolder, needsNamespaces } from "./shared/namespaces.ts";
import { noCounter } from "./shared/no-counter.ts";
import { type Check, firstObstacle, needsRoot } from "./shared/obstacle.ts";
import { debianVersion } from "./shared/probe.ts";
import { EXECS, EXECVEAT } from "./shared/techniques.ts";

const PRELOAD = "/etc/ld.so.preload";
/** Where the library finds its output: in a folder that every user may enter, unlike the turn's own. */
const OUTPUT = "/etc/tare-snoopy.log";
/** Each process writes for itself, whatever its user. */
const SHARE = 'chmod 666 "$1" && mount --bind "$1" "$2"';

/** Debian's multiarch folders, then where `make install` and other distributions put it. */
const librariesOf = (arch: string): readonly string[] =>
  [
    `/lib/${arch}-linux-gnu`,
    `/usr/lib/${arch}-linux-gnu`,
    "/lib",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
  ].map((folder) => `${folder}/libsnoopy.so`);

const findLibrary = async (host: Host): Promise<string | undefined> => {
  for (const path of librariesOf(host.arch)) {
    if ((await host.fileSize(path)).kind === "value") return path;
  }
  return undefined;
};

const needsLibrary: Check = async (host) =>
  (await findLibrary(host)) === undefined
    ? {
        reason: "libsnoopy.so is not installed",
        hint: "run: tare agents install snoopy (it preloads nothing on this node)",
      }
    : undefined;

/** Debian's settings but for the output: its default is the system log, of which a node may have none. */
const SETTINGS = `[snoopy]\noutput = file:${OUTPUT}\n`;

export default defineAgent({
  id: "snoopy",
  title: "snoopy (preloaded library)",
  homepage: "https://github.com/a2o/snoopy",
  observes: ["exec"],
  coverage: {
    claims: [
      {
        of: ["exec-spawn", ...EXECVEAT, "exec-32-bit-call"],
        claimed: "nothing",
        why: "programs started by posix_spawn, execvp, execl, system or popen, such as everything that Node, GCC's driver or make starts, and those started by execveat: only calls of execve and execv are caught",
      },
      {
        of: EXECS,
        claimed: "otherwise",
        why: "the process and the program's path: a line has the arguments and the session",
      },
    ],
    notes: [
      "what statically linked programs start, and programs that were running before",
      "whether an exec succeeded: it writes before the attempt",
      "files and network, by design",
    ],
    gapFor: ({ emits }) =>
      emits.by?.call === "execve"
        ? undefined
        : {
            extent: "some",
            why: "it catches calls of the C library's execve and execv only, not of posix_spawn, execvp or execl, nor system calls made directly",
          },
  },
  // The caller writes the line itself before it goes on: there is no queue and no reader.
  overload: "blocks",
  telling: { deeds: { exec: /^\[login:/ } },
  notInGuest:
    "it is preloaded into programs that are linked with the C library, and the programs of a guest that counts are static or few",
  packages: ["snoopy"],
  isolation: ["mount"],
  optIn: "it is preloaded into every process, so the whole run is moved into a mount namespace of its own",
  probe: async (host) => {
    const obstacle = await firstObstacle(host, [needsRoot, needsLibrary, needsNamespaces(["mount"])]);
    if (obstacle !== undefined) return obstacle;
    return {
      kind: "available",
      version: (await debianVersion(host, "snoopy")) ?? "unpackaged",
      path: (await findLibrary(host)) ?? "libsnoopy.so",
    };
  },
  start: async (host, context) => {
    const events = `${context.directory}/snoopy.log`;
    await host.writeText(events, "");
    const library = (await findLibrary(host)) ?? "libsnoopy.so";
    const others = (known(await host.readText(PRELOAD)) ?? "").trim();
    await coverFolder(host, context, "/etc", {
      "ld.so.preload": `${others === "" ? "" : `${others}\n`}${library}\n`,
      "snoopy.ini": SETTINGS,
      [posix.basename(OUTPUT)]: "",
    });
    await context.effects.perform({
      kind: "command",
      title: `the turn's file for events at ${OUTPUT} in the agent's own mount namespace`,
      do: context.inside(["sh", "-c", SHARE, "share", events, OUTPUT]),
      undo: [],
    });
    return {
      processes: [],
      outputs: [{ path: events, forms: { exec: { kind: "text" } } }],
      logs: [],
      settings: {
        preload: `${library} by ${PRELOAD}, in a mount namespace of the run's own`,
        configuration: SETTINGS,
        messageFormat: "as built in",
      },
      lost: noCounter("snoopy counts nothing: a line that could not be written is told by nobody"),
    };
  },
});
