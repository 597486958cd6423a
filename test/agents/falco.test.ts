/** What it does to the node is checked in order, what it prints by lines that were seen; contract.test.ts runs it where it is installed. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import falco from "../../src/agents/falco.ts";
import { falcoMetrics } from "../../src/agents/shared/falco.ts";
import { type Family, missing, value } from "../../src/domain/units.ts";
import { changesOf, plainContext, tallyWithTokens, variantOf } from "../support/agent-context.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";
import { policyFiles } from "../support/policy-files.ts";
import { fixture } from "../support/tally-fixture.ts";

const PROGRAM = "/opt/tare/agents/falco/0.44.1/falco-0.44.1-x86_64/usr/bin/falco";
const KERNEL = { "/sys/kernel/btf/vmlinux": "BTF", "/proc/sys/kernel/osrelease": "6.1.0-40-amd64\n" };

const node = (more: FakeHostOptions = {}): FakeHost =>
  new FakeHost({ ...more, files: { ...policyFiles(), [PROGRAM]: "", ...KERNEL, ...more.files } });

const PAGE = "http://127.0.0.1:48765/metrics";

const everything = variantOf(falco, "falco@everything");
const highValue = variantOf(falco, "falco@high-value");
const repair = variantOf(falco, "falco@repair");
const shipped = variantOf(falco, "falco@shipped");
const changes = variantOf(falco, "falco@changes");

interface Rule {
  readonly rule: string;
  readonly desc: string;
  readonly condition: string;
  readonly output: string;
  readonly priority: string;
}
const rulesOf = (host: FakeHost): readonly Rule[] =>
  parse(host.files.get("/turn/rules.yaml") ?? "") as readonly Rule[];

describe("its probe", () => {
  test("finds what was unpacked and runs nothing", async () => {
    const host = node();
    expect(await everything.probe(host)).toEqual({ kind: "available", version: "0.44.1", path: PROGRAM });
    expect(host.done).toEqual([]);
  });

  test("tells a build of somebody's own by its release and by its build", async () => {
    const program = "/opt/tare/agents/falco/custom-89ab62de6b98/usr/bin/falco";
    const answer = (): { stdout: string } => ({
      stdout: "Falco version: 0.44.1 (x86_64)\nLibs version:  0.25.4\n",
    });
    const host = new FakeHost({ files: { ...policyFiles(), [program]: "", ...KERNEL }, answer });
    expect(await everything.probe(host)).toMatchObject({ version: "0.44.1 (custom-89ab62de6b98)" });
  });

  test.each([
    [
      "a finite limit without the capability",
      "000001fffeffffff",
      "8388608",
      { kind: "unavailable", hint: expect.stringContaining("--cap-add SYS_RESOURCE") as string },
    ],
    ["the capability", "000001ffffffffff", "8388608", { kind: "available" }],
    ["no limit", "000001fffeffffff", "unlimited", { kind: "available" }],
  ])("needs memory that it may lock: %s", async (_, held, limit, answer) => {
    const files = {
      "/proc/self/status": `Name:\tnode\nCapEff:\t${held}\n`,
      "/proc/self/limits": `Limit                     Soft Limit           Hard Limit           Units\nMax locked memory         8388608              ${limit}              bytes\n`,
    };
    expect(await everything.probe(node({ files }))).toMatchObject(answer);
  });

  test.each([
    ["5.4.0-150-generic\n", /needs Linux 5\.8, whose BPF ring buffer .* this is 5\.4\.0-150-generic$/],
    ["4.19.0\n", /needs Linux 5\.8/],
  ])("refuses the kernel %j", async (release, reason) => {
    const host = node({ files: { "/proc/sys/kernel/osrelease": release } });
    expect(await everything.probe(host)).toMatchObject({ reason: expect.stringMatching(reason) as string });
  });

  test.each(["5.8.0\n", "5.10.0-1-amd64\n", "6.18.2\n", "10.0\n"])("takes the kernel %j", async (release) => {
    const host = node({ files: { "/proc/sys/kernel/osrelease": release } });
    expect(await everything.probe(host)).toMatchObject({ kind: "available" });
  });
});

describe("as it is started", () => {
  test("reads its own configuration alone: one file as output, the web server on loopback with its metrics", async () => {
    const host = node();
    const context = plainContext(host);
    await everything.start(host, context);
    expect(changesOf(host)).toEqual([`start ${PROGRAM} -c /turn/falco.yaml`]);
    expect(parse(host.files.get("/turn/falco.yaml") ?? "")).toMatchObject({
      config_files: [],
      rules_files: ["/turn/rules.yaml"],
      load_plugins: [],
      watch_config_files: false,
      engine: { kind: "modern_ebpf", modern_ebpf: { buf_size_preset: 4 } },
      json_output: true,
      stdout_output: { enabled: false },
      syslog_output: { enabled: false },
      http_output: { enabled: false },
      // Its schema calls one without a program no configuration.
      program_output: { enabled: false, program: "" },
      file_output: { enabled: true, filename: "/turn/events.jsonl" },
      webserver: { listen_address: "127.0.0.1", listen_port: 48_765, prometheus_metrics_enabled: true },
      syscall_event_drops: { threshold: 0 },
      metrics: { interval: "1h", output_file: "", kernel_event_counters_enabled: true },
    });
  });

  test("turns off each kind of metrics that costs and is on where it is left out", async () => {
    const host = node();
    await everything.start(host, plainContext(host));
    const { metrics } = parse(host.files.get("/turn/falco.yaml") ?? "") as { metrics: object };
    expect(metrics).toMatchObject({
      jemalloc_stats_enabled: false,
      plugins_metrics_enabled: false,
      kernel_event_counters_per_cpu_enabled: false,
    });
  });

  test("has a complete rule for each family that is asked for, and says nothing of the direction", async () => {
    const host = node();
    await everything.start(host, plainContext(host, { families: ["exec", "network"] }));
    expect(rulesOf(host).map(({ rule }) => rule)).toEqual(["exec", "connect"]);
    await everything.start(host, plainContext(host));
    const rules = rulesOf(host);
    expect(rules.map(({ rule }) => rule)).toEqual(["exec", "open", "connect"]);
    for (const { desc, condition, output, priority } of rules) {
      expect([desc, output, priority].every((text) => text !== "")).toBe(true);
      expect(condition).not.toContain("evt.dir");
    }
    expect(rules[1]?.condition).toContain('fd.name startswith "/watched/"');
    expect(rules[2]?.output).toContain("%fd.sip");
  });

  test("has the least buffers for a forced overflow", async () => {
    const host = node();
    const running = await everything.start(host, plainContext(host, { buffers: "smallest" }));
    expect(host.processes[0]?.spec.args.slice(2)).toEqual(["-o", "engine.modern_ebpf.buf_size_preset=1"]);
    expect(running.settings["buffer"]).toMatch(/^1 MiB/);
  });

  test("has a rule with the command line for each kind of high-value event", async () => {
    const host = node();
    await highValue.start(host, plainContext(host, { families: ["high-value"] }));
    const rules = rulesOf(host);
    expect(rules.map(({ rule }) => rule)).toEqual([
      "sudo",
      "temporary exec",
      "deleted binary",
      "privilege change",
      "bpf",
      "container shell",
    ]);
    for (const { output } of rules) expect(output).toContain("%proc.cmdline");
  });

  test("has a rule a family for changes below the watched directory", async () => {
    const host = node();
    await changes.start(host, plainContext(host, { families: ["write", "rename", "delete"] }));
    const rules = rulesOf(host);
    expect(rules.map(({ rule }) => rule)).toEqual(["write", "rename", "delete"]);
    for (const { condition } of rules) expect(condition).toContain('startswith "/watched/"');
  });
});

test("without what its rules do not need is the default but for one option, which is told", async () => {
  const [host, other] = [node(), node()];
  const running = await repair.start(host, plainContext(host));
  const usual = await everything.start(other, plainContext(other));
  expect(host.files.get("/turn/falco.yaml")).toBe(other.files.get("/turn/falco.yaml"));
  expect(host.files.get("/turn/rules.yaml")).toBe(other.files.get("/turn/rules.yaml"));
  expect(host.processes[0]?.spec.args.slice(2)).toEqual(["-o", "base_syscalls.repair=true"]);
  expect(running.settings["systemCalls"]).toMatch(/26 traced/);
  expect(usual.settings["systemCalls"]).toMatch(/65 traced/);
});

describe("as its vendor ships it", () => {
  const TOP = "/opt/tare/agents/falco/0.44.1/falco-0.44.1-x86_64";
  const PLUGIN = "plugins:\n  - name: container\n    library_path: libcontainer.so\n";
  const RELEASE = {
    [`${TOP}/etc/falco/falco.yaml`]: `# Comment\nload_plugins: []\n\n${PLUGIN}`,
    [`${TOP}/etc/falco/falco_rules.yaml`]: "- rule: x\n",
    [`${TOP}/usr/share/falco/plugins/libcontainer.so`]: "ELF",
  };
  const startOn = async (files: Readonly<Record<string, string>>) => {
    const host = node({ files, pages: { [PAGE]: fixture("falco-0.44.1.metrics") } });
    return { host, running: await shipped.start(host, plainContext(host)) };
  };

  test("takes the release's own files, and sets what a run cannot go without", async () => {
    const { host, running } = await startOn(RELEASE);
    const { args = [] } = host.processes[0]?.spec ?? {};
    expect(args.slice(0, 2)).toEqual(["-c", `${TOP}/etc/falco/falco.yaml`]);
    expect(args.filter((_, at) => args[at - 1] === "-r")).toEqual([
      `${TOP}/etc/falco/falco_rules.yaml`,
      `${TOP}/etc/falco/falco_rules.local.yaml`,
      `${TOP}/etc/falco/rules.d`,
    ]);
    expect(args.filter((_, at) => args[at - 1] === "-o")).toEqual([
      `config_files=${TOP}/etc/falco/config.d`,
      `plugins[0].library_path=${TOP}/usr/share/falco/plugins/libcontainer.so`,
      "syslog_output.enabled=false",
      "log_syslog=false",
      "webserver.listen_address=127.0.0.1",
      "webserver.listen_port=48765",
      "metrics.enabled=true",
      "metrics.output_rule=false",
      "webserver.prometheus_metrics_enabled=true",
    ]);
    expect(running.outputs).toEqual([]);
    expect(running.settings["configuration"]).toBe(`load_plugins: []\n${PLUGIN}`);
    expect(running.settings["command"]).not.toContain("/opt/");
    // Nothing of the release is written to.
    expect([...host.files.keys()].filter((path) => path.startsWith(TOP)).toSorted()).toEqual(
      [...Object.keys(RELEASE), PROGRAM].toSorted(),
    );
  });

  test.each(Object.keys(RELEASE))("is refused without %s", async (path) => {
    const host = node({
      files: Object.fromEntries(Object.entries(RELEASE).filter(([name]) => name !== path)),
    });
    expect(await shipped.probe(host)).toMatchObject({
      kind: "unavailable",
      reason: expect.stringContaining(path.includes("falco.yaml") ? "falco.yaml" : path) as string,
      hint: expect.stringContaining("tare agents install falco") as string,
    });
    expect(await shipped.probe(node({ files: RELEASE }))).toMatchObject({ kind: "available" });
  });

  test("that ends at once is told with its own words", async () => {
    const host = node({ files: RELEASE, onStart: (process) => process.end({ code: 1, signal: null }) });
    await expect(shipped.start(host, plainContext(host))).rejects.toMatchObject({ kind: "run-failed" });
  });
});

/** sysdig compiles the same language with the same library, before it looks for a driver. */
const libsinsp = (): { readonly version: string; readonly minor: number } => {
  const { stdout } = spawnSync("sysdig", ["--version"], { encoding: "utf8" });
  const [version = "no sysdig", minor = "0"] = /\b0\.(\d+)\.\d+/.exec(stdout ?? "") ?? [];
  return { version, minor: Number(minor) };
};

describe("its rules", () => {
  test.for([
    [everything, ["exec", "file", "network"]],
    [highValue, ["high-value"]],
    [changes, ["write", "rename", "delete"]],
  ] as const)("are understood by libsinsp, conditions and outputs: %#", async ([variant, families], ctx) => {
    const { version, minor } = libsinsp();
    ctx.skip(minor < 41, `${version} may not know all of Falco's fields; 0.41 does`);
    const host = node();
    await variant.start(host, plainContext(host, { families }));
    const refused = rulesOf(host).flatMap(({ rule, condition, output }) => {
      const said = spawnSync("sysdig", ["-M", "1", "-p", output, condition], { encoding: "utf8" });
      const problem = /^.*(?:filter|field|token|argument|operator).*$/im.exec(said.stdout + said.stderr);
      return problem === null ? [] : [`${rule}: ${problem[0]}`];
    });
    expect(refused).toEqual([]);
  });
});

test.each([
  ["exec", 0, "TK-0001-00000007"],
  ["file", 1, "DIR/x"],
  ["network", 2, "127.31.0.5"],
] as const)("its line of an %s, seen of 0.44.1, carries the token once", async (family, at, was) => {
  const running = await everything.start(node(), plainContext(node()));
  const line = fixture("falco-0.44.1.jsonl").split("\n")[at] ?? "";
  expect(tallyWithTokens(running, family, line, was)).toMatchObject({ delivered: 2, duplicates: 0 });
});

describe("its output, as others have published it", () => {
  const [exec = "", open = "", connect = ""] = fixture("falco-2026-07.jsonl").split("\n");

  test.each([
    ["exec", exec, "test_shell"],
    ["file", open, "etc/shadow"],
    ["network", connect, "127.0.0.1"],
  ] as const)("carries the token of an event of %s once a line", async (family, line, was) => {
    const host = node();
    const running = await everything.start(host, plainContext(host));
    expect(tallyWithTokens(running, family, line, was)).toMatchObject({ delivered: 2, duplicates: 0 });
  });
});

/** As userspace/falco/stats_writer.cpp writes it, shortened to what is read. Nanoseconds. */
const snapshot = (at: number, lost: Readonly<Record<string, unknown>>): string =>
  `{"output_fields":{"evt.source":"syscall","evt.time":${at}000000,${JSON.stringify(lost).slice(1)},"sample":1}\n`;

test("its losses are those on its page, by the families' kinds", async () => {
  const page = fixture("falco-0.44.1.metrics");
  const host = node({ pages: { [PAGE]: page } });
  const lost = async (variant: typeof everything, families: readonly Family[]) =>
    await (await variant.start(host, plainContext(host, { families }))).lost();
  expect(await lost(everything, ["exec"])).toEqual(value(985));
  expect(await lost(everything, ["exec", "file", "network"])).toEqual(value(985 + 49_135 + 85));
  expect(await lost(changes, ["write", "rename", "delete"])).toEqual(value(49_135 + 5374));
  expect(await lost(highValue, ["high-value"])).toEqual(value(133_211));
});

test("a rung without events is ready when its driver has counted some", async () => {
  const none = variantOf(falco, "falco@none");
  const opening = "falcosecurity_falco_outputs_queue_num_drops_total 0\n";
  const pages: Record<string, string> = { [PAGE]: opening };
  const host = node({
    pages,
    onSleep: () => {
      pages[PAGE] = fixture("falco-0.44.1.metrics");
    },
  });
  const running = await none.start(host, plainContext(host));
  expect(running.outputs).toEqual([]);
  expect(pages[PAGE]).not.toBe(opening);
  expect(host.processes[0]?.spec.args.slice(2)).toEqual(["-o", "file_output.filename=/dev/null"]);
});

describe("the losses that its metrics file tells", () => {
  const METRICS = "/logs/metrics.jsonl";
  const lossAfter = async (
    first: string,
    later: (host: FakeHost) => string,
    families: readonly Family[] = ["exec", "file", "network"],
  ) => {
    const host = node({
      files: { [METRICS]: first },
      onSleep: (_, self) => self.files.set(METRICS, first + later(self)),
    });
    return { loss: await falcoMetrics(host, METRICS, families, 1000) };
  };
  const now = (host: FakeHost): number => Date.parse(host.date());

  test("are those of a snapshot that was taken after the question, in the kernel and in its own queue", async () => {
    const early = snapshot(Date.parse("2025-12-31T23:59:59.500Z"), {
      "scap.n_drops": 5,
      "falco.outputs_queue_num_drops": 0,
    });
    const { loss } = await lossAfter(early, (host) =>
      snapshot(now(host), { "scap.n_drops": 40, "falco.outputs_queue_num_drops": 2 }),
    );
    expect(loss).toEqual(value(42));
  });

  /** Names as userspace/libpman/src/stats.c has them; that of page faults is the kernel module's. */
  const BY_KIND = {
    "scap.n_drops": 1_111_111,
    "scap.n_drops_buffer_total": 1_111_100,
    "scap.n_drops_buffer_clone_fork_exit": 100_000,
    "scap.n_drops_buffer_close_exit": 1_000_000,
    "scap.n_drops_buffer_execve_exit": 100,
    "scap.n_drops_buffer_open_exit": 1000,
    "scap.n_drops_buffer_connect_exit": 10_000,
    "scap.n_drops_scratch_map": 10,
    "falco.outputs_queue_num_drops": 1,
  };

  const { "scap.n_drops_buffer_execve_exit": _, ...WITHOUT_EXECS } = BY_KIND;

  test.each([
    ["exec alone", ["exec"], BY_KIND, 111],
    ["all three", ["exec", "file", "network"], BY_KIND, 11_111],
    ["one with the kernel module", ["file"], { ...BY_KIND, "scap.n_drops_page_faults": 5 }, 1016],
    ["high-value events, whose kinds are not all told apart", ["high-value"], BY_KIND, 1_111_112],
    ["opens for writing, and renames with deletions, once", ["write", "rename", "delete"], BY_KIND, 1011],
    ["renames, whose kind lost some", ["rename"], { ...BY_KIND, "scap.n_drops_buffer_dir_file_exit": 7 }, 18],
    // As shipped, a counter that is 0 is left out.
    ["one of which none was lost", ["exec"], WITHOUT_EXECS, 11],
    [
      "one where nothing at all was lost",
      ["exec"],
      { "scap.n_drops": 0, "falco.outputs_queue_num_drops": 0 },
      0,
    ],
    [
      "any, where this version does not tell kinds",
      ["exec"],
      { "scap.n_drops": 9, "falco.outputs_queue_num_drops": 1 },
      10,
    ],
    [
      "exec alone, beside what its iterators dropped",
      ["exec"],
      { ...BY_KIND, "scap.n_drops_task": 50, "scap.n_drops_max_event_size": 3 },
      111,
    ],
  ] as const)("are of the families that are asked for: %s", async (_, families, counts, expected) => {
    const { loss } = await lossAfter("", (host) => snapshot(now(host), counts), families);
    expect(loss).toEqual(value(expected));
  });

  test("are not read from a line that is still being written", async () => {
    const { loss } = await lossAfter("", (host) =>
      snapshot(now(host), { "scap.n_drops": 1, "falco.outputs_queue_num_drops": 0 }).slice(0, -9),
    );
    expect(loss).toEqual(missing("falco wrote no metrics within 4 s"));
  });

  test("are missing where a counter is", async () => {
    const { loss } = await lossAfter("", (host) => snapshot(now(host), { "scap.n_drops": 1 }));
    expect(loss).toEqual(missing("falco's metrics have no falco.outputs_queue_num_drops"));
    const queue = await lossAfter("", (host) => snapshot(now(host), { "falco.outputs_queue_num_drops": 1 }));
    expect(queue.loss).toMatchObject({
      reason: expect.stringMatching(/no scap\.n_drops: metrics\.kernel_event_counters_enabled/) as string,
    });
  });
});
