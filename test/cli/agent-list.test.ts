/** `tare agents`: which agents are listed, and how. */
import { expect, test } from "vitest";
import { agentLines, entryOf, type AgentEntry } from "../../src/cli/agent-list.ts";
import { displayWidth } from "../../src/report/width.ts";
import { WATCHER } from "../run/fake-run.ts";
import { FakeHost } from "../support/fake-host.ts";

const READY: AgentEntry = {
  id: "watcher",
  title: "a watcher",
  homepage: "https://watcher.example",
  observes: ["exec", "file"],
  blindSpots: ["network"],
  overload: "drops",
  optIn: null,
  status: "available",
  version: "1.2",
  path: "/usr/bin/watcher",
  reason: null,
  hint: null,
};
const ABSENT: AgentEntry = {
  ...READY,
  id: "tracer",
  status: "unavailable",
  version: null,
  path: null,
  reason: "this kernel has no kprobes, without which it cannot attach to what it wants to see",
  hint: "run it in a virtual machine with a stock kernel",
  optIn: "it stops the workload at every system call",
};

test.each([80, 120])("every line fits into %i columns", (columns) => {
  for (const line of agentLines([READY, ABSENT], columns))
    expect(displayWidth(line)).toBeLessThanOrEqual(columns);
});

test("an agent is listed with its version, or with why not and what to do", () => {
  expect(agentLines([READY, ABSENT], 200)).toEqual([
    "agent    observes   status on this node",
    "watcher  exec,file  ready, 1.2",
    "tracer   exec,file  not here",
    "    this kernel has no kprobes, without which it cannot attach to what it wants to see",
    "    -> run it in a virtual machine with a stock kernel",
    "    by name only: it stops the workload at every system call",
  ]);
});

test("the entry holds the whole data sheet and the probe's answer", async () => {
  expect(await entryOf({ ...WATCHER, optIn: "why" }, new FakeHost())).toEqual({
    id: "watcher",
    title: "a watcher",
    homepage: "",
    observes: ["file"],
    blindSpots: [],
    overload: "drops",
    optIn: "why",
    status: "available",
    version: "0",
    path: "",
    reason: null,
    hint: null,
  });
});
