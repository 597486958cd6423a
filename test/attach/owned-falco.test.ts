/** What Falco makes of its files and arguments. Falco 0.44.1, which prints what it has merged when asked for --support, said the same of each case that it takes. */
import { describe, expect, test } from "vitest";
import { falcoConfiguration, keyOf } from "../../src/agents/attached/falco-configuration.ts";
import { durationMs } from "../../src/agents/attached/owned-falco.ts";
import { ownedAgent } from "../../src/agents/attached/owned.ts";
import { ON_THE_NODE, type Whereabouts, whereaboutsOf } from "../../src/agents/attached/whereabouts.ts";
import { value } from "../../src/domain/units.ts";
import { FakeHost } from "../support/fake-host.ts";
import { fixture } from "../support/tally-fixture.ts";

const to = (file: string, enabled = true): string =>
  `# Alerts\nfile_output:\n  # -- Keep it open\n  keep_alive: false\n  filename: ${file}\n  enabled: ${enabled}\n`;

const NAMED = "config_files:\n  - /etc/falco/config.d\n";
const RULES = "rules_files:\n  - /etc/falco/falco_rules.yaml\n";
const MAIN = { "/etc/falco/falco.yaml": NAMED + RULES + to("/logs/main.log") };

const falco = ownedAgent("falco");
const withArgs = (...args: readonly string[]): Whereabouts => ({ ...ON_THE_NODE, args });

const outputOf = async (
  files: Readonly<Record<string, string>>,
  at?: Whereabouts,
): Promise<string | undefined> => {
  const [output, ...others] = (await falco?.outputs(new FakeHost({ files }), at)) ?? [];
  expect(others).toEqual([]);
  if (output !== undefined)
    expect(output.forms).toMatchObject({
      exec: { kind: "text" },
      network: { kind: "ipv4", before: '"fd.sip":"' },
    });
  return output?.path;
};

describe("its events are in the file that its configuration has last", () => {
  test.each([
    ["nowhere", {}, undefined],
    ["the main file, its keys in any order", MAIN, "/logs/main.log"],
    ["the main file, where it is off", { "/etc/falco/falco.yaml": to("/logs/main.log", false) }, undefined],
    [
      "the last file of the folder that speaks of it, whatever its name ends in",
      {
        ...MAIN,
        "/etc/falco/config.d/20-own.yaml": to("/logs/20.log"),
        "/etc/falco/config.d/10-first.yml": to("/logs/10.log"),
        "/etc/falco/config.d/30-engine.yaml": "engine:\n  kind: modern_ebpf\n",
        "/etc/falco/config.d/25-saved.yaml.bak": to("/logs/25.log"),
      },
      "/logs/25.log",
    ],
    [
      "a file of the folder that switches it off",
      { ...MAIN, "/etc/falco/config.d/own.yaml": to("/logs/x.log", false) },
      undefined,
    ],
    [
      "the main file alone, where it names no others",
      {
        "/etc/falco/falco.yaml": to("/logs/main.log"),
        "/etc/falco/config.d/own.yaml": to("/logs/x.log"),
      },
      "/logs/main.log",
    ],
    [
      "a path beside the unit's working directory",
      { "/etc/falco/falco.yaml": to("./events.txt") },
      "/events.txt",
    ],
    [
      "a file that the main one names",
      {
        "/etc/falco/falco.yaml": `config_files:\n  - /etc/falco/site.yaml\n${to("./x", false)}`,
        "/etc/falco/site.yaml": to("/logs/site.log"),
      },
      "/logs/site.log",
    ],
    [
      "a file that the main one names without a list",
      {
        "/etc/falco/falco.yaml": `config_files: /etc/falco/site.yaml\n${to("./x", false)}`,
        "/etc/falco/site.yaml": to("/logs/site.log"),
      },
      "/logs/site.log",
    ],
    [
      "a folder that the main one names with a strategy, and not the usual one",
      {
        "/etc/falco/falco.yaml": "config_files:\n  - path: /srv/falco.d\n    strategy: override\n",
        "/srv/falco.d/a.yaml": to("/logs/a.log"),
        "/etc/falco/config.d/b.yaml": to("/logs/b.log"),
      },
      "/logs/a.log",
    ],
    [
      "the main file, beside a folder that may only add",
      {
        "/etc/falco/falco.yaml": `config_files:\n  - path: /srv/falco.d\n    strategy: add-only\n${to("/logs/main.log")}`,
        "/srv/falco.d/a.yaml": to("/logs/a.log"),
      },
      "/logs/main.log",
    ],
    [
      "a yes in other words",
      { "/etc/falco/falco.yaml": to("/logs/x.log").replace("true", "yes") },
      "/logs/x.log",
    ],
    [
      "the main file, beside one with a mistake",
      { ...MAIN, "/etc/falco/config.d/x.yaml": "a: [1\n" },
      "/logs/main.log",
    ],
  ])("%s", async (_, files, path) => {
    expect(await outputOf(files)).toBe(path);
  });

  const ALL = { ...MAIN, "/srv/falco.yaml": to("/srv/x.log"), "/srv/more.yaml": to("/srv/more.log") };

  test.each([
    ["another main file", ["-c", "/srv/falco.yaml"], "/srv/x.log"],
    ["another main file, in one word", ["-c/srv/falco.yaml"], "/srv/x.log"],
    ["a setting that wins over the files", ["-o", "file_output.filename=/logs/o.log"], "/logs/o.log"],
    ["the last of two", ["-o", "file_output.filename=/1", "-o", "file_output.filename=/2"], "/2"],
    ["a setting behind flags in one word", ["-Uv", "-vofile_output.filename=/logs/o.log"], "/logs/o.log"],
    ["a setting that switches it off", ["--option", "file_output.enabled=false"], undefined],
    ["the same in one word", ["--option=file_output.enabled=false"], undefined],
    ["settings of something else", ["-o", "engine.kind=modern_ebpf", "-U", "-pk"], "/logs/main.log"],
    ["what another option takes", ["-p", "-ofile_output.filename=/logs/no.log"], "/logs/main.log"],
    ["a mapping in braces", ["-o", "file_output={enabled: true, filename: /logs/b.log}"], "/logs/b.log"],
    ["one more file", ["-o", "config_files=/srv/more.yaml"], "/srv/more.log"],
    ["one more file beside the others", ["-o", "config_files[]=/srv/more.yaml"], "/srv/more.log"],
    [
      "one more file that may only add",
      ["-o", "config_files={path: /srv/more.yaml, strategy: add-only}"],
      "/logs/main.log",
    ],
    [
      "a setting, over a file that another names",
      ["-o", "file_output.filename=/logs/o.log", "-o", "config_files=/srv/more.yaml"],
      "/logs/o.log",
    ],
  ] as const)("by arguments, %s: %s", async (_, args, path) => {
    expect(await outputOf(ALL, withArgs(...args))).toBe(path);
  });

  test("a path beside where it runs, and one in a container's own root", async () => {
    const files = {
      ...ALL,
      "/proc/7/cmdline": "falco\0-o\0file_output.filename=./o.log\0",
      "/proc/7/root/etc/falco/falco.yaml": to("/var/log/falco.json"),
      "/proc/8/cmdline": "falco\0",
      "/proc/8/root/etc/falco/falco.yaml": to("/var/log/falco.json"),
    };
    const host = new FakeHost({ files });
    const state = { active: true, activity: "active", controlGroup: undefined, identity: {} } as const;
    const of = async (mainPid: number, hasOwnRoot?: true) =>
      await whereaboutsOf(host, {
        ...state,
        obstacle: undefined,
        outputs: [],
        mainPid,
        ...(hasOwnRoot === true ? { hasOwnRoot } : {}),
      });
    expect(await outputOf(files, await of(7))).toBe("/proc/7/cwd/o.log");
    expect(await outputOf(files, await of(8, true))).toBe("/proc/8/root/var/log/falco.json");
  });

  test("of an environment it takes what its configuration asks for", async () => {
    const files = { "/etc/falco/falco.yaml": to("${LOGS}/falco.log") };
    const at = { ...ON_THE_NODE, env: new Map([["LOGS", "/srv/logs"]]) };
    expect(await outputOf(files, at)).toBe("/srv/logs/falco.log");
    expect(await outputOf({ "/etc/falco/falco.yaml": to("/a/${NONE}x.log") }, at)).toBe("/a/x.log");
  });
});

test("what tare cannot follow is said", async () => {
  const unresolved = new FakeHost({ files: { "/etc/falco/falco.yaml": to("${LOGS}/falco.log") } });
  expect(await falco?.outputs(unresolved)).toEqual([]);
  expect(await falco?.notFollowed?.(unresolved)).toContain("${LOGS}/falco.log");
  expect(await falco?.notFollowed?.(new FakeHost({ files: MAIN }))).toBeUndefined();
  expect(await falco?.notFollowed?.(new FakeHost())).toBeUndefined();
  const http = "http_output:\n  enabled: true\n  url: http://127.0.0.1/\nsyslog_output:\n  enabled: yes\n";
  const elsewhere = new FakeHost({ files: { "/etc/falco/falco.yaml": http } });
  expect(await falco?.notFollowed?.(elsewhere)).toMatch(/go to http_output and syslog_output, .*file_output/);
});

describe("its files are merged key by key at the uppermost level", () => {
  const merge = async (main: string, more: string, strategy: string) => {
    const named = `config_files:\n  - path: /more.yaml\n    strategy: ${strategy}\n`;
    const host = new FakeHost({ files: { "/etc/falco/falco.yaml": named + main, "/more.yaml": more } });
    return (await falcoConfiguration(host, ON_THE_NODE)).merged;
  };
  const LISTS = [
    "load_plugins: [a]\nengine: {kind: kmod, x: 1}\n",
    "load_plugins: [b]\nengine: {kind: y}\nnew: 1\n",
  ];

  test.each([
    ["append", ["a", "b"], { kind: "y" }],
    ["override", ["b"], { kind: "y" }],
    ["add-only", ["a"], { kind: "kmod", x: 1 }],
    ["anything else", ["a", "b"], { kind: "y" }],
  ])("%s", async (strategy, plugins, engine) => {
    const [main = "", more = ""] = LISTS;
    expect(await merge(main, more, strategy)).toMatchObject({ load_plugins: plugins, engine, new: 1 });
  });

  test("a file that names others makes Falco refuse, and is passed over", async () => {
    expect(await merge("a: 1\n", "a: 2\nconfig_files: [/x]\n", "append")).toMatchObject({ a: 1 });
  });

  test.each([
    ["rules_files[0]=/r.yaml", "rules_files", ["/r.yaml"]],
    ["rules_files[]=/r.yaml", "rules_files", ["/etc/falco/falco_rules.yaml", "/r.yaml"]],
    ["plugins[1].name=x", "plugins", [{ name: "x" }]],
    [String.raw`labels.kubernetes\.io/role=master`, "labels", { "kubernetes.io/role": "master" }],
    ["engine.modern_ebpf.buf_size_preset=7", "engine", { modern_ebpf: { buf_size_preset: "7" } }],
    ["no setting", "engine", undefined],
    ["a..b=1", "a", undefined],
  ])("-o %s", async (option, key, expected) => {
    const { merged } = await falcoConfiguration(new FakeHost({ files: MAIN }), withArgs("-o", option));
    expect(keyOf(merged, key)).toEqual(expected);
  });
});

test("what decides its cost goes into the record, with the files that were merged", async () => {
  const host = new FakeHost({
    files: { ...MAIN, "/etc/falco/config.d/own.yaml": "base_syscalls:\n  repair: true\n" },
  });
  expect(await falco?.settings?.(host)).toEqual({
    configurationFiles: "/etc/falco/falco.yaml /etc/falco/config.d/own.yaml",
    rules_files: '["/etc/falco/falco_rules.yaml"]',
    base_syscalls: '{"repair":true}',
    file_output: '{"keep_alive":false,"filename":"/logs/main.log","enabled":true}',
  });
  expect(await falco?.settings?.(host, withArgs("-r", "/mine.yaml"))).toMatchObject({
    rules_files: '["/mine.yaml"]',
  });
});

describe("its losses are those that its owner's metrics tell", () => {
  const LINE = `${fixture("falco-0.44.1.metrics.jsonl").trimEnd()}\n`;
  const lostBy = async (configuration: string, more: ConstructorParameters<typeof FakeHost>[0] = {}) =>
    await falco?.lostBy?.(
      new FakeHost({
        ...more,
        files: { "/etc/falco/falco.yaml": configuration, "/logs/stats.jsonl": LINE, ...more?.files },
      }),
    )();
  /** Execs, opens and connects of the drops that both tell, of 133,211 of every kind. */
  const LOST = value(985 + 49_135 + 85);
  const METRICS = "metrics:\n  enabled: true\n  interval: 1s\n  output_file: /logs/stats.jsonl\n";

  test("in its file", async () => {
    expect(await lostBy(METRICS)).toEqual(LOST);
  });

  test("on its page, which is of the moment, before its file", async () => {
    const page = fixture("falco-0.44.1.metrics");
    const web = "webserver:\n  enabled: true\n  listen_port: 9000\n  prometheus_metrics_enabled: true\n";
    const pages = { "http://127.0.0.1:9000/metrics": page };
    const noFile = "metrics:\n  enabled: true\n";
    expect(await lostBy(noFile + web, { pages })).toEqual(LOST);
    expect(await lostBy(METRICS + web, { pages })).toEqual(LOST);
    expect(await lostBy(METRICS + web)).toEqual(LOST);
    expect(await lostBy(noFile + web)).toMatchObject({ kind: "missing" });
    const uncounted = { "http://127.0.0.1:9000/metrics": page.replaceAll(/^falcosecurity_scap.*\n/gm, "") };
    expect(await lostBy(noFile + web, { pages: uncounted })).toMatchObject({ kind: "missing" });
  });

  test.each([
    ["", /no metrics\.enabled/],
    ["metrics:\n  enabled: true\n", /neither metrics\.output_file nor webserver\.prometheus/],
    [METRICS.replace("1s", "1h"), /metrics\.interval is 1h/],
    [METRICS.replace("1s", "soon"), /metrics\.interval is soon/],
  ])("or not at all, with the reason: %j", async (configuration, reason) => {
    expect(await lostBy(configuration)).toMatchObject({ reason: expect.stringMatching(reason) as string });
  });

  test.each([
    ["100ms", 100],
    ["1h30m", 5_400_000],
    ["2 s", 2000],
    ["5000", undefined],
    ["s", undefined],
  ])("an interval of %s", (told, ms) => {
    expect(durationMs(told)).toBe(ms);
  });
});
