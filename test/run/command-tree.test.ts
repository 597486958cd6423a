/** Commands in a run: where they are, what they need, what they leave. */
import { expect, test } from "vitest";
import { runsOf, type Scenario } from "../../src/domain/scenario.ts";
import { commandTree, lackingPrograms, lossDefects } from "../../src/run/command-tree.ts";
import { missing, value } from "../../src/domain/units.ts";
import { prepareDriver } from "../../src/run/drive.ts";
import { ON_THE_NODE } from "../../src/run/namespaces.ts";
import { FakeHost } from "../support/fake-host.ts";
import { SCENARIO } from "./fake-run.ts";

const MACRO: Scenario = {
  id: "macro-x",
  title: "x",
  summary: "x",
  operations: ["run"],
  driver: {
    kind: "command",
    needs: { git: "git", cc: "gcc", make: "make" },
    preparation: "touch a",
    run: "cat a",
  },
  loads: runsOf(2),
};

test.each([
  [["git", "cc", "make"], undefined],
  [["cc", "make"], { reason: "git is not on this node", hint: "apt-get install git" }],
  [["make"], { reason: "git and cc are not on this node", hint: "apt-get install git gcc" }],
])("with %j there is %j to say", async (present, said) => {
  const programs = Object.fromEntries(present.map((name) => [name, `/usr/bin/${name}`]));
  expect(await lackingPrograms(new FakeHost({ programs }), MACRO)).toEqual(said);
});

test("a scenario that is no command needs no programs", async () => {
  expect(await lackingPrograms(new FakeHost(), SCENARIO)).toBeUndefined();
});

test("that events were lost meanwhile is a defect of the figure, where a counter says so", () => {
  expect(lossDefects("a", value(3))).toEqual([expect.stringContaining("a lost events")]);
  expect(lossDefects("a", value(0))).toEqual([]);
  expect(lossDefects("a", missing("no counter"))).toEqual([]);
});

const CGROUP2 = "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n";

const treeOf = async (host: FakeHost, scenario: Scenario) =>
  await commandTree(
    { host, name: "tare-1", scratch: "/s" },
    host.effects.scope("trial"),
    scenario,
    (one) => one,
  );

test("a command has a cgroup of its own, and what the driver says in its trial is told once", async () => {
  const host = new FakeHost({
    files: { "/proc/self/mounts": CGROUP2, "/s/driver.stderr": "of an earlier trial\n" },
    answer: () => ({}),
  });
  const tree = await treeOf(host, MACRO);
  expect(tree.cgroups).toEqual(["/sys/fs/cgroup/tare-1-workload"]);
  host.files.set("/s/driver.stderr", "of an earlier trial\nleft\nleft\n");
  expect(await tree.said()).toEqual(["left"]);
});

test("any other workload has none", async () => {
  const host = new FakeHost({ files: { "/proc/self/mounts": CGROUP2 }, answer: () => ({}) });
  const tree = await treeOf(host, SCENARIO);
  expect(tree.cgroups).toEqual([]);
  expect(await tree.said()).toEqual([]);
});

test("the driver is told the command, its folder, its limit and its cgroup", async () => {
  const host = new FakeHost({
    onStart: (driver) => {
      driver.print('{"driver":"prepared","workers":[7]}');
    },
  });
  const [load] = MACRO.loads.small;
  if (load === undefined) throw new Error("no load");
  await prepareDriver(host, host.effects.scope("trial"), {
    scenario: MACRO,
    trial: { id: "0001", scenario: MACRO.id, load, placement: "free" },
    directory: "/w",
    snapshots: [],
    stderr: "/err",
    paddingBytes: 0,
    namespaces: ON_THE_NODE,
    cgroups: ["/cg/a", "/cg/b"],
    signal: new AbortController().signal,
  });
  const { command, args = [] } = host.processes[0]?.spec ?? {};
  expect(command).toBe("/tare/build/scenarios/command");
  expect(args.filter((flag) => /command|preparation|in=|limit|cgroup/.test(flag))).toEqual([
    "--command=cat a",
    "--preparation=touch a",
    "--in=/w/macro-x",
    "--limit-seconds=120",
    "--cgroup=/cg/a",
    "--cgroup=/cg/b",
  ]);
});
