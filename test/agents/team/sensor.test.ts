/** Policies of tare's own sensor: one sensor for each, the families that it names, and nothing that kills unless asked. */
import { describe, expect, test } from "vitest";
import { teamAgents } from "../../../src/agents/team/policy.ts";
import { teamSensor } from "../../../src/agents/team/sensor.ts";
import type { Agent } from "../../../src/domain/agent.ts";
import { value } from "../../../src/domain/units.ts";
import { plainContext } from "../../support/agent-context.ts";
import { FakeHost } from "../../support/fake-host.ts";
import { readFile, refusedBy } from "./refused.ts";

const FILES = [
  { path: "p/etc.yaml", text: "file: { paths: [/etc/] }\n" },
  { path: "p/root.yaml", text: "processes: { uids: [0] }\n" },
];
const both = teamSensor.read(FILES, false);
const [whole, etc] = teamAgents(teamSensor, both, { path: "p", digest: "00" });

const PROGRAM = "/tare/build/bpf/tare-sensor";

const started = async (agent: Agent | undefined) => {
  if (agent === undefined) throw new Error("there is no such agent");
  const host = new FakeHost({
    programs: { [PROGRAM]: PROGRAM },
    onStart: ({ spec }, { files }) => files.set(spec.stderr, '{"ready":true,"hooks":{"file":"x"}}\n'),
    onSignal: (pid, _, node) => {
      const directory = `/turn/policy-${pid - 99}`;
      node.files.set(
        `${directory}/stats.jsonl`,
        `{"families":{"file":{"lost":${pid - 99}}},"written":{"lost":10}}\n`,
      );
    },
  });
  const running = await agent.start(host, plainContext(host, {}));
  return { host, running };
};

describe("two policies", () => {
  test("are two sensors that write to one file", async () => {
    const { host, running } = await started(whole);
    const args = host.processes.map(({ spec }) => spec.args);
    expect(args.map(([families, policy]) => [families, policy])).toEqual([
      ["--families=file", "--policy=/turn/policy-1/policy.yaml"],
      ["--families=exec,file,network", "--policy=/turn/policy-2/policy.yaml"],
    ]);
    expect(args.map((words) => words.find((word) => word.startsWith("--output=")))).toEqual([
      "--output=/turn/events.jsonl",
      "--output=/turn/events.jsonl",
    ]);
    expect(running.outputs).toHaveLength(1);
    expect(host.files.get("/turn/policy-1/policy.yaml")).toBe("file: { paths: [/etc/] }\n");
    expect(running.settings["p/root.yaml"]).toContain("uids: [0]");
  });

  test("have lost what each of them has", async () => {
    const { running } = await started(whole);
    expect(await running.lost()).toEqual(value(10 + 1 + 10 + 2));
  });

  test("are each measured alone by the names of their files", async () => {
    expect(etc).toMatchObject({
      id: "sensor@policy-etc",
      policy: { of: "sensor", part: "rule", rule: "etc" },
    });
    const { host } = await started(etc);
    expect(host.processes).toHaveLength(1);
  });
});

test("what a rate or a part of the addresses keeps away is not taken for a loss", () => {
  const gapOf = (text: string) =>
    teamAgents(teamSensor, readFile(teamSensor, text), { path: "p", digest: "00" })[0]?.coverage.gapFor;
  expect(gapOf("file: { paths: [/] }")).toBeUndefined();
  expect(gapOf("network: { addresses: [127.0.0.0/8, 10.1.2.3] }")).toBeUndefined();
  expect(gapOf("rate: 5")).toBeTypeOf("function");
  expect(gapOf("network: { addresses: [127.16.0.0/12] }")).toBeTypeOf("function");
  expect(gapOf("network: { addresses: [127.0.0.1] }")).toBeTypeOf("function");
});

test.each([
  ["what is no YAML", "file: [1\n", /^mine:\d+: /],
  [
    "what kills",
    "file: { paths: [/] }\ndeny: { exec: { paths: [/tmp/] } }\n",
    /^mine:2: it kills .*--enforcing/,
  ],
  ["a list", "- file\n", /^mine:1: the file must be an object/],
])("%s is refused at its line", (_, text, said) => {
  expect(refusedBy(teamSensor, text)).toMatch(said);
});

test("what kills is read where it is allowed", () => {
  expect(readFile(teamSensor, "deny: { exec: { paths: [/tmp/] } }\n", true).rules).toEqual(["mine"]);
});

test("what the sensor itself refuses is told in its words, before anything is started", async () => {
  const host = new FakeHost({
    programs: { [PROGRAM]: PROGRAM },
    answer: (command) =>
      command === PROGRAM ? { exitCode: 2, stderr: "p/etc.yaml:1: a prefix begins with /\n" } : undefined,
  });
  await expect(both.check?.(host)).rejects.toThrow(/p\/etc\.yaml: the sensor refuses it: .*a prefix begins/);
});
