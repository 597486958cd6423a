/**
 * forkstat: one line for each exec, told by the kernel's proc connector. The connector carries a pid and nothing else, so forkstat reads the
 * arguments from /proc when the message arrives, and a process that has ended by then has none: forkstat(8).
 */
import { defineAgent } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import { noCounter } from "./shared/no-counter.ts";
import { needsCommand, needsRoot } from "./shared/obstacle.ts";
import { startPrinting } from "./shared/launch.ts";
import { probeBy, saidBy } from "./shared/probe.ts";
import { EXECS } from "./shared/techniques.ts";

const SHORT_LIVES =
  "it looks up an exec's arguments when it is told of it, and a process as short-lived as this workload's is often gone by then";

/** It takes the node's default size for its netlink socket and has no option for another. */
const RECEIVE_BUFFER = "/proc/sys/net/core/rmem_default";

const receiveBuffer = async (host: Host): Promise<string> => {
  const bytes = await host.readText(RECEIVE_BUFFER);
  return bytes.kind === "value"
    ? `${bytes.value.trim()} bytes (net.core.rmem_default)`
    : "the node's default";
};

export default defineAgent({
  id: "forkstat",
  title: "forkstat",
  homepage: "https://github.com/ColinIanKing/forkstat",
  observes: ["exec"],
  coverage: {
    claims: [
      {
        of: EXECS,
        claimed: "otherwise",
        why: "programs' paths: it shows the first argument, and not even that of a process that has ended when it looks",
      },
    ],
    notes: [
      "arguments of processes that end before it has looked them up",
      "events that the proc connector dropped: it neither counts nor mentions them",
      "files and network, by design",
    ],
    gapFor: () => ({ extent: "some", why: SHORT_LIVES }),
  },
  overload: "drops",
  telling: { deeds: { exec: / exec / }, pid: / exec +(\d+)/ },
  packages: ["forkstat"],
  optIn: "it is a tool to look with and no sensor: it cannot tell the arguments of short processes",
  // -h exits with an error and prints the version all the same; there is no option that prints it alone.
  probe: probeBy([needsCommand("forkstat", "forkstat"), needsRoot], "forkstat", saidBy("-h")),
  inGuest: () =>
    Promise.resolve({
      programs: ["forkstat"],
      packages: ["forkstat"],
      files: {},
      version: "forkstat -h 2>&1 | head -n 1",
      exec: "exec forkstat -e exec -l",
      // It prints the heads of its columns first.
      ready: "grep -q Time stdout",
      outputs: [{ path: "stdout", forms: { exec: { kind: "text" } } }],
      settings: {
        command: "forkstat -e exec -l",
        source: "netlink proc connector, arguments from /proc/<pid>/cmdline",
      },
    }),
  start: async (host, context) => {
    // Without -l it holds lines back when its output is a file.
    const spec = { command: "forkstat", args: ["-e", "exec", "-l"] };
    const { running } = await startPrinting(context, "forkstat", spec, 3000, { exec: { kind: "text" } });
    return {
      ...running,
      settings: {
        command: "forkstat -e exec -l",
        source: "netlink proc connector, arguments from /proc/<pid>/cmdline",
        receiveBuffer: await receiveBuffer(host),
        filter: "none",
      },
      lost: noCounter("it has no counter: an overrun of its socket is not told"),
    };
  },
});
