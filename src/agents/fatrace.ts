/**
 * fatrace: one line for each file access, told by fanotify. Read in the source of 0.17 and seen in its system calls: it marks every file system
 * that lies on a device, and asks for file handles (FAN_REPORT_FID) instead of open files.
 * https://github.com/martinpitt/fatrace
 */
import { type AgentContext, type AgentSheet, defineVariants, type RunningAgent } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import { CHANGE_FAMILIES } from "../domain/units.ts";
import { CHANGE_FORMS, CHANGES_ASKED } from "./shared/changes.ts";
import { noCounter } from "./shared/no-counter.ts";
import { needsCommand, needsRoot } from "./shared/obstacle.ts";
import { startPrinting } from "./shared/launch.ts";
import { packaged, probeBy } from "./shared/probe.ts";

const NO_DEVICE = "it watches file systems on a device only, and these files lie on tmpfs";

/** fanotify's event carries the file's handle, that is its inode; the path is looked up from that. */
const ONE_INODE =
  "it knows a file by its inode: of the hard links that this workload opens it names one for all, and the kernel merges accesses to one file that follow each other";

/** Events that wait for it; beyond that the kernel drops them. */
const QUEUE = "/proc/sys/fs/fanotify/max_queued_events";

const queueOf = async (host: Host): Promise<string> => {
  const events = await host.readText(QUEUE);
  return events.kind === "value" ? `${events.value.trim()} events (${QUEUE})` : "16384 events (the kernel's)";
};

/** Of a folder's handle and a name, which the kernel offers for these from 5.9 on, it asks for the first alone. */
const FOLDER_ONLY = "of a rename and of a deletion it names the folder and not the file";

/** The kernel merges what waits for it of one file. */
const ONE_LINE_OR_TWO =
  "of a write and the close that follows it makes one line or two, whichever of both is faster";

const SHEET = {
  homepage: "https://github.com/martinpitt/fatrace",
  overload: "drops",
  notInGuest: "it watches file systems on a device only, and in a guest that counts all files lie in memory",
  packages: ["fatrace"],
  // It has no option that prints its version.
  probe: probeBy([needsCommand("fatrace", "fatrace"), needsRoot], "fatrace", packaged("fatrace")),
} as const satisfies Partial<AgentSheet>;

const start = async (
  host: Host,
  context: AgentContext,
  { kinds, filter }: { readonly kinds: string; readonly filter: string },
): Promise<RunningAgent> => {
  // It writes a line at a time, to a file too.
  const spec = { command: "fatrace", args: [`--filter=${kinds}`] };
  const { running } = await startPrinting(context, "fatrace", spec, 3000, {
    file: { kind: "text" },
    ...CHANGE_FORMS,
  });
  return {
    ...running,
    settings: {
      command: `fatrace --filter=${kinds}`,
      source: "fanotify, every file system on a device",
      queue: await queueOf(host),
      filter,
    },
    lost: noCounter("it has no counter: an overflow of fanotify's queue is not told"),
  };
};

const opens: AgentSheet = {
  ...SHEET,
  id: "fatrace",
  title: "fatrace",
  observes: ["file"],
  coverage: {
    claims: [
      {
        of: ["open-tmpfs"],
        claimed: "nothing",
        why: "file systems without a device: tmpfs, proc, sysfs, overlays",
      },
      { of: ["open-o-path"], claimed: "nothing", why: "opens of the path alone (O_PATH)" },
    ],
    notes: [
      "which of several hard links was opened",
      "opens of the same file in quick succession: the kernel merges them",
      "opens that failed",
      "execs other than as accesses to the executed file; network, by design",
    ],
    gapFor: ({ filesOn }) =>
      filesOn === "tmpfs" ? { extent: "all", why: NO_DEVICE } : { extent: "some", why: ONE_INODE },
  },
  telling: { deeds: { open: /\): [A-Z<>+]*O/ }, pid: /\((\d+)\): / },
  optIn: "it is a tool to look with and no sensor: it merges events and cannot tell hard links apart",
  start: async (host, context) =>
    await start(host, context, { kinds: "O", filter: "opens only, of any file" }),
};

const changes: AgentSheet = {
  ...SHEET,
  id: "fatrace@changes",
  title: "fatrace, changes of files only",
  observes: CHANGE_FAMILIES,
  coverage: {
    claims: [{ of: ["change-rename", "change-unlink"], claimed: "otherwise", why: FOLDER_ONLY }],
    notes: [
      "writes of the same file in quick succession, and changes in one folder: the kernel merges them",
      "files without a device below them: tmpfs, proc, sysfs, overlays",
    ],
    gapFor: ({ filesOn, family }) => {
      if (filesOn === "tmpfs") return { extent: "all", why: NO_DEVICE };
      return family === "write"
        ? { extent: "some", why: ONE_LINE_OR_TWO }
        : { extent: "all", why: FOLDER_ONLY };
    },
  },
  telling: {
    deeds: { write: /\): [A-Z<>+]*W/, rename: /\): [A-Z+]*[<>]/, delete: /\): [A-Z<>+]*D/ },
    pid: /\((\d+)\): /,
  },
  optIn: CHANGES_ASKED,
  start: async (host, context) =>
    await start(host, context, { kinds: "W<D", filter: "writes, moves and deletions, of any file" }),
};

export default defineVariants({ id: "fatrace", variants: [opens, changes] });
