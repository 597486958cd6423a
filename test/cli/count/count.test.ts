import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Agent } from "../../../src/domain/agent.ts";
import type { Scenario } from "../../../src/domain/scenario.ts";
import { atOnce } from "../../../src/cli/count/at-once.ts";
import { type CountFlags, countSettings } from "../../../src/cli/count/settings.ts";
import { createHost } from "../../../src/host/host.ts";
import { loadFolder } from "../../../src/host/load-folder.ts";
import { loadAgentFiles } from "../../../src/session/agent-files.ts";
import { loadPolicies } from "../../../src/session/policies.ts";
import { startOf } from "../../../src/cli/count/parts.ts";
import { turnsText } from "../../../src/count/turns.ts";
import { ARCHITECTURES } from "../../../src/machines/guests.ts";
import { ROOT } from "../../support/agent-session.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const agents = await loadFolder<Agent>(`${ROOT}/src/agents`);
const scenarios = await loadFolder<Scenario>(`${ROOT}/scenarios`);

const FLAGS: CountFlags = { arch: "amd64", seeds: 3, timeLimit: "30m", setup: false };

const folder = temporaryFolder();
const host = createHost({ root: ROOT, journalDirectory: folder });

const RULES = join(folder, "team.rules");
writeFileSync(RULES, "-a always,exit -F arch=b64 -S openat -F auid>=1000 -k team\n");

const CUSTOM = join(folder, "example.yaml");
const customText = (ready: string, output = "stdout"): string => `id: example
title: an example
observes: [exec]
blind-spots: [all but execs]
overload: drops
files: [{ name: rules, text: "{{watchedDirectory}}" }]
start: { command: ["{{here}}/sensor.sh", "--rules", "{{directory}}/rules"], env: { LEVEL: "a b" } }
ready: { output: stderr, pattern: '${ready}' }
events: [{ output: "${output}", exec: text }]
loss: { output: stderr, pattern: 'lost (\\d+)', as: sum }
stop: { signals: [SIGINT], grace-seconds: 5 }
`;
writeFileSync(CUSTOM, customText("^ready \\d+"));
writeFileSync(join(folder, "sensor.sh"), "#!/bin/sh\n", { mode: 0o755 });

const agentNamed = (id: string): Agent => agents.get(id) ?? expect.fail(`there is no ${id}`);

const settingsOf = (flags: Partial<CountFlags> = {}) =>
  countSettings({ ...FLAGS, ...flags }, agents, scenarios);

describe("what is counted", () => {
  test("is every workload that can be, with seeds from 1 on", () => {
    const { scenarios: chosen, seeds, timeoutMs } = settingsOf();
    expect(chosen.map(({ id }) => id)).toEqual(["file-open", "network-connect", "process-exec"]);
    expect(seeds).toEqual([1, 2, 3]);
    expect(timeoutMs).toBe(1_800_000);
  });

  test("of a file's variants those that are measured without being named", () => {
    expect(settingsOf({ agents: ["auditd"] }).agents.map(({ id }) => id)).toEqual([
      "auditd@blocking",
      "auditd@dropping",
    ]);
  });

  test("of a name that stands for several what cannot be counted is left out, and said", () => {
    const { inGuest: _none, ...uncountable } = agentNamed("auditd@dropping");
    const some = new Map(agents).set(uncountable.id, { ...uncountable, notInGuest: "it is a test" });
    const { agents: chosen, leftOut } = countSettings({ ...FLAGS, agents: ["auditd"] }, some, scenarios);
    expect(chosen.map(({ id }) => id)).toEqual(["auditd@blocking"]);
    expect(leftOut).toEqual([{ id: "auditd@dropping", why: "it is a test" }]);
  });

  test("is the sensor where nobody is named, and else what the user brings", async () => {
    expect(settingsOf().agents.map(({ id }) => id)).toEqual(["sensor"]);
    const policies = await loadPolicies(host, [`auditd=${RULES}`], false);
    const brought = { custom: await loadAgentFiles(host, [CUSTOM], agents), policies };
    const chosenBy = (names?: readonly string[]) =>
      countSettings(
        { ...FLAGS, ...(names === undefined ? {} : { agents: names }) },
        agents,
        scenarios,
        brought,
      ).agents.map(({ id }) => id);
    expect(chosenBy()).toEqual(["auditd@policy", "auditd@policy-none", "example"]);
    expect(chosenBy(["auditd", "sensor"])).toEqual([
      "sensor",
      "auditd@policy",
      "auditd@policy-none",
      "example",
    ]);
  });

  test("is an agent of a file alone, or beside others, where it is named as well", async () => {
    const brought = { custom: await loadAgentFiles(host, [CUSTOM], agents), policies: [] };
    const chosenBy = (...names: readonly string[]) =>
      countSettings({ ...FLAGS, agents: names }, agents, scenarios, brought).agents.map(({ id }) => id);
    expect(chosenBy("example")).toEqual(["example"]);
    expect(chosenBy("example", "sensor")).toEqual(["sensor", "example"]);
  });

  test.each<[Partial<CountFlags>, RegExp, RegExp]>([
    [
      { agents: ["strace"] },
      /--agents strace: it cannot be counted: it attaches to each process/,
      /those that can: .*sensor/,
    ],
    [
      { agents: ["tetragon@shipped", "sensor"] },
      /--agents tetragon@shipped: it cannot be counted: .*count tetragon@json/,
      /those that can/,
    ],
    [{ agents: ["bpftrace@high-value"] }, /raise none: count the variant that watches everything/, /sensor/],
    [{ agents: ["sensr"] }, /unknown agent "sensr"/, /did you mean "sensor"/],
    [
      { scenarios: ["syscall-tax"] },
      /--scenarios syscall-tax: its instructions cannot be counted/,
      /file-open/,
    ],
    [{ arch: "amd64,pdp11" }, /--arch pdp11: not known/, /amd64, arm64/],
    [
      { arch: "amd64,arm64", kernel: "vmlinuz" },
      /--kernel vmlinuz: one image cannot be of amd64 and arm64/,
      /one arch/,
    ],
    [{ timeLimit: "soon" }, /--time-limit soon: not a duration/, /30m|90s/],
  ])("is refused with what is wrong and what to do: %o", (flags, message, hint) => {
    expect(() => settingsOf(flags)).toThrow(
      expect.objectContaining({
        kind: "usage",
        message: expect.stringMatching(message) as unknown,
        hint: expect.stringMatching(hint) as unknown,
      }) as Error,
    );
  });
});

describe("work side by side", () => {
  test("is done at most so many at once, and its results are in the order of what was given", async () => {
    let running = 0;
    let most = 0;
    const results = await atOnce(2, [30, 10, 20, 0], async (item) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      return item * 2;
    });
    expect(results).toEqual([60, 20, 40, 0]);
    expect(most).toBe(2);
  });

  test("ends with the first that fails: nothing more is begun", async () => {
    const begun: number[] = [];
    const work = atOnce(1, [1, 2, 3], (item) => {
      begun.push(item);
      return item === 2 ? Promise.reject(new Error("no")) : Promise.resolve(item);
    });
    await expect(work).rejects.toThrow("no");
    expect(begun).toEqual([1, 2]);
  });
});

const countable = [...agents.values()].filter(({ inGuest }) => inGuest !== undefined);
const counted = [...scenarios.values()].filter((scenario) => scenario.counted !== undefined);

/** On which every vendor's program is there, for guests of another architecture too, and says nothing. */
const withEveryProgram = {
  ...host,
  which: async (name: string) =>
    name.includes("/for-")
      ? name
      : ((await host.which(name)) ??
        (name === "kubearmor" ? "/opt/kubearmor/kubearmor" : `/usr/local/bin/${name}`)),
  list: async (path: string) => (path.includes("/for-") ? ["1.0"] : await host.list(path)),
  run: () => Promise.resolve({ exitCode: 0, stdout: "", stderr: "" }),
};

test("a sensor that cannot be counted says why", () => {
  const silent = [...agents.values()].filter(
    ({ role, inGuest, notInGuest }) => role === "sensor" && inGuest === undefined && notInGuest === undefined,
  );
  expect(silent.map(({ id }) => id)).toEqual([]);
});

describe.each(countable.map((agent) => [agent.id, agent] as const))("%s in a guest", (_, agent) => {
  test.each(ARCHITECTURES)("is told how it starts on %s, and where its events are", async (architecture) => {
    const start = await startOf(withEveryProgram, agent, architecture, counted);
    expect(start.exec).toMatch(/^(.*\n)*exec \S/);
    expect(start.version).not.toBe("");
    expect(start.ready).not.toBe("");
    for (const { path } of start.outputs) expect(path).not.toMatch(/^\/|\s/);
    const families = counted.flatMap(({ emits }) => emits?.family ?? []);
    const shown = start.outputs.flatMap(({ forms }) => Object.keys(forms));
    const told = agent.observes.filter(
      (one) => families.includes(one) && agent.uncounted?.includes(one) !== true,
    );
    for (const family of told) expect(shown).toContain(family);
    const lines = turnsText([{ agent: agent.id, start, trials: [] }], { isPhased: true });
    for (const text of [...Object.values(start.files), lines]) expect(text).not.toMatch(/\{\{|undefined/);
    expect(spawnSync("sh", ["-n"], { input: lines, encoding: "utf8" }).stderr).toBe("");
  });
});

test("a vendor's program that is not installed is asked for by its name", async () => {
  const none = { ...host, which: () => Promise.resolve(undefined), list: () => Promise.resolve([]) };
  const [tetragon] = countable.filter(({ id }) => id === "tetragon@json");
  if (tetragon === undefined) throw new Error("there is no tetragon@json");
  await expect(startOf(none, tetragon, "amd64", counted)).rejects.toMatchObject({
    kind: "host-unfit",
    hint: "run: tare agents install tetragon",
  });
});

const startOfCustom = async (text: string) => {
  const file = join(folder, "other.yaml");
  writeFileSync(file, text);
  const [agent] = await loadAgentFiles(host, [file], new Map());
  if (agent === undefined) throw new Error("the file holds no agent");
  return await startOf(host, agent, "amd64", counted);
};

describe("an agent's file", () => {
  test("is started in a guest as on a node, by its program from here", async () => {
    const start = await startOfCustom(customText("^ready \\d+"));
    expect(start).toMatchObject({
      brought: { "/opt/agent/sensor.sh": join(folder, "sensor.sh") },
      files: { rules: "/run/work" },
      exec: "export LEVEL='a b'\nexec /opt/agent/sensor.sh --rules /run/agent/rules",
      ready: "grep -Eq '^ready [0-9]+' /run/agent/stderr",
      outputs: [{ path: "stdout", forms: { exec: { kind: "text" } } }],
    });
    const said = Buffer.from("ready\nlost 3\nlost 4\n").toString("base64");
    expect(start.lost?.read(said)).toEqual({ kind: "value", value: 7 });
  });

  test.each([
    [
      "a pattern that the guest's grep would not understand",
      customText("(?:a|b)"),
      /"ready" cannot be looked for/,
    ],
    ["an output elsewhere", customText("a", "/var/log/example"), /\/var\/log\/example lies outside/],
    ["a program that is not here", customText("a").replace("sensor.sh", "none.sh"), /none\.sh is not here/],
  ])("is refused for %s", async (_, text, message) => {
    await expect(startOfCustom(text)).rejects.toThrow(message);
  });
});

describe("a team's policy", () => {
  test("of auditd is put into force as it stands, whatever a shell would make of its signs", async () => {
    const [policies] = await loadPolicies(host, [`auditd=${RULES}`], false);
    const [agent] = policies?.agents ?? [];
    if (agent === undefined) throw new Error("there is no policy");
    const start = await startOf(host, agent, "amd64", counted);
    expect(start.after).toBe(
      "auditctl -a always,exit -F arch=b64 -S openat -F 'auid>=1000' -k team >/dev/null || return 1",
    );
    expect(start.settings["policy"]).toBe(RULES);
  });

  test("of the sensor is as many sensors as files", async () => {
    for (const name of ["a.yaml", "b.yaml"]) writeFileSync(join(folder, name), "file: { paths: [/etc/] }\n");
    const given = ["a.yaml", "b.yaml"].map((name) => `sensor=${join(folder, name)}`);
    const [policies] = await loadPolicies(host, given, false);
    const [together, alone] = policies?.agents ?? [];
    if (together === undefined || alone === undefined) throw new Error("there is no policy");
    const start = await startOf(host, together, "amd64", counted);
    expect(start.exec).toMatch(
      /--policy=policy-2\.yaml .* &\nexec .*--families=file --policy=policy-1\.yaml/,
    );
    const said = (lost: readonly number[]) =>
      Buffer.from(
        lost.map((one) => `{"families":{"file":{"lost":${one}}},"written":{"lost":0}}\n`).join(""),
      ).toString("base64");
    expect(start.lost?.read(said([2, 3]))).toEqual({ kind: "value", value: 5 });
    expect(start.lost?.read(said([2])).kind).toBe("missing");
    const { files } = await startOf(host, alone, "amd64", counted);
    expect(files).toEqual({ "policy-1.yaml": "file: { paths: [/etc/] }\n" });
  });
});
