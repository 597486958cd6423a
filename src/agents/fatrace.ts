/**
 * fatrace: one line for each file access, told by fanotify. Read in the source of 0.17 and seen in its system calls: it marks every file system
 * that lies on a device, and asks for file handles (FAN_REPORT_FID) instead of open files.
 * https://github.com/martinpitt/fatrace
 */
import { defineAgent } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
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

export default defineAgent({
  id: "fatrace",
  title: "fatrace",
  homepage: "https://github.com/martinpitt/fatrace",
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
  overload: "drops",
  telling: { deeds: { open: /\): [A-Z<>+]*O/ }, pid: /\((\d+)\): / },
  notInGuest: "it watches file systems on a device only, and in a guest that counts all files lie in memory",
  packages: ["fatrace"],
  optIn: "it is a tool to look with and no sensor: it merges events and cannot tell hard links apart",
  // It has no option that prints its version.
  probe: probeBy([needsCommand("fatrace", "fatrace"), needsRoot], "fatrace", packaged("fatrace")),
  start: async (host, context) => {
    // It writes a line at a time, to a file too.
    const spec = { command: "fatrace", args: ["--filter=O"] };
    const { running } = await startPrinting(context, "fatrace", spec, 3000, { file: { kind: "text" } });
    return {
      ...running,
      settings: {
        command: "fatrace --filter=O",
        source: "fanotify, every file system on a device",
        queue: await queueOf(host),
        filter: "opens only, of any file",
      },
      lost: noCounter("it has no counter: an overflow of fanotify's queue is not told"),
    };
  },
});
