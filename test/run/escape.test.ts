/** What an agent starts belongs to it, wherever it goes. */
import { expect, test } from "vitest";
import type { HostProcess } from "../../src/domain/host.ts";
import { missing } from "../../src/domain/units.ts";
import { NO_CGROUP } from "../../src/observe/cgroup.ts";
import { ownPids } from "../../src/run/agent-pids.ts";
import { refuseIfStrayed } from "../../src/run/escape.ts";
import { FakeHost } from "../support/fake-host.ts";

const CGROUP = { ...NO_CGROUP, folders: ["/cg/tare-1"] };

/** `looks`: what bears its mark, at each look. */
const withMarked = (...looks: readonly (readonly number[])[]) => {
  let look = 0;
  const process: HostProcess = {
    pid: 100,
    exited: new Promise(() => undefined),
    exit: () => undefined,
    readLine: () => Promise.resolve(undefined),
    writeLine: () => undefined,
    closeInput: () => undefined,
    marked: () => Promise.resolve(looks[Math.min(look++, looks.length - 1)] ?? []),
  };
  return {
    processes: [process],
    outputs: [],
    logs: [],
    settings: {},
    lost: () => Promise.resolve(missing("not asked")),
  };
};

const strays = async (inside: string, ...looks: readonly (readonly number[])[]): Promise<string> => {
  const host = new FakeHost({ files: { "/cg/tare-1/cgroup.procs": inside, "/proc/101/comm": "helper\n" } });
  const started = { agent: { id: "mine" }, running: withMarked(...looks), cgroup: CGROUP };
  try {
    await refuseIfStrayed(host, started, "in the window");
    return "none";
  } catch (error) {
    return (error as Error).message;
  }
};

test("a process of the agent's that is not in its cgroup is named", async () => {
  expect(await strays("100\n", [100, 101])).toBe(
    "mine (pid 101, helper) has left the cgroup /cg/tare-1, so what it takes is not known",
  );
});

test("those inside are none, nor is one that ended between two looks", async () => {
  expect(await strays("100\n101\n", [100, 101])).toBe("none");
  expect(await strays("100\n", [100, 101], [100])).toBe("none");
});

test("the cgroup of a service is not tare's, so whoever leaves it may", async () => {
  const running = { ...withMarked([100, 101]), controlGroup: "/system.slice/mine.service" };
  const host = new FakeHost({ files: { "/cg/tare-1/cgroup.procs": "" } });
  const started = { agent: { id: "mine" }, running, cgroup: CGROUP };
  await expect(refuseIfStrayed(host, started, "in the window")).resolves.toBeUndefined();
});

test("without a cgroup, one that forked twice is the agent's by its mark, with its children, and each once", async () => {
  const stat = (pid: number, parent: number): readonly [string, string] => [
    `/proc/${pid}/stat`,
    `${pid} (a) S ${parent} 1`,
  ];
  const files = Object.fromEntries([
    stat(100, 1),
    stat(101, 100),
    stat(200, 1),
    stat(201, 200),
    stat(300, 1),
  ]);
  const host = new FakeHost({ files });
  const pids = await ownPids(host, { running: withMarked([100, 101, 200]), cgroup: NO_CGROUP });
  expect(new Set(pids)).toEqual(new Set([100, 101, 200, 201]));
  expect(pids).toHaveLength(4);
});
