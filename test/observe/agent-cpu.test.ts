/** Which files the driver reads for the CPU time of an agent, and what the harness reads of them afterwards. */
import { describe, expect, test } from "vitest";
import { missing, value } from "../../src/domain/units.ts";
import { NO_CGROUP } from "../../src/observe/cgroup.ts";
import { cpuFiles, readAgentCpu, readWindowCpu } from "../../src/observe/cpu.ts";
import { FakeHost } from "../support/fake-host.ts";

const PROCESSES = {
  "/proc/9/task/9/schedstat": "1 0 0",
  "/proc/12/comm": "agent\n",
  "/proc/12/task/12/schedstat": "100 0 0",
  "/proc/12/task/13/schedstat": "20 0 0",
  "/proc/30/comm": "kauditd\n",
  "/proc/30/schedstat": "5 0 0",
};
const HARNESS = 9;

describe("the files that the driver reads", () => {
  test("are those of the agent's threads where it has no cgroup, of helpers and of the harness", async () => {
    const files = await cpuFiles(new FakeHost({ files: PROCESSES }), NO_CGROUP, [12], HARNESS);
    expect(files.agentTasks).toEqual(["/proc/12/task/12/schedstat", "/proc/12/task/13/schedstat"]);
    expect(files.helpers).toEqual([{ name: "kauditd", path: "/proc/30/schedstat" }]);
    expect(files.all).toEqual([
      "/proc/stat",
      ...files.agentTasks,
      "/proc/30/schedstat",
      "/proc/9/task/9/schedstat",
    ]);
  });

  test("hold the cgroup's in place of the threads' where there is one", async () => {
    const cgroup = { ...NO_CGROUP, cpuFile: "/cg/cpu.stat" };
    const files = await cpuFiles(new FakeHost({ files: PROCESSES }), cgroup, [12], HARNESS);
    expect(files.agentTasks).toEqual([]);
    expect(files.all).toContain("/cg/cpu.stat");
  });
});

describe("the agent's CPU time so far", () => {
  const NONE = { all: [], agentCgroup: undefined, agentTasks: [], helpers: [], harness: [] };

  test("is the cgroup's", async () => {
    const files = { ...NONE, agentCgroup: "/cg/cpu.stat" };
    const read = async (text?: string) =>
      await readAgentCpu(new FakeHost({ files: text === undefined ? {} : { "/cg/cpu.stat": text } }), files);
    expect(await read("usage_usec 3\n")).toEqual(value(3000));
    expect(await read("nonsense")).toEqual(missing("/cg/cpu.stat: unexpected content"));
    expect(await read()).toMatchObject({ kind: "missing" });
  });

  test("is the sum over its threads, and missing when one cannot be read", async () => {
    const tasks = ["/proc/12/task/12/schedstat", "/proc/12/task/13/schedstat"];
    const host = new FakeHost({ files: PROCESSES });
    expect(await readAgentCpu(host, { ...NONE, agentTasks: tasks })).toEqual(value(120));
    expect(
      await readAgentCpu(host, { ...NONE, agentTasks: [...tasks, "/proc/12/task/14/schedstat"] }),
    ).toEqual(missing("/proc/12/task/14/schedstat could not be read"));
    expect(await readAgentCpu(host, NONE)).toEqual(missing("no agent process"));
  });

  test("inside the window leaves out threads that ended in it, and is missing when none is left", () => {
    const files = { ...NONE, agentTasks: ["/a", "/b"] };
    const ended = { path: "/b", error: "ENOENT" };
    const stayed = { path: "/a", before: "10 0 0", after: "30 0 0" };
    expect(readWindowCpu([stayed, ended], files, 1).agentNs).toEqual(value(20));
    expect(readWindowCpu([ended], files, 1).agentNs).toEqual(
      missing("the agent's threads could not be read at both edges"),
    );
  });
});
