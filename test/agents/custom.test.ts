/** Custom agents: what their file may say, how a fault in it is told, and what becomes of it when it is started. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { describe, expect, test } from "vitest";
import { customAgent } from "../../src/agents/custom/agent.ts";
import { readCustomAgent } from "../../src/agents/custom/read.ts";
import { LineCounts } from "../../src/agents/shared/lost-lines.ts";
import { loadAgentFiles } from "../../src/session/agent-files.ts";
import type { Agent, AgentContext, RunningAgent } from "../../src/domain/agent.ts";
import type { Effect } from "../../src/domain/effect.ts";
import { TareError } from "../../src/domain/errors.ts";
import { readText } from "../../src/host/files.ts";
import { createHost } from "../../src/host/host.ts";
import { ROOT } from "../support/agent-session.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { WORKLOADS } from "../support/workloads.ts";

const LEAST = `id: mine
title: My sensor
observes: [exec]
blind-spots: [everything else]
overload: drops
start:
  command: [my-sensor, --out, "{{directory}}/events"]
events:
  - output: "{{directory}}/events"
    exec: text
stop:
  signals: [SIGTERM]
  grace-seconds: 2
`;
const EXAMPLE = readFileSync(join(ROOT, "docs/examples/custom-agent.yaml"), "utf8");

const refused = (text: string, taken: readonly string[] = []): string => {
  try {
    readCustomAgent(text, "my.yaml", taken);
  } catch (error) {
    if (error instanceof TareError && error.kind === "usage") return error.message;
    throw error;
  }
  return "accepted";
};
const changed = (from: string | RegExp, to: string): string => {
  const text = LEAST.replace(from, to);
  if (text === LEAST) throw new Error(`nothing in the file matches ${String(from)}`);
  return text;
};

describe("a custom agent's file", () => {
  test("is read when it holds what is needed, and so is the example", () => {
    expect(readCustomAgent(LEAST, "my.yaml")).toMatchObject({ id: "mine", observes: ["exec"] });
    expect(readCustomAgent(EXAMPLE, "example.yaml")).toMatchObject({ id: "my-bpftrace" });
  });

  test.each([
    ["broken YAML", `${LEAST}  bad: [1\n`, /^my\.yaml:15: /],
    ["an empty file", "", /^my\.yaml:1: there is nothing in it$/],
    ["a missing key", changed("title: My sensor\n", ""), /^my\.yaml:1: "title" is missing/],
    [
      "a missing key further in",
      changed("  grace-seconds: 2\n", ""),
      /^my\.yaml:11: "stop\.grace-seconds" is missing/,
    ],
    [
      "an unknown key",
      changed("overload:", "overlaod: x\noverload:"),
      /^my\.yaml:5: the file has the unknown key "overlaod"; did you mean "overload"\?/,
    ],
    [
      "an unknown key further in",
      changed("  command:", "  shell: true\n  command:"),
      /^my\.yaml:7: "start" has the unknown key "shell"; known: command, env$/,
    ],
    [
      "a word that is none",
      changed("[exec]", "[exce]"),
      /^my\.yaml:3: "observes\[0\]" cannot be "exce"; did you mean "exec"\?/,
    ],
    [
      "a command line instead of a list",
      changed(/\[my-sensor.*\]/, "my-sensor -o x"),
      /^my\.yaml:7: "start\.command" must be a list, found "my-sensor -o x"/,
    ],
    [
      "an id that is none",
      changed("id: mine", "id: My Sensor"),
      /^my\.yaml:1: "id" must match .*, found "My Sensor"/,
    ],
    [
      "a placeholder that there is none of",
      changed("{{directory}}/events", "{{dir}}/events"),
      /^my\.yaml:7: unknown placeholder \{\{dir\}\}; known: directory,/,
    ],
    [
      "a family without events",
      changed("[exec]", "[exec, file]"),
      /^my\.yaml:3: no entry of "events" tells of file; .*events-optional/,
    ],
    [
      "events of another family",
      changed("exec: text", "exec: text\n    file: text"),
      /^my\.yaml:11: it tells of file, which "observes" does not name/,
    ],
    [
      "both ways to tell a loss",
      `${LEAST}loss: { output: stderr, command: [x], pattern: "(1)", as: sum }\n`,
      /^my\.yaml:14: "loss" needs either/,
    ],
    [
      "a pattern without a group",
      `${LEAST}loss: { output: stderr, pattern: "lost", as: sum }\n`,
      /^my\.yaml:14: .*exactly one group.*; it has 0/,
    ],
    [
      "a pattern that is none",
      `${LEAST}loss: { output: stderr, pattern: "(", as: sum }\n`,
      /^my\.yaml:14: "loss\.pattern" is no regular expression/,
    ],
    [
      "a path to leave that is none, or too much to be removed",
      `${LEAST}leaves: [/run/mine, /run]\n`,
      /^my\.yaml:14: "leaves\[1\]" must be an absolute path/,
    ],
    [
      "an id longer than a folder's name may be",
      LEAST.replace(/^id: .*$/m, `id: ${"a".repeat(101)}`),
      /^my\.yaml:1: "id" must hold at most 100 characters, found "aaa/,
    ],
    [
      "an argument that ends in its midst",
      `${LEAST}leaves: ["/run/\\0mine"]\n`,
      /^my\.yaml:14: a text here holds a NUL/,
    ],
    [
      "two files of one name",
      `${LEAST}files:\n  - { name: a, text: x }\n  - { name: a, text: y }\n`,
      /^my\.yaml:1[45]: "files" names a file twice/,
    ],
    [
      "buffers that differ",
      `${LEAST}buffers:\n  usual: { a: "1" }\n  smallest: { b: "1" }\n`,
      /^my\.yaml:14: .*the same values: a and b/,
    ],
    [
      "a buffer that hides a placeholder",
      `${LEAST}buffers:\n  usual: { cpus: "1" }\n  smallest: { cpus: "1" }\n`,
      /^my\.yaml:15: "cpus" is tare's own/,
    ],
  ])("is refused for %s, with the line", (_, text, message) => {
    expect(refused(text)).toMatch(message);
  });

  test("is refused when its id is another agent's, and when it is not there", async () => {
    expect(refused(LEAST, ["sensor", "mine"])).toMatch(/^my\.yaml:1: another agent is named "mine"/);
    await expect(loadAgentFiles({ readText }, ["/nowhere/my.yaml"], new Map())).rejects.toThrow(
      /cannot read the agent file/,
    );
    const example = join(ROOT, "docs/examples/custom-agent.yaml");
    await expect(loadAgentFiles({ readText }, [example, example], new Map())).rejects.toThrow(
      /another agent is named/,
    );
  });

  test("may say how long it holds events back, and that only others push the last out", () => {
    expect(agentOf(`${LEAST}holds-back: { seconds: 6, until-more: true }\n`)).toMatchObject({
      flushIntervalMs: 6000,
      handsOutInBatches: true,
    });
    expect(agentOf(`${LEAST}holds-back: { seconds: 2.5 }\n`)).not.toHaveProperty("handsOutInBatches");
    expect(agentOf(LEAST)).not.toHaveProperty("flushIntervalMs");
  });

  test("may leave out its events where only the cost is asked for", () => {
    const text = changed(/events:\n.*\n.*text\n/, "events-optional: true\n");
    expect(agentOf(text)).toMatchObject({ costOnly: true, observes: ["exec"] });
    expect(agentOf(LEAST)).not.toHaveProperty("costOnly");
  });
});

const agentOf = (text: string): Agent =>
  customAgent(readCustomAgent(text, "my.yaml"), { file: "my.yaml", here: "/home/me", digest: "0badcafe" });

const INSTALLED: FakeHostOptions = { programs: { "my-sensor": "/usr/bin/my-sensor", ctl: "/usr/bin/ctl" } };

describe("the probe", () => {
  test("names the version, as the program tells it, and the file, so that another file is another version", async () => {
    const text = `${LEAST}version: { command: [my-sensor, --version], pattern: "v(\\\\S+)" }\n`;
    const host = new FakeHost({ ...INSTALLED, answer: () => ({ stdout: "my-sensor v1.2 (x)\n" }) });
    expect(await agentOf(text).probe(host)).toEqual({
      kind: "available",
      version: "1.2 (my.yaml, 0badcafe)",
      path: "/usr/bin/my-sensor",
    });
  });

  test.each([
    ["its program", LEAST, {}, /my-sensor is not installed/],
    ["a command that it needs", `${LEAST}needs: { commands: [jq] }\n`, INSTALLED, /jq is not installed/],
    ["root", LEAST, { ...INSTALLED, uid: 1000 }, /needs root/],
    ["a tracepoint", `${LEAST}needs: { tracepoints: [sys_enter_openat] }\n`, INSTALLED, /tracepoint/],
    ["BTF", `${LEAST}needs: { btf: true }\n`, INSTALLED, /BTF/],
    [
      "a program beside its file",
      changed("my-sensor", '"{{here}}/my-sensor"'),
      INSTALLED,
      /\/home\/me\/my-sensor is not installed/,
    ],
  ])("says when the node lacks %s", async (_, text, options, reason) => {
    expect(await agentOf(text).probe(new FakeHost(options))).toMatchObject({
      kind: "unavailable",
      reason: expect.stringMatching(reason) as string,
    });
  });

  test("asks for no root where the file says so", async () => {
    const host = new FakeHost({ ...INSTALLED, uid: 1000 });
    expect(await agentOf(`${LEAST}needs: { root: false }\n`).probe(host)).toMatchObject({
      kind: "available",
    });
  });
});

interface Started {
  readonly host: FakeHost;
  readonly agent: Agent;
  readonly running: RunningAgent;
}

const contextFor = (host: FakeHost, buffers: AgentContext["buffers"]): AgentContext => {
  const effects = host.effects.scope("test");
  return {
    directory: "/t/agent",
    families: ["exec"],
    workloads: WORKLOADS,
    watchedDirectory: "/t/f",
    buffers,
    effects,
    inside: (command) => command,
    launch: async (spec, stop) => await effects.start(spec, stop),
    signal: new AbortController().signal,
  };
};

const started = async (
  text: string,
  options: FakeHostOptions = {},
  buffers: AgentContext["buffers"] = "usual",
): Promise<Started> => {
  const host = new FakeHost({ ...INSTALLED, ...options });
  const agent = agentOf(text);
  return { host, agent, running: await agent.start(host, contextFor(host, buffers)) };
};

describe("a started custom agent", () => {
  test("runs its command with the placeholders filled in, and names its outputs", async () => {
    const { host, running } = await started(LEAST);
    expect(host.done).toEqual(["start my-sensor --out /t/agent/events"]);
    expect(running.outputs).toEqual([{ path: "/t/agent/events", forms: { exec: { kind: "text" } } }]);
    expect(running.logs).toEqual(["/t/agent/stderr", "/t/agent/stdout"]);
    expect(host.processes[0]?.spec).toMatchObject({ stdout: "/t/agent/stdout", stderr: "/t/agent/stderr" });
  });

  test("finds its files written, its environment set, and its buffers as asked for", async () => {
    const text = `${changed("start:", 'start:\n  env: { PAGES: "{{pages}}" }')}buffers:
  usual: { pages: "64" }
  smallest: { pages: "1" }
files:
  - name: my.conf
    text: "watch {{watchedDirectory}} on {{cpus}} {{arch}} {{families}} from {{here}}, keep {{ 1 }} and {x}"
`;
    const usual = await started(text);
    expect(usual.host.files.get("/t/agent/my.conf")).toBe(
      "watch /t/f on 2 x86_64 exec from /home/me, keep {{ 1 }} and {x}",
    );
    expect(usual.host.processes[0]?.spec.env).toEqual({ PAGES: "64" });
    expect(usual.running.settings).toMatchObject({ "buffers pages": "64", "env PAGES": "{{pages}}" });
    const smallest = await started(text, {}, "smallest");
    expect(smallest.host.processes[0]?.spec.env).toEqual({ PAGES: "1" });
  });

  test("takes away what its file says that it leaves, after its end, unless it was there", async () => {
    const effects: Effect[] = [];
    const text = `${LEAST}leaves: [/run/mine, /run/theirs]\n`;
    const { host } = await started(text, {
      files: { "/run/theirs/pid": "1", "/proc/self/mountinfo": "25 31 0:22 / /run rw - tmpfs tmpfs rw\n" },
      onEffect: (effect) => effects.push(effect),
    });
    const places = [{ path: "/run/mine" }, { path: "/run/theirs", mounts: ["/run"] }];
    expect(effects).toEqual([{ kind: "leavings", who: "mine", places }]);
    expect(host.done.slice(0, 2)).toEqual([
      "do what mine leaves in /run/mine, /run/theirs",
      "start my-sensor --out /t/agent/events",
    ]);
  });

  test("reads addresses in the form that its file names", async () => {
    const network = LEAST.replace("[exec]", "[network]").replace("exec: text", 'network: { ipv4: "addr=" }');
    const host = new FakeHost(INSTALLED);
    const running = await agentOf(network).start(host, {
      ...contextFor(host, "usual"),
      families: ["network"],
    });
    expect(running.outputs[0]?.forms).toEqual({ network: { kind: "ipv4", before: "addr=" } });
  });

  test("is waited for until it says what its file names, or fails with what it said instead", async () => {
    const ready = `${LEAST}ready: { output: stdout, pattern: "^listening", seconds: 3 }\n`;
    const says = (path: string, text: string): FakeHostOptions => ({
      onSleep: (_, host) => host.files.set(path, text),
    });
    const { host } = await started(ready, says("/t/agent/stdout", "starting\nlistening\n"));
    expect(host.now()).toBeLessThan(1000);
    await expect(started(ready, says("/t/agent/stderr", "no such device\n"))).rejects.toMatchObject({
      message: expect.stringContaining("within 3 s: no such device") as string,
    });
    const dies: FakeHostOptions = {
      onStart: (process) => {
        process.end({ code: 3, signal: null });
      },
    };
    await expect(started(ready, dies)).rejects.toThrow("ended by itself (exit status 3)");
    const elsewhere = ready.replace("output: stdout", "output: /run/mine");
    const isFolder: FakeHostOptions = { onSleep: (_, host) => void host.makeDirectory("/run/mine") };
    await expect(started(elsewhere, isFolder)).rejects.toThrow(
      "mine: what it says when it is ready is looked for in /run/mine, which is a folder",
    );
  });
});

describe("its losses", () => {
  const lossOf = async (loss: string, options: FakeHostOptions): Promise<unknown> => {
    const { running } = await started(`${LEAST}loss: ${loss}\n`, options);
    return await running.lost();
  };
  const STDERR = { "/t/agent/stderr": "lost 3\nLOST 9\nlost 4 of 10\n" };

  test.each([
    [
      "are the sum of what its lines say",
      '{ output: stderr, pattern: "^lost (\\\\d+)", as: sum }',
      { files: STDERR },
      7,
    ],
    [
      "are what its last line says",
      '{ output: stderr, pattern: "^lost (\\\\d+)", as: last }',
      { files: STDERR },
      4,
    ],
    [
      "are none where it only speaks of losses and did not",
      '{ output: stderr, pattern: "gone (\\\\d+)", as: sum }',
      { files: STDERR },
      0,
    ],
    [
      "are what a command tells",
      '{ command: [ctl, "{{directory}}"], pattern: "(\\\\d+) lost", as: sum }',
      { answer: () => ({ stdout: "cpu0: 2 lost\ncpu1: 5 lost" }) },
      7,
    ],
  ] as const)("%s", async (_, loss, options, value) => {
    expect(await lossOf(loss, options)).toEqual({ kind: "value", value });
  });

  test.each([
    ["its output is not there", '{ output: stderr, pattern: "(\\\\d+)", as: sum }', {}, /no such file/],
    [
      "it always tells its count and did not",
      '{ output: stderr, pattern: "gone (\\\\d+)", as: last }',
      { files: STDERR },
      /matches/,
    ],
    [
      "a command fails",
      '{ command: [ctl], pattern: "(\\\\d+)", as: sum }',
      { answer: () => ({ exitCode: 1, stderr: "no permission 13" }) },
      /no permission/,
    ],
    [
      "a command tells nothing of the kind",
      '{ command: [ctl], pattern: "(\\\\d+)", as: sum }',
      { answer: () => ({ stdout: "fine" }) },
      /matches/,
    ],
  ] as const)("are missing, and not 0, where %s", async (_, loss, options, reason) => {
    expect(await lossOf(loss, options)).toEqual({
      kind: "missing",
      reason: expect.stringMatching(reason) as string,
    });
  });

  test.each([
    ["^lost (\\\\d+)", "lost 1,234 events"],
    ["^lost (\\\\d+)", "lost 1'234'567"],
    ["^lost (\\\\d+)", "lost 1.5e3"],
    ["^lost (\\\\d+)", "lost 12k"],
    ["^lost (\\\\d+)", "lost 0x1f"],
    ["(\\\\d+) lost", "1,234 lost"],
    ["^lost ([\\\\d,]+)", "lost 1,234"],
    ["^lost (\\\\S+)", "lost many"],
    ["^lost (\\\\S+)", "lost -4"],
    ["^lost ?(\\\\d+)?", "lost some"],
  ])("are missing, and no part of the number, where /%s/ finds %j", async (pattern, line) => {
    const reason = `the count cannot be read in ${JSON.stringify(line)}`;
    for (const as of ["sum", "last"]) {
      const loss = `{ output: stderr, pattern: "${pattern}", as: ${as} }`;
      const files = { "/t/agent/stderr": `lost 2\n${line}\n` };
      expect(await lossOf(loss, { files })).toEqual({ kind: "missing", reason });
      const told = `{ command: [ctl], pattern: "${pattern}", as: ${as} }`;
      expect(await lossOf(told, { answer: () => ({ stdout: line }) })).toEqual({ kind: "missing", reason });
    }
  });

  test.each([
    ["^lost (\\\\d+),", "lost 5,12,3"],
    ["^lost (\\\\d+)", "lost 5, seen 12."],
    ["^lost (\\\\d+)", "lost 5."],
    ["cpu3: (\\\\d+) lost", "cpu3: 5 lost"],
    ["^lost (\\\\d+)", "lost 5 Kernel events"],
    ["^lost (\\\\S+)", "lost 5e0"],
  ])("are whole where /%s/ finds %j", async (pattern, line) => {
    const loss = `{ output: stderr, pattern: "${pattern}", as: last }`;
    expect(await lossOf(loss, { files: { "/t/agent/stderr": `${line}\n` } })).toEqual({
      kind: "value",
      value: 5,
    });
  });

  test("are what was said last, whatever could not be read before it", async () => {
    const loss = '{ output: stderr, pattern: "^lost (\\\\d+)", as: last }';
    const files = { "/t/agent/stderr": "lost 1,234\nlost 1300\n" };
    expect(await lossOf(loss, { files })).toEqual({ kind: "value", value: 1300 });
  });

  test("are missing where its file has no counter", async () => {
    const { running } = await started(LEAST);
    expect(await running.lost()).toEqual({
      kind: "missing",
      reason: 'my.yaml has no "loss"',
    });
  });

  test("are what a file says that is written anew in place, line end or not", async () => {
    const path = "/t/agent/counters";
    const { host, running } = await started(
      `${LEAST}loss: { output: "{{directory}}/counters", pattern: "^lost (\\\\d+)", as: last }\n`,
      { files: { [path]: "seen 100\nlost 7\n" } },
    );
    const read = async (text: string): Promise<unknown> => {
      host.files.set(path, text);
      return await running.lost();
    };
    expect(await running.lost()).toEqual({ kind: "value", value: 7 });
    expect(await read("seen 200\nlost 9\n")).toEqual({ kind: "value", value: 9 });
    expect(await read("lost 12")).toEqual({ kind: "value", value: 12 });
    expect(await read("")).toMatchObject({ kind: "missing" });
    // More than the end that is looked at first, with the last word said before it.
    const long = "an event\n".repeat(20_000);
    expect(await read(`lost 3\n${long}`)).toEqual({ kind: "value", value: 3 });
    expect(await read(`lost 3\n${long}lost 40\n${"x".repeat(65_520)}lost 4`)).toEqual({
      kind: "value",
      value: 40,
    });
  });

  test("take no number for the last of which the end that is looked at first has but a part", async () => {
    const tail = 65_536;
    const line = "1234 lost\n";
    for (let cut = 1; cut < line.length; cut += 1) {
      const text = `5 lost\n${line}`.padEnd(tail + 7 + cut, "x\n");
      const { running } = await started(
        `${LEAST}loss: { output: stderr, pattern: "(\\\\d+) lost", as: last }\n`,
        { files: { "/t/agent/stderr": text } },
      );
      expect(await running.lost()).toEqual({ kind: "value", value: 1234 });
    }
  });

  test("are in no sum once a file has shrunk, for good", async () => {
    const path = "/t/agent/stderr";
    const { host, running } = await started(
      `${LEAST}loss: { output: stderr, pattern: "^lost (\\\\d+)", as: sum }\n`,
      { files: { [path]: "lost 5\nlost 6\n" } },
    );
    expect(await running.lost()).toEqual({ kind: "value", value: 11 });
    const shrunk = {
      kind: "missing",
      reason: `${path} has shrunk from 14 to 7 bytes, and what it said before is in no sum`,
    };
    host.files.set(path, "lost 1\n");
    expect(await running.lost()).toEqual(shrunk);
    host.files.set(path, "lost 1\nlost 2\nlost 3\n");
    expect(await running.lost()).toEqual(shrunk);
  });

  test.each([
    ["as long as before", "lost 7\nlost 6\n"],
    ["longer", "lost 7\nlost 8\nlost 9\nlost 1\n"],
  ])("are in no sum once a file was written anew and is %s, for good", async (_, anew) => {
    const path = "/t/agent/stderr";
    const { host, running } = await started(
      `${LEAST}loss: { output: stderr, pattern: "^lost (\\\\d+)", as: sum }\n`,
      { files: { [path]: "" } },
    );
    expect(await running.lost()).toEqual({ kind: "value", value: 0 });
    host.files.set(path, "lost 5\nlost 6\n");
    expect(await running.lost()).toEqual({ kind: "value", value: 11 });
    const gone = {
      kind: "missing",
      reason: `${path} was written anew, and what it said before is in no sum`,
    };
    host.files.set(path, anew);
    expect(await running.lost()).toEqual(gone);
    host.files.set(path, `lost 5\nlost 6\n${anew}`);
    expect(await running.lost()).toEqual(gone);
  });

  test("are added up over readings, however the file is cut", () => {
    const text = "lost 12\nother\nlost 30\n";
    for (let cut = 0; cut <= text.length; cut += 1) {
      const counts = new LineCounts(/^lost (\d+)/);
      counts.feed(text.slice(0, cut));
      counts.feed(text.slice(cut));
      expect(counts.sum).toEqual({ kind: "value", value: 42 });
    }
  });
});

describe("on this node", () => {
  const folder = temporaryFolder();

  test("its command is a program with arguments, and no shell looks at it", async () => {
    const host = createHost({ root: ROOT, journalDirectory: join(folder, "tare/journal") });
    const marker = join(folder, "marker");
    const odd = `$(touch ${marker}); echo "two  spaces" 'x' *`;
    const agent = agentOf(changed(/\[my-sensor.*\]/, JSON.stringify(["printf", "%s", odd])));
    const scope = host.effects.scope("test");
    try {
      const running = await agent.start(host, {
        ...contextFor(new FakeHost(), "usual"),
        directory: folder,
        effects: scope,
        launch: async (spec, stop) => await scope.start(spec, stop),
      });
      await Promise.all(running.processes.map(({ exited }) => exited));
      expect(readFileSync(join(folder, "stdout"), "utf8")).toBe(odd);
      expect(await host.list(folder)).not.toContain("marker");
    } finally {
      await scope.undo();
    }
  });
});

test.each(["Attaching 1 probe...", "Attaching 2 probes...", "Attached 1 probe", "Attached 2 probes"])(
  "the worked example takes %j of any bpftrace for ready",
  (said) => {
    const { ready } = parse(EXAMPLE) as { readonly ready: { readonly pattern: string } };
    expect(`loading\n${said}\n`).toMatch(new RegExp(ready.pattern, "m"));
  },
);
