/** Tetragon cannot be had here: what is done to the node is checked in order, what it prints by captured lines. */
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import tetragon from "../../src/agents/tetragon.ts";
import type { Effect } from "../../src/domain/effect.ts";
import { missing, type PlainFamily, value } from "../../src/domain/units.ts";
import { changesOf, plainContext, tallyWithTokens, variantOf } from "../support/agent-context.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";
import { policyFiles } from "../support/policy-files.ts";
import { fixture } from "../support/tally-fixture.ts";

const INSTALLED = "/opt/tare/agents/tetragon/1.7.1/tetragon-v1.7.1-amd64";
const PROGRAM = `${INSTALLED}/usr/local/bin/tetragon`;
const KERNEL = {
  "/sys/kernel/btf/vmlinux": "BTF",
  "/sys/kernel/tracing/kprobe_events": "",
  "/proc/self/mounts": "bpf /sys/fs/bpf bpf rw,nosuid 0 0\n",
};
const METRICS = "http://127.0.0.1:42112/metrics";

/** Options as pkg/option/flags.go has them, laid out as cobra prints them; without some, as other versions are. */
const HELP = `Usage:
  tetragon [flags]

Flags:
      --bpf-dir string                          Set tetragon bpf directory (default 'tetragon')
      --cgroup-rate string                      Base sensor events cgroup rate <events,interval>
      --config-dir string                       Configuration directory that contains a file for each option
  -d, --debug                                   Enable debug messages. Equivalent to '--log-level=debug'
      --enable-export-aggregation               Enable JSON export aggregation
      --export-aggregation-window-size duration JSON export aggregation time window (default 15s)
      --export-allowlist string                 JSON export allowlist
      --export-denylist string                  JSON export denylist
      --export-file-max-size-mb int             Size in MB for rotating JSON export files (default 10)
      --export-file-rotation-interval duration  Interval at which to rotate JSON export files
      --export-filename string                  Filename for JSON export. Disabled by default
      --export-rate-limit int                   Rate limit (per minute) for event export (default -1)
      --field-filters string                    Field filters for event exports
      --rb-queue-size string                    Set size of channel between ring buffer and sensor go routines
      --rb-size-total string                    Set ring buffer size in total for all cpus
      --redaction-filters string                Redaction filters for events
      --tracing-policy-dir string               Directory from where to load Tracing Policies
`;

const node = (more: FakeHostOptions = {}): FakeHost =>
  new FakeHost({
    answer: (_, args) => (args[0] === "--help" ? { stdout: HELP } : undefined),
    ...more,
    files: {
      ...policyFiles(),
      [PROGRAM]: "",
      [`${INSTALLED}/usr/local/bin/tetra`]: "",
      ...KERNEL,
      ...more.files,
    },
  });

const json = variantOf(tetragon, "tetragon@json");
const grpc = variantOf(tetragon, "tetragon@grpc");

/** As 1.7.0 answers: its daemon has no option for its version, and its client no flag that keeps it from asking a server, as it does not. */
const versions =
  (version: string): NonNullable<FakeHostOptions["answer"]> =>
  (command, args) => {
    if (command.endsWith("/tetra")) {
      return args.join(" ") === "version"
        ? { stdout: `CLI version: v${version}\n`, stderr: 'level=warn msg="Could not find BPF map root"\n' }
        : { exitCode: 1, stderr: `Error: unknown flag: ${args.at(-1)}\n` };
    }
    return args[0] === "--help"
      ? { stdout: HELP }
      : {
          exitCode: 1,
          stderr:
            "Error: unknown flag: --version\nFlags:\n  --force-large-progs   Force loading large programs, even in kernels with < 5.3 versions\n",
        };
  };

describe("its probe", () => {
  test("finds what was unpacked, with the version from its folder, and runs nothing", async () => {
    const host = node();
    expect(await json.probe(host)).toEqual({ kind: "available", version: "1.7.1", path: PROGRAM });
    expect(host.done).toEqual([]);
  });

  test.each([
    ["kprobes", "/sys/kernel/tracing/kprobe_events", /tracefs is not mounted/, /mount -t tracefs/],
    ["BTF", "/sys/kernel/btf/vmlinux", /no BTF/, /CONFIG_DEBUG_INFO_BTF/],
    ["a BPF file system", "/proc/self/mounts", /no BPF file system/, /mount -t bpf bpf/],
    ["tetra", `${INSTALLED}/usr/local/bin/tetra`, /tetra is not installed/, /tare agents install tetragon/],
  ])("asks for %s and says what to do", async (_, path, reason, hint) => {
    const host = node();
    host.files.delete(path);
    expect(await grpc.probe(host)).toEqual({
      kind: "unavailable",
      reason: expect.stringMatching(reason) as string,
      hint: expect.stringMatching(hint) as string,
    });
  });

  test("takes one that is on PATH where nothing was unpacked, and asks it for its version", async () => {
    const host = new FakeHost({
      programs: { tetragon: "/usr/local/bin/tetragon", tetra: "/usr/local/bin/tetra" },
      files: { ...policyFiles(), ...KERNEL },
      answer: versions("1.6.2"),
    });
    expect(await json.probe(host)).toEqual({
      kind: "available",
      version: "1.6.2",
      path: "/usr/local/bin/tetragon",
    });
    await json.start(host, plainContext(host));
    // Installed by its own installer, it knows where its BPF programs are.
    expect(host.processes[0]?.spec.args.join(" ")).not.toContain("--bpf-lib");
  });

  test("tells a build of somebody's own by its release and by its build", async () => {
    const own = "/opt/tare/agents/tetragon/custom-57d0f0bf0717/tetragon-v1.7.0-amd64/usr/local/bin";
    const programs = { [`${own}/tetragon`]: "", [`${own}/tetra`]: "" };
    const host = new FakeHost({
      files: { ...policyFiles(), ...KERNEL, ...programs },
      answer: versions("1.7.0"),
    });
    expect(await json.probe(host)).toMatchObject({ version: "1.7.0 (custom-57d0f0bf0717)" });
    // Without tetra only the usage is left to ask, whose first number is a kernel's.
    host.files.delete(`${own}/tetra`);
    expect(await json.probe(host)).toMatchObject({ version: "custom-57d0f0bf0717" });
  });

  test("sends the user to a VM where the kernel itself lacks kprobes", async () => {
    const host = node({ files: { "/sys/kernel/tracing/events/enable": "" } });
    host.files.delete("/sys/kernel/tracing/kprobe_events");
    expect(await json.probe(host)).toMatchObject({
      reason: expect.stringMatching(/needs kprobes/) as string,
      hint: expect.stringMatching(/in a VM/) as string,
    });
  });
});

describe("as it is started", () => {
  const NEUTRAL = [
    "--export-file-rotation-interval=0",
    "--export-rate-limit=-1",
    "--export-denylist=",
    "--enable-export-aggregation=false",
    "--field-filters=",
    "--redaction-filters=",
    "--cgroup-rate=",
    "--debug=false",
    "--rb-size-total=0",
    "--rb-queue-size=65535",
  ];
  const LEAVINGS = "what tetragon leaves in /sys/fs/bpf/tare-tetragon, /run/tetragon";

  test("listens on loopback and a socket of the turn, rotates nothing, and leaves nothing", async () => {
    const host = node();
    const context = plainContext(host);
    const running = await json.start(host, context);
    const { args } = host.processes[0]?.spec ?? { args: [] };
    expect(args).toEqual([
      ...NEUTRAL,
      `--bpf-lib=${INSTALLED}/usr/local/lib/tetragon/bpf`,
      "--tracing-policy-dir=/turn/policies",
      "--bpf-dir=tare-tetragon",
      "--server-address=unix:///turn/tetragon.sock",
      "--metrics-server=127.0.0.1:42112",
      "--health-server-address=",
      "--export-filename=/turn/events.jsonl",
      "--export-file-max-size-mb=1000000",
      '--export-allowlist={"event_set":["PROCESS_EXEC","PROCESS_KPROBE"]}',
    ]);
    expect(host.processes[0]?.spec.cwd).toBe("/turn");
    expect(running.settings["command"]).not.toContain("/turn");
    await context.effects.undo();
    expect(changesOf(host)).toEqual([
      `do ${LEAVINGS}`,
      `start ${PROGRAM} ${args.join(" ")}`,
      `stop ${PROGRAM}`,
      `undo ${LEAVINGS}`,
    ]);
  });

  test("lets none of its owner's settings change what is counted, as far as this version has the option", async () => {
    const host = node();
    await grpc.start(host, plainContext(host)).catch(() => undefined);
    const args = host.processes[0]?.spec.args ?? [];
    // The owner's export would go on beside gRPC.
    expect(args).toEqual(expect.arrayContaining([...NEUTRAL, "--export-filename=", "--export-allowlist="]));
    // Options of other versions, those that a longer name only begins with, and those that a description only mentions would end it.
    const names = args.map((arg) => arg.split("=")[0]);
    for (const name of ["--rb-size", "--tracing-policy", "--use-perf-ring-buffer", "--log-level"]) {
      expect(names).not.toContain(name);
    }
  });

  test("keeps what the node's owner had in its places", async () => {
    const effects: Effect[] = [];
    const host = node({
      files: {
        "/run/tetragon/tetragon.pid": "812",
        "/proc/self/mountinfo": "25 31 0:22 / /run rw,nosuid shared:5 - tmpfs tmpfs rw\n",
      },
      onEffect: (effect) => effects.push(effect),
    });
    await json.start(host, plainContext(host));
    expect(effects).toEqual([
      {
        kind: "leavings",
        who: "tetragon",
        places: [{ path: "/sys/fs/bpf/tare-tetragon" }, { path: "/run/tetragon", mounts: ["/run"] }],
      },
    ]);
  });

  test("loads a policy for the families that are asked for, and none where execs are all", async () => {
    const policyFor = async (families: readonly ("exec" | "file" | "network")[]): Promise<unknown> => {
      const host = node();
      await json.start(host, plainContext(host, { families }));
      const text = host.files.get("/turn/policies/tare.yaml");
      return text === undefined ? undefined : parse(text);
    };
    const calls = async (families: readonly ("exec" | "file" | "network")[]) =>
      ((await policyFor(families)) as { spec: { kprobes: { call: string }[] } }).spec.kprobes.map(
        ({ call }) => call,
      );
    expect(await calls(["exec", "file", "network"])).toEqual(["fd_install", "tcp_connect"]);
    expect(await calls(["network"])).toEqual(["tcp_connect"]);
    expect(await policyFor(["exec"])).toBeUndefined();
    expect(JSON.stringify(await policyFor(["file"]))).toContain('"values":["/watched/"]');
  });

  test("watches changes by the kernel's checks, each below the watched directory", async () => {
    const changes = variantOf(tetragon, "tetragon@changes");
    const callsFor = async (families: readonly ("write" | "rename" | "delete")[]) => {
      const host = node();
      await changes.start(host, plainContext(host, { families }));
      const text = host.files.get("/turn/policies/tare.yaml") ?? "";
      return (parse(text) as { spec: { kprobes: { call: string; selectors: unknown }[] } }).spec.kprobes;
    };
    const kprobes = await callsFor(["write", "rename", "delete"]);
    expect(kprobes.map(({ call }) => call)).toEqual([
      "security_file_permission",
      "security_path_rename",
      "security_path_unlink",
    ]);
    for (const { selectors } of kprobes) expect(JSON.stringify(selectors)).toContain('"/watched');
    expect((await callsFor(["delete"])).map(({ call }) => call)).toEqual(["security_path_unlink"]);
  });

  test("has the least buffers for a forced overflow", async () => {
    const host = node();
    await json.start(host, plainContext(host, { buffers: "smallest" }));
    const args = host.processes[0]?.spec.args ?? [];
    const least = ["--rb-size=4096", "--rb-size-total=0", "--rb-queue-size=1", "--event-queue-size=1"];
    expect(args.slice(-least.length)).toEqual(least);
    expect(new Set(args.map((arg) => arg.split("=")[0])).size).toBe(args.length);
  });

  test("is drained by tetra once its socket is there, and writes no file itself", async () => {
    const host = node({
      onSleep: (_, self) => self.files.set("/turn/tetragon.sock", ""),
    });
    const running = await grpc.start(host, plainContext(host));
    expect(host.processes.map(({ spec }) => spec.command)).toEqual([
      PROGRAM,
      `${INSTALLED}/usr/local/bin/tetra`,
    ]);
    expect(host.processes[0]?.spec.args).toContain("--export-filename=");
    expect(host.processes[1]?.spec.args).toEqual([
      "getevents",
      "--server-address",
      "unix:///turn/tetragon.sock",
      "--output",
      "json",
      "--event-types",
      "PROCESS_EXEC,PROCESS_KPROBE",
    ]);
    expect(running.outputs[0]?.path).toBe("/turn/tetra.out");
    expect(running.consumers?.map(({ pid }) => pid)).toEqual([host.processes[0]?.pid]);
  });

  test("hands out nothing where it is there to be compared with, once its policies are loaded", async () => {
    let slept = 0;
    const host = node({
      onSleep: (_, self) => {
        self.files.set("/turn/tetragon.sock", "");
        if (++slept === 3) self.files.set("/turn/tetragon.log", 'level=info msg="Listening for events..."\n');
      },
    });
    const running = await variantOf(tetragon, "tetragon@none").start(host, plainContext(host));
    expect(host.processes.map(({ spec }) => spec.command)).toEqual([PROGRAM]);
    expect(host.processes[0]?.spec.args).toContain("--export-filename=");
    expect(running.outputs).toEqual([]);
    expect(slept).toBeGreaterThanOrEqual(3);
  });

  test("has its bytes taken by curl, which reads nobody's settings and decodes nothing", async () => {
    const host = node({ onSleep: (_, self) => self.files.set("/turn/tetragon.sock", "") });
    const running = await variantOf(tetragon, "tetragon@grpc-bytes").start(host, plainContext(host));
    const [daemon, client] = host.processes;
    expect(client?.spec.command).toBe("curl");
    expect(client?.spec.args[0]).toBe("--disable");
    expect(client?.spec.args).toEqual(
      expect.arrayContaining(["--unix-socket", "/turn/tetragon.sock", "--output", "/turn/events.pb"]),
    );
    expect(running.outputs).toEqual([
      { path: "/turn/events.pb", forms: { exec: { kind: "text" }, file: { kind: "text" } } },
    ]);
    expect(running.consumers?.map(({ pid }) => pid)).toEqual([daemon?.pid]);
  });

  test("says that curl is missing, and how to get it", async () => {
    expect(await variantOf(tetragon, "tetragon@grpc-bytes").probe(node())).toEqual({
      kind: "unavailable",
      reason: "curl is not installed",
      hint: expect.stringMatching(/curl/) as string,
    });
  });

  const startIn = async (watchedDirectory: string, families: readonly PlainFamily[]): Promise<unknown> => {
    const host = node();
    return await json.start(host, plainContext(host, { watchedDirectory, families }));
  };

  test("takes a directory of 255 bytes with its slash, and any where no opens are asked for", async () => {
    await expect(startIn(`/${"d".repeat(253)}`, ["exec", "file"])).resolves.toBeDefined();
    await expect(startIn(`/${"d".repeat(300)}`, ["exec", "network"])).resolves.toBeDefined();
  });

  test.each([
    ["of one byte more", `/${"d".repeat(254)}`, /has room for 255 bytes of a path, and .* has 256/],
    ["of few letters and many bytes", `/${"\u00e4".repeat(127)}`, /has 256/],
  ])("refuses a directory %s, which would match nothing", async (_, directory, refused) => {
    await expect(startIn(directory, ["file"])).rejects.toThrow(refused);
  });

  test("says that it died, and how, instead of waiting for its socket", async () => {
    const host = node({
      onStart: (process) => {
        process.end({ code: 255, signal: null });
      },
    });
    await expect(grpc.start(host, plainContext(host))).rejects.toThrow(/ended by itself \(exit status 255\)/);
    expect(host.processes).toHaveLength(1);
  });

  test("watches high-value events by policies that name each kind", async () => {
    const host = node();
    const highValue = variantOf(tetragon, "tetragon@high-value");
    await highValue.start(host, plainContext(host, { families: ["high-value"] }));
    const policy = parse(host.files.get("/turn/policies/tare.yaml") ?? "") as {
      spec: { kprobes: { call: string }[] };
    };
    expect(policy.spec.kprobes.map(({ call }) => call)).toEqual([
      "sys_setuid",
      "sys_setreuid",
      "sys_setresuid",
      "sys_bpf",
      "sys_setns",
    ]);
    const allowed = host.processes[0]?.spec.args.find((arg) => arg.startsWith("--export-allowlist="));
    const lines = (allowed ?? "").slice("--export-allowlist=".length).split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { event_set: ["PROCESS_KPROBE"] },
      { event_set: ["PROCESS_EXEC"], binary_regex: expect.arrayContaining(["^/watched/"]) as unknown },
    ]);
  });

  test("takes a directory's name letter by letter", async () => {
    const host = node();
    const highValue = variantOf(tetragon, "tetragon@high-value");
    const watchedDirectory = String.raw`/tmp/a.b+(1)\"q"`;
    await highValue.start(host, plainContext(host, { families: ["high-value"], watchedDirectory }));
    const allowed = host.processes[0]?.spec.args.find((arg) => arg.startsWith("--export-allowlist=")) ?? "";
    const filter = JSON.parse(allowed.split("\n")[1] ?? "") as { binary_regex: readonly string[] };
    const pattern = new RegExp(filter.binary_regex.find((one) => one.includes("tmp")) ?? "");
    expect(pattern.test(`${watchedDirectory}/noop`)).toBe(true);
    expect(pattern.test(`${watchedDirectory.replace("a.b", "axb")}/noop`)).toBe(false);
  });
});

describe("its output, seen of 1.7.0", () => {
  const lines = fixture("tetragon-1.7.0.jsonl").split("\n");

  test.each([
    ["exec", lines[0] ?? "", "TK-0a51-00000000"],
    ["file", lines[1] ?? "", "TK-0a51/00000000"],
    ["network", lines[2] ?? "", "127.16.0.0"],
  ] as const)("carries the token of an event of %s once a line", async (family, line, was) => {
    const running = await json.start(node(), plainContext(node()));
    expect(tallyWithTokens(running, family, line, was)).toMatchObject({ delivered: 2, duplicates: 0 });
  });

  test("declares what its policies and its own hook for execs missed, and not what that for clones did", async () => {
    const page = (clones: number, execs: number, policy: number): string =>
      fixture("tetragon-1.7.0.metrics")
        .replace('policy="tare-everything"} 0', `policy="tare-everything"} ${policy}`)
        .replace('policy="__base__"} 0', `policy="__base__"} ${clones}`) +
      `tetragon_missed_prog_probes_total{attach="acct_process",policy="__base__"} 400\ntetragon_missed_prog_probes_total{attach="sched/sched_process_exec",policy="__base__"} ${execs}\n`;
    const lost = 3395 + 15_891 + 566;
    for (const [clones, execs, policy] of [
      [900, 0, 0],
      [900, 20, 3],
    ] as const) {
      const host = node({ pages: { [METRICS]: page(clones, execs, policy) } });
      const running = await json.start(host, plainContext(host));
      expect(await running.lost()).toEqual(value(lost + execs + policy));
    }
  });
});

describe("its output, captured from a development build of 1.8.0", () => {
  const [exec = "", open = "", connect = ""] = fixture("tetragon-1.8.0-pre.jsonl").split("\n");

  test.each([
    ["exec", exec.replace('"arguments":"true"', '"arguments":"HERE"'), "HERE"],
    ["file", open, "bench/watched/f1"],
    ["network", connect, "127.0.0.1"],
  ] as const)("carries the token of an event of %s once a line", async (family, line, was) => {
    const host = node();
    const running = await json.start(host, plainContext(host));
    expect(tallyWithTokens(running, family, line, was)).toMatchObject({ delivered: 2, duplicates: 0 });
  });

  test("declares what was lost at each of the places, and not the counter alone that is named after it", async () => {
    const page = fixture("tetragon-1.8.0-pre.metrics");
    const host = node({ pages: { [METRICS]: page } });
    const running = await json.start(host, plainContext(host));
    expect(await running.lost()).toEqual(value(222 + 1187 + 1616));
  });

  test.each(["msg_op", "opcode"])(
    "declares of the kernel's losses those of execs and kprobes alone, by %s",
    async (label) => {
      const missed = [5, 7, 13, 23].map(
        (kind, at) => `tetragon_bpf_missed_events_total{error="ENOSPC",${label}="${kind}"} ${10 ** at}\n`,
      );
      const rest = fixture("tetragon-1.8.0-pre.metrics").replaceAll(/^tetragon_bpf_missed.*\n/gm, "");
      const host = node({ pages: { [METRICS]: rest + missed.join("") } });
      const running = await json.start(host, plainContext(host));
      expect(await running.lost()).toEqual(value(101 + 1187 + 1616));
    },
  );

  test("knows nothing of its losses when it does not answer, or answers something else", async () => {
    const running = await json.start(node(), plainContext(node()));
    expect(await running.lost()).toEqual(missing(`${METRICS}: connect ECONNREFUSED`));
    const other = node({ pages: { [METRICS]: "go_goroutines 7\n" } });
    expect(await (await json.start(other, plainContext(other))).lost()).toEqual(
      missing("its metrics have no tetragon_observer_ringbuf_events_lost_total"),
    );
  });
});

test("as shipped has no policy, a log that rotates and is compressed, and counts the beginnings of processes alone", async () => {
  const shipped = variantOf(tetragon, "tetragon@shipped");
  const host = node();
  const running = await shipped.start(host, plainContext(host, { families: ["exec"] }));
  const args = host.processes[0]?.spec.args ?? [];
  expect(args).toEqual(
    expect.arrayContaining([
      "--export-filename=/turn/events.jsonl",
      "--export-file-max-size-mb=10",
      "--export-file-max-backups=5",
      "--export-file-compress=true",
    ]),
  );
  expect(args.filter((arg) => /^--export-allowlist=./.test(arg))).toEqual([]);
  expect([...host.files.keys()].filter((path) => path.startsWith("/turn/policies/"))).toEqual([]);
  expect(running.outputs).toMatchObject([{ lines: { exec: '{"process_exec"' } }]);
  expect(running.settings["policy"]).toMatch(/^none/);
});

describe("as it denies", () => {
  const enforce = variantOf(tetragon, "tetragon@enforce");
  const DENIED = "/turn/denied";
  const LSM = "/sys/kernel/security/lsm";
  /** `through`: how many of its tries of denied things succeed once it runs. */
  const startOn = async (through: number) => {
    let left = through;
    const host = node({
      answer: (command, args, self) => {
        if (args[0] === "--help") return { stdout: HELP };
        const tried = [command, ...args].find((word) => word.startsWith("/turn/")) ?? "";
        if (tried.startsWith("/turn/allowed/")) return { exitCode: 0 };
        if (!tried.startsWith(DENIED)) return undefined;
        if (self.processes.length === 0) return { exitCode: 0 };
        left -= 1;
        return { exitCode: left >= 0 ? 0 : 1 };
      },
      onStart: (_, self) => {
        self.files.set("/turn/tetragon.log", 'level=info msg="Listening for events..."\n');
      },
    });
    const running = await enforce.start(host, plainContext(host, { families: ["exec", "file"] }));
    return { host, running, letThrough: (count: number) => (left = count) };
  };

  test("has a policy for its folder beside the one that reports everything", async () => {
    const { host, running } = await startOn(0);
    const policies = [...host.files].filter(([path]) => path.startsWith("/turn/policies/"));
    const specs = policies.map(([, text]) => (parse(text) as { spec: object }).spec);
    expect(specs).toEqual([
      { kprobes: [expect.objectContaining({ call: "fd_install" })] },
      {
        lsmhooks: [
          {
            hook: "file_open",
            args: [{ index: 0, type: "file" }],
            selectors: [
              {
                matchArgs: [{ index: 0, operator: "Prefix", values: [`${DENIED}/`] }],
                matchActions: [{ action: "Override", argError: -1 }],
              },
            ],
          },
        ],
      },
    ]);
    expect(running.settings["denied"]).toMatch(/^20 of 20 /);
  });

  test("is a failure where it lets one through, and its losses are unknown where it does later", async () => {
    await expect(startOn(1)).rejects.toThrow("Tetragon denied 19 of 20");
    const { running, letThrough } = await startOn(0);
    letThrough(1);
    expect(await running.lost()).toEqual(missing("it let an exec or an open through that its policy denies"));
  });

  test("needs a kernel that lets BPF refuse", async () => {
    const host = node({ files: { [LSM]: "capability,apparmor\n" } });
    expect(await enforce.probe(host)).toMatchObject({
      reason: "the kernel runs no BPF security module (it runs capability, apparmor)",
      hint: "boot with lsm=capability,apparmor,bpf",
    });
    host.files.set(LSM, "capability,apparmor,bpf\n");
    expect(await enforce.probe(host)).toMatchObject({ kind: "available" });
    host.files.delete(LSM);
    expect(await enforce.probe(host)).toMatchObject({
      kind: "unavailable",
      hint: expect.stringMatching(/^mount -t securityfs/) as string,
    });
  });
});
