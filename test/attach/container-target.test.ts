/** Containers as their engines tell of them: what is found, and what is refused. */
import { describe, expect, test } from "vitest";
import { findTarget } from "../../src/agents/attached/target.ts";
import { findAttached } from "../../src/session/attached.ts";
import { FakeHost } from "../support/fake-host.ts";
import { AGENTS, contextOf } from "./fake-unit.ts";

describe("a container", () => {
  const inspected = (change: object = {}, settings: object = {}): string =>
    JSON.stringify([
      {
        Id: "4f1c",
        State: { Status: "running", Running: true, Pid: 100 },
        HostConfig: { AutoRemove: false, RestartPolicy: { Name: "always" }, ...settings },
        LogPath: "/var/lib/docker/containers/4f1c/4f1c-json.log",
        ...change,
      },
    ]);
  const hostWith = (text: string, exitCode = 0): FakeHost =>
    new FakeHost({
      files: { "/proc/100/cgroup": "0::/system.slice/docker-4f1c.scope\n" },
      answer: (_, args) =>
        args[0] === "container" ? { exitCode, stdout: text, stderr: "no such container" } : {},
    });

  test("is stopped and started by its engine, and known by its id, its group and its log", async () => {
    const host = hostWith(inspected());
    const { service } = await findTarget(host, "docker:falco", new Map());
    expect(service.stopping).toMatchObject({
      do: ["docker", "stop", "falco"],
      undo: [["docker", "start", "falco"]],
    });
    expect(service.starting).toMatchObject({
      do: ["docker", "start", "falco"],
      undo: [["docker", "stop", "falco"]],
    });
    expect(await service.state(host)).toEqual({
      kind: "value",
      value: {
        active: true,
        activity: "running",
        mainPid: 100,
        hasOwnRoot: true,
        controlGroup: "/system.slice/docker-4f1c.scope",
        identity: { id: "4f1c", "restart policy": "always" },
        obstacle: undefined,
        outputs: [{ path: "/var/lib/docker/containers/4f1c/4f1c-json.log", framing: "docker" }],
      },
    });
  });

  test.each([
    [
      "an init of its own",
      "0::/system.slice/docker-4f1c.scope/init.scope\n",
      "/system.slice/docker-4f1c.scope",
    ],
    [
      "a runtime's own below it",
      "0::/machine.slice/libpod-4f1c.scope/container\n",
      "/machine.slice/libpod-4f1c.scope",
    ],
    ["version 1", "7:cpu,cpuacct:/docker/4f1c/app\n0::/x\n", "/docker/4f1c"],
    ["a name that does not tell", "0::/kubepods/besteffort/x\n", "/kubepods/besteffort/x"],
  ])("is measured whole, where its first process sits in the group of %s", async (_, cgroup, group) => {
    const host = hostWith(inspected());
    host.files.set("/proc/100/cgroup", cgroup);
    const { service } = await findTarget(host, "docker:falco", new Map());
    expect(await service.state(host)).toMatchObject({ value: { controlGroup: group } });
  });

  test("whose log driver is Docker's has it read as such, whatever the file's name", async () => {
    const host = hostWith(inspected({ LogPath: "/logs/own.log" }, { LogConfig: { Type: "json-file" } }));
    const { service } = await findTarget(host, "docker:falco", new Map());
    expect(await service.state(host)).toMatchObject({
      value: { outputs: [{ path: "/logs/own.log", framing: "docker" }] },
    });
  });

  test.each([
    ["that is gone once it is stopped", inspected({}, { AutoRemove: true }), /as soon as it is stopped/],
    [
      "of nerdctl that is gone once it is stopped",
      inspected({ Config: { Labels: { "nerdctl/auto-remove": "true" } } }),
      /as soon as it is stopped/,
    ],
    ["that is paused", inspected({ State: { Status: "paused", Running: true, Pid: 100 } }), /is paused/],
  ])("%s is refused", async (_, text, message) => {
    const found = findAttached(contextOf(hostWith(text)), ["docker:falco"], AGENTS);
    await expect(found).rejects.toMatchObject({
      kind: "host-unfit",
      message: expect.stringMatching(message) as string,
    });
  });

  test.each([
    ["is not there", "", 1, /no such container/],
    ["is told of in no JSON", "oops", 0, /what it printed is no JSON/],
  ])("that %s is refused", async (_, text, exitCode, message) => {
    const found = findAttached(contextOf(hostWith(text, exitCode)), ["docker:falco"], AGENTS);
    await expect(found).rejects.toMatchObject({
      kind: "host-unfit",
      message: expect.stringMatching(message) as string,
    });
  });
});
