/** Where an owner's agent writes its output, by its own configuration. */
import { describe, expect, test } from "vitest";
import { ownedAgent } from "../../src/agents/attached/owned.ts";
import { type ServiceState } from "../../src/agents/attached/service.ts";
import { whereaboutsOf } from "../../src/agents/attached/whereabouts.ts";
import { value } from "../../src/domain/units.ts";
import { FakeHost } from "../support/fake-host.ts";
import { fixture } from "../support/tally-fixture.ts";

const STATE: ServiceState = {
  active: true,
  activity: "active",
  mainPid: undefined,
  controlGroup: undefined,
  identity: {},
  obstacle: undefined,
  outputs: [],
};

describe("the output of an owner's agent is where its own configuration has it last", () => {
  const outputOf = async (name: "tetragon", files: Readonly<Record<string, string>>) => {
    const host = new FakeHost({ files });
    const [output, ...others] = (await ownedAgent(name)?.outputs(host)) ?? [];
    expect(others).toEqual([]);
    if (output !== undefined) {
      expect(output.forms["network"]).toEqual({ kind: "ipv4", before: '"daddr":"' });
      expect(output.forms["exec"]).toEqual({ kind: "text" });
    }
    return output?.path;
  };

  const DROP_IN = "tetragon.conf.d/export-filename";
  const PACKAGE = { [`/usr/local/lib/tetragon/${DROP_IN}`]: "/var/log/tetragon/tetragon.log\n" };
  const YAML = { "/etc/tetragon/tetragon.yaml": "# ours\nexport-filename: '/logs/yaml.log'\nrb-size: 1M\n" };

  test.each([
    ["nowhere", {}, undefined],
    ["the package's folder", PACKAGE, "/var/log/tetragon/tetragon.log"],
    [
      "the package's later folder",
      { [`/usr/lib/tetragon/${DROP_IN}`]: "/a", ...PACKAGE },
      "/var/log/tetragon/tetragon.log",
    ],
    ["the YAML file", { ...PACKAGE, ...YAML }, "/logs/yaml.log"],
    [
      "the administrator's folder",
      { ...PACKAGE, ...YAML, [`/etc/tetragon/${DROP_IN}`]: "/logs/own.log" },
      "/logs/own.log",
    ],
    ["an empty file of the administrator's", { ...PACKAGE, [`/etc/tetragon/${DROP_IN}`]: "\n" }, undefined],
    [
      "the package's, beside a YAML file with a mistake",
      { ...PACKAGE, "/etc/tetragon/tetragon.yaml": "a: [1\n" },
      "/var/log/tetragon/tetragon.log",
    ],
    [
      "the package's, beside a YAML file that is none of settings",
      { ...PACKAGE, "/etc/tetragon/tetragon.yaml": "- 1\n" },
      "/var/log/tetragon/tetragon.log",
    ],
  ])("Tetragon: %s", async (_, files, path) => {
    expect(await outputOf("tetragon", files)).toBe(path);
  });

  const ARGUMENTS: readonly (readonly [string, "tetragon", readonly string[], string | undefined])[] = [
    [
      "a flag that wins over the files",
      "tetragon",
      ["--export-filename", "/logs/flag.log"],
      "/logs/flag.log",
    ],
    ["the same in one word", "tetragon", ["--export-filename=/logs/flag.log"], "/logs/flag.log"],
    ["a flag that switches it off", "tetragon", ["--export-filename="], undefined],
    ["one more folder of settings", "tetragon", ["--config-dir", "/srv/t"], "/logs/t.log"],
    ["a flag of something else", "tetragon", ["--export-file-rotation-interval=1h"], "/logs/yaml.log"],
  ];
  const ALL_FILES = {
    ...YAML,
    "/srv/t/export-filename": "/logs/t.log\n",
  };

  test.each(ARGUMENTS)("by arguments, %s: %s %j", async (_, name, args, path) => {
    const host = new FakeHost({ files: { ...ALL_FILES, "/proc/7/cmdline": [name, ...args, ""].join("\0") } });
    const at = await whereaboutsOf(host, { ...STATE, mainPid: 7 });
    expect((await ownedAgent(name)?.outputs(host, at))?.map((output) => output.path) ?? []).toEqual(
      path === undefined ? [] : [path],
    );
  });

  test.each([
    ["which wins over the files", "PATH=/bin\0TETRAGON_EXPORT_FILENAME=/logs/env.log\0", [], "/logs/env.log"],
    ["which is none where it is empty", "TETRAGON_EXPORT_FILENAME=\0", [], "/logs/yaml.log"],
    [
      "over which a flag wins",
      "TETRAGON_EXPORT_FILENAME=/logs/env.log\0",
      ["--export-filename=/f.log"],
      "/f.log",
    ],
  ])("Tetragon: its environment, %s", async (_, environ, args, path) => {
    const processFiles = {
      "/proc/7/environ": environ,
      "/proc/7/cmdline": ["tetragon", ...args, ""].join("\0"),
    };
    const host = new FakeHost({ files: { ...ALL_FILES, ...processFiles } });
    const at = await whereaboutsOf(host, { ...STATE, mainPid: 7 });
    expect(await ownedAgent("tetragon")?.outputs(host, at)).toMatchObject([{ path }]);
  });

  test.each([
    [
      "tetragon",
      { "/proc/7/root/etc/tetragon/tetragon.conf.d/export-filename": "/logs/t.log" },
      "/logs/t.log",
    ],
    ["auditd", { "/proc/7/root/etc/audit/auditd.conf": "log_file = /logs/a.log\n" }, "/logs/a.log"],
  ])(
    "in a container, %s's is where that one's files say it, and not the node's",
    async (name, files, path) => {
      const host = new FakeHost({ files: { ...ALL_FILES, "/proc/7/cmdline": "/init\0", ...files } });
      const at = await whereaboutsOf(host, { ...STATE, mainPid: 7, hasOwnRoot: true });
      expect((await ownedAgent(name)?.outputs(host, at))?.map((output) => output.path)).toEqual([
        `/proc/7/root${path}`,
      ]);
    },
  );

  test.each([
    [["-c", "/srv/audit"], "/logs/other.log"],
    [["-n"], "/logs/a.log"],
  ])("auditd %j", async (args, path) => {
    const files = {
      "/srv/audit/auditd.conf": "LOG_FILE = /logs/other.log\n",
      "/etc/audit/auditd.conf": "log_file=/logs/a.log\n",
      "/proc/7/cmdline": ["/sbin/auditd", ...args, ""].join("\0"),
    };
    const host = new FakeHost({ files });
    const at = await whereaboutsOf(host, { ...STATE, mainPid: 7 });
    expect(await ownedAgent("auditd")?.outputs(host, at)).toMatchObject([{ path }]);
  });

  test("Tetragon: of a program's beginning and end, which carry the same arguments, the beginning counts", async () => {
    const [output] = (await ownedAgent("tetragon")?.outputs(new FakeHost({ files: PACKAGE }))) ?? [];
    expect(output?.lines).toEqual({ exec: '{"process_exec"' });
  });

  test("Tetragon: its losses are those that its owner's metrics server tells", async () => {
    const page = fixture("tetragon-1.7.0.metrics");
    const files = { "/etc/tetragon/tetragon.conf.d/metrics-server": "127.0.0.1:2112\n" };
    const host = new FakeHost({ files, pages: { "http://127.0.0.1:2112/metrics": page } });
    expect(await ownedAgent("tetragon")?.lostBy?.(host)()).toEqual(value(3395 + 15_891 + 566));
    const anywhere = new FakeHost({
      files: { "/etc/tetragon/tetragon.yaml": "metrics-server: ':2112'\n" },
      pages: { "http://127.0.0.1:2112/metrics": page },
    });
    expect(await ownedAgent("tetragon")?.lostBy?.(anywhere)()).toMatchObject({ kind: "value" });
    expect(await ownedAgent("tetragon")?.lostBy?.(new FakeHost())()).toMatchObject({
      reason: expect.stringMatching(/no metrics-server/) as string,
    });
  });

  test("Tetragon: a path beside the unit's working directory", async () => {
    expect(
      await outputOf("tetragon", { "/etc/tetragon/tetragon.yaml": "export-filename: logs/t.log\n" }),
    ).toBe("/logs/t.log");
  });
});
