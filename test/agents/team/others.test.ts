/** Falco, Tetragon and Tracee with a team's files: what they are started with, and what of a file is refused. */
import { parse } from "yaml";
import { describe, expect, test } from "vitest";
import { teamFalco } from "../../../src/agents/team/falco.ts";
import { teamTetragon } from "../../../src/agents/team/tetragon.ts";
import { teamTracee } from "../../../src/agents/team/tracee.ts";
import { plainContext } from "../../support/agent-context.ts";
import { FakeHost } from "../../support/fake-host.ts";
import { policyFiles } from "../../support/policy-files.ts";
import { refusedBy } from "./refused.ts";
import { agentsOf, started, written } from "./started.ts";

describe("Falco", () => {
  const RULES = `- macro: opens
  condition: evt.type = openat
- rule: All opens
  desc: d
  condition: opens
  output: opened
  priority: NOTICE
- rule: Shadow
  desc: d
  condition: opens and fd.name = /etc/shadow
  output: read
  priority: WARNING
- rule: Off
  desc: d
  condition: opens
  output: o
  priority: WARNING
  enabled: false
`;

  test("measures the rules that are on, each by the switches of its configuration and with the files as they are", async () => {
    const agents = agentsOf(teamFalco, RULES);
    expect(agents.map(({ id }) => id)).toEqual([
      "falco@policy",
      "falco@policy-all-opens",
      "falco@policy-shadow",
    ]);
    const host = await started(agents[2]);
    expect(written(host, "rules.yaml")).toBe(RULES);
    expect(parse(written(host, "falco.yaml"))).toMatchObject({
      rules: [{ disable: { rule: "*" } }, { enable: { rule: "Shadow" } }],
      file_output: { filename: "/turn/events.jsonl" },
      http_output: { enabled: false },
    });
    expect(parse(written(await started(agents[0]), "falco.yaml"))).not.toHaveProperty("rules");
  });

  test("shows tare's tokens with every rule, whatever the team's output holds", async () => {
    const [whole] = agentsOf(teamFalco, RULES);
    expect(parse(written(await started(whole), "falco.yaml"))).toMatchObject({
      append_output: [{ match: { source: "syscall" }, extra_fields: ["proc.cmdline", "fd.name", "fd.sip"] }],
    });
  });

  test("reads several files in their order, the later over the earlier", async () => {
    const agents = agentsOf(teamFalco, RULES, "- rule: Shadow\n  enabled: false\n");
    expect(agents.map(({ id }) => id)).toEqual(["falco@policy"]);
    const [process] = (await started(agents[0])).processes;
    expect(process?.spec.args.join(" ")).toContain("-r /turn/rules.yaml -r /turn/rules-2.yaml");
  });

  test("follows switches as Falco's own YAML has them, over files too, and tells what it leaves out", () => {
    const files = [
      "- rule: A\n  condition: a\n- rule: B\n  enabled: no\n- rule: C\n  source: k8s_audit\n",
      "- rule: B\n  condition: and b\n  append: true\n- rule: D\n  enabled: Yes\n",
    ].map((text, index) => ({ path: `p/${index + 1}.yaml`, text }));
    expect(teamFalco.read(files, false)).toMatchObject({
      rules: ["A", "D"],
      leftOut: ['p/1.yaml: rule "C" is about the source k8s_audit, whose plugin tare does not load'],
    });
  });

  const refusal = (message: string, snippet: string): string => {
    const at = (item_type: string, item_name: string, line: number, name = "p/1.yaml") => ({
      item_name,
      item_type,
      position: { column: 0, line, name, offset: 0 },
    });
    const locations = [
      at("rules content", "", 0),
      at("rule", "Shadow", 4),
      at("condition expression", "", 1, '"opens and..."'),
    ];
    const errors = [{ code: "LOAD_ERR_VALIDATE", codedesc: "", context: { locations, snippet }, message }];
    return JSON.stringify({
      falco_load_results: [{ errors, name: "p/1.yaml", successful: false, warnings: [] }],
    });
  };

  test.each([
    [
      "a field that there is not",
      refusal("filter_check called with nonexistent field proc.nosuch", "proc.nosuch = x\n        ^\n"),
      'p/1.yaml:5: Falco refuses rule "Shadow": filter_check called with nonexistent field proc.nosuch (proc.nosuch = x)',
      "falco -V p/1.yaml says more",
    ],
    [
      "a macro of the vendor's rules",
      refusal("Undefined macro 'spawned_process' used in filter.", "spawned_process\n"),
      "p/1.yaml:5: Falco refuses rule",
      "define the macro spawned_process in it",
    ],
    [
      "a field of its container plugin",
      refusal("filter_check called with nonexistent field container.id", "container.id != host\n"),
      "p/1.yaml:5: Falco refuses rule",
      "container plugin",
    ],
  ])("says before anything is started what Falco itself refuses: %s", async (_, stdout, message, hint) => {
    const asked: (readonly string[])[] = [];
    const host = new FakeHost({
      programs: { falco: "/usr/bin/falco" },
      answer: (_command, args) => {
        asked.push(args);
        return { exitCode: 1, stdout };
      },
    });
    const files = [RULES, RULES].map((text, index) => ({ path: `p/${index + 1}.yaml`, text }));
    await expect(teamFalco.read(files, false).check?.(host)).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining(hint) as string,
    });
    expect(asked.at(-1)?.join(" ")).toBe("-c /dev/null -o json_output=true -V p/1.yaml -V p/2.yaml");
  });

  test.each([
    ["that takes them", '{"falco_load_results":[{"errors":[],"name":"p/1.yaml","successful":true}]}'],
    ["whose version answers otherwise", "p/1.yaml: Ok\n"],
  ])("is not held up by a Falco %s, or where it is not installed", async (_, stdout) => {
    const programs = { falco: "/usr/bin/falco" };
    for (const host of [
      new FakeHost({ programs, answer: () => ({ stdout }) }),
      new FakeHost({ programs: {} }),
    ])
      await expect(
        teamFalco.read([{ path: "p/1.yaml", text: RULES }], false).check?.(host),
      ).resolves.toBeUndefined();
  });

  test("never calls what may be no event of a condition a loss", () => {
    expect(agentsOf(teamFalco, RULES)[0]?.coverage.gapFor).toBeTypeOf("function");
  });

  test.each([
    [
      "a configuration, whose outputs go elsewhere",
      "json_output: true\nhttp_output: { enabled: true }\n",
      /configuration of Falco/,
    ],
    ["macros alone", "- macro: a\n  condition: b\n", /no rule that is on/],
    [
      "rules of plugins' events alone",
      "- rule: A\n  source: k8s_audit\n- rule: A\n  append: true\n",
      /about system calls \(mine: rule "A" is about the source k8s_audit/,
    ],
    [
      "a switch that is none",
      "- rule: A\n  enabled: perhaps\n",
      /^mine:2: "perhaps" is neither true nor false/,
    ],
    ["plugins", "- required_plugin_versions: [{ name: k8saudit }]\n", /^mine:1: it needs plugins/],
    ["a name that Falco would expand", "- rule: ${HOME}\n", /^mine:1: .*cannot be switched on alone/],
    ["broken YAML", "- rule: [\n", /^mine:\d+: /],
  ])("%s is refused", (_, text, said) => {
    expect(refusedBy(teamFalco, text)).toMatch(said);
  });
});

const tracing = (name: string, action: string, options = ""): string => `apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: ${name}
spec:
${options}  kprobes:
    - call: fd_install
      selectors:
        - matchActions:
            - action: ${action}
`;

describe("Tetragon", () => {
  test("measures each policy alone, by its own name, and writes no exec that it reports without one", async () => {
    const agents = agentsOf(teamTetragon, tracing("opens", "Post"), tracing("shadow", "NoPost"));
    expect(agents.map(({ policy }) => policy?.rule)).toEqual([null, "opens", "shadow"]);
    const whole = await started(agents[0]);
    expect([...whole.files.keys()].filter((path) => path.startsWith("/turn/policies/"))).toEqual([
      "/turn/policies/tare.yaml",
      "/turn/policies/tare-2.yaml",
    ]);
    const alone = await started(agents[2]);
    expect(parse(written(alone, "policies/tare.yaml"))).toMatchObject({ metadata: { name: "shadow" } });
    expect(alone.processes[0]?.spec.args).toContain(
      '--export-allowlist={"event_set":["PROCESS_KPROBE","PROCESS_TRACEPOINT","PROCESS_UPROBE","PROCESS_LSM"]}',
    );
  });

  test("fails with Tetragon's own words where it refuses one that nobody could foretell", async () => {
    const said = "Failed to start tetragon: no such function in the kernel";
    const host = new FakeHost({
      files: { ...policyFiles(), "/turn/tetragon.log": said },
      onStart: (process) => {
        process.end({ code: 1, signal: null });
      },
    });
    const [whole] = agentsOf(teamTetragon, tracing("opens", "Post"));
    await expect(whole?.start(host, plainContext(host, {}))).rejects.toThrow(said);
  });

  test.each(["Sigkill", "Signal", "Override", "NotifyEnforcer", "Set", "WhateverComesNext"])(
    "%s acts on a process, and is measured only where that is allowed",
    (action) => {
      expect(refusedBy(teamTetragon, tracing("x", action))).toMatch(
        /^mine:10: .*acts on the process.*--enforcing/,
      );
      expect(teamTetragon.read([{ path: "mine", text: tracing("x", action) }], true).rules).toEqual(["x"]);
    },
  );

  test("a policy in the mode that only monitors acts on nothing", () => {
    const options = "  options:\n    - name: policy-mode\n      value: monitor\n";
    expect(refusedBy(teamTetragon, tracing("x", "Sigkill", options))).toBe("accepted");
  });

  test.each(["GetUrl", "DnsLookup"])("%s sends something away, allowed or not", (action) => {
    expect(() => teamTetragon.read([{ path: "mine", text: tracing("x", action) }], true)).toThrow(
      /sends something/,
    );
  });

  test.each([
    [
      "another kind",
      "apiVersion: v1\nkind: Pod\nmetadata: { name: x }\nspec: {}\n",
      /^mine:1: "apiVersion" must be cilium.io\/v1alpha1/,
    ],
    [
      "one of a namespace",
      tracing("x", "Post").replace("TracingPolicy", "TracingPolicyNamespaced"),
      /^mine:2: "kind" must be TracingPolicy, found/,
    ],
    [
      "a name that Tetragon refuses",
      tracing("Our_opens", "Post"),
      /^mine:4: "Our_opens" cannot be a policy's name: .* \(name it our-opens, for example\)/,
    ],
    [
      "one without a hook",
      tracing("x", "Post").replace(/ {2}kprobes:[^]*/, "  options: [{ name: a, value: b }]\n"),
      /^mine:5: it has no hook/,
    ],
    [
      "two in a file",
      `${tracing("a", "Post")}---\n${tracing("b", "Post")}`,
      /^mine:\d+: .*a second document begins here/,
    ],
  ])("%s is refused", (_, text, said) => {
    expect(refusedBy(teamTetragon, text)).toMatch(said);
  });
});

test.each([
  ["Tetragon", teamTetragon, tracing("ours", "Post")],
  [
    "Tracee",
    teamTracee,
    "apiVersion: tracee.aquasec.com/v1beta1\nkind: Policy\nmetadata: { name: ours }\nspec: { scope: [global], rules: [{ event: bpf }] }\n",
  ],
])("%s loads no two policies of one name: the second is refused, with the first's file", (_, team, text) => {
  const files = ["a.yaml", "b.yaml", "b.yaml"].map((path) => ({ path, text }));
  expect(() => team.read(files.slice(0, 2), false)).toThrow('b.yaml: it is named "ours", and so is a.yaml');
  expect(() => team.read(files.slice(1), false)).toThrow("b.yaml: the file is given twice");
});

describe("Tracee", () => {
  const policy = (more = "", name = "ours"): string => `apiVersion: tracee.aquasec.com/v1beta1
kind: Policy
metadata:
  name: ${name}
spec:
  scope: [global]
${more}  rules:
    - event: security_file_open
      filters: [data.pathname=/etc/*]
    - event: bpf
`;

  test("measures the rules of one policy, and several policies by their files", async () => {
    const [, opens] = agentsOf(teamTracee, policy());
    expect(opens?.id).toBe("tracee@policy-security-file-open");
    expect(parse(written(await started(opens), "policy.yaml"))).toMatchObject({
      metadata: { name: "ours" },
      spec: { scope: ["global"], rules: [{ event: "security_file_open" }] },
    });
    expect(
      agentsOf(teamTracee, policy(), policy("", "theirs")).map(({ policy: part }) => part?.rule),
    ).toEqual([null, "1", "2"]);
  });

  test("is there once Tracee serves its counters, which it does when it is attached", async () => {
    const [whole] = agentsOf(teamTracee, policy());
    const mute = new FakeHost({ files: policyFiles() });
    await expect(whole?.start(mute, plainContext(mute, {}))).rejects.toThrow(/did not serve its counters/);
  });

  test.each([
    ["without a scope", policy().replace("[global]", "[]"), /^mine:6: /],
    [
      "of another version",
      policy().replace("v1beta1", "v1"),
      /^mine:1: "apiVersion" cannot be .*did you mean "tracee.aquasec.com\/v1beta1"/,
    ],
    ["with an event twice", `${policy()}    - event: bpf\n`, /^mine:11: "bpf" has a rule already/],
    ["whose name Tracee refuses", policy("", "-x"), /^mine:4: "-x" cannot be a policy's name/],
  ])("a policy %s is refused", (_, text, said) => {
    expect(refusedBy(teamTracee, text)).toMatch(said);
  });

  test("whose events go elsewhere is refused", () => {
    expect(refusedBy(teamTracee, policy("  defaultActions: [log, webhook]\n"))).toMatch(
      /^mine:7: "webhook" sends its events away/,
    );
    expect(refusedBy(teamTracee, policy("  defaultActions: [log]\n"))).toBe("accepted");
  });
});
