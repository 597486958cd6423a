/** Tracee cannot be had here: what is done to the node is checked in order, what it prints by lines of its run in a guest. */
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import highValueScenario from "../../scenarios/high-value.ts";
import { gapIn } from "../../src/run/coverage.ts";
import traceeVariants from "../../src/agents/tracee.ts";
import { missing, value } from "../../src/domain/units.ts";
import { changesOf, plainContext, tallyWithTokens, variantOf } from "../support/agent-context.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";
import { policyFiles } from "../support/policy-files.ts";
import { fixture } from "../support/tally-fixture.ts";

const tracee = variantOf(traceeVariants, "tracee@everything");
const highValue = variantOf(traceeVariants, "tracee@high-value");

const FOLDER = "/opt/tare/agents/tracee/0.24.1";
const PROGRAM = `${FOLDER}/dist/tracee-static`;
const KERNEL = {
  "/sys/kernel/btf/vmlinux": "BTF",
  "/sys/kernel/tracing/kprobe_events": "",
  "/proc/sys/kernel/osrelease": "6.1.0\n",
};
/** Flags as each version's help lists them. */
const HELP = {
  "0.22": "--http-listen-addr --metrics --healthz --output --perf-buffer-size --install-path",
  "0.24.1": "--server --output --perf-buffer-size --install-path",
  later: "--server --output --buffers --runtime",
} as const;

const node = (help: string = HELP["0.24.1"], more: FakeHostOptions = {}): FakeHost =>
  new FakeHost({
    answer: (_, args) => (args[0] === "--help" ? { stdout: help } : undefined),
    ...more,
    files: { ...policyFiles(), [PROGRAM]: "", ...KERNEL, ...more.files },
  });

const argsOn = async (
  host: FakeHost,
  more: Parameters<typeof plainContext>[1] = {},
): Promise<readonly string[]> => {
  await tracee.start(host, plainContext(host, more));
  return host.processes[0]?.spec.args ?? [];
};

test("as shipped has no policy, and is there once it serves its counters", async () => {
  const shipped = variantOf(traceeVariants, "tracee@shipped");
  const host = node(HELP["0.24.1"], {
    pages: { "http://127.0.0.1:43366/metrics": fixture("tracee-0.24.1.metrics") },
  });
  await shipped.start(host, plainContext(host, { families: [] }));
  expect(host.processes[0]?.spec.args).not.toContain("--policy");
  const mute = node();
  await expect(shipped.start(mute, plainContext(mute, { families: [] }))).rejects.toThrow(
    /did not serve its counters/,
  );
});

describe("its probe", () => {
  test("finds the build that needs no library of the machine, and runs nothing", async () => {
    const host = node(HELP["0.24.1"], { files: { [`${FOLDER}/dist/tracee`]: "" } });
    expect(await tracee.probe(host)).toEqual({ kind: "available", version: "0.24.1", path: PROGRAM });
    expect(host.done).toEqual([]);
  });
});

describe("as it is started", () => {
  test("has the flags of the pinned release", async () => {
    expect((await argsOn(node())).join(" ")).toBe(
      "--policy /turn/policy.yaml --output json:/turn/events.jsonl --perf-buffer-size 1024 " +
        "--server http-address=127.0.0.1:43366 --server metrics --server healthz --install-path /turn/work",
    );
  });

  test("has the flags of what came before and after it", async () => {
    expect(await argsOn(node(HELP["0.22"]))).toEqual(
      expect.arrayContaining(["--http-listen-addr", "127.0.0.1:43366", "--metrics", "--healthz"]),
    );
    const later = await argsOn(node(HELP.later), { buffers: "smallest" });
    expect(later.join(" ")).toBe(
      "--policy /turn/policy.yaml --output destinations.tare.type=file --output destinations.tare.format=json " +
        "--output destinations.tare.path=/turn/events.jsonl --buffers kernel.events=1 " +
        "--server http-address=127.0.0.1:43366 --server metrics --server healthz --runtime workdir=/turn/work",
    );
  });

  test("has one rule a family in its policy, and removes the folder that it makes", async () => {
    const host = node();
    const context = plainContext(host, { families: ["exec", "file"] });
    await tracee.start(host, context);
    expect(parse(host.files.get("/turn/policy.yaml") ?? "")).toMatchObject({
      kind: "Policy",
      spec: {
        scope: ["global"],
        rules: [
          { event: "sched_process_exec" },
          { event: "security_file_open", filters: ["data.pathname=/watched/*"] },
        ],
      },
    });
    await context.effects.undo();
    expect(changesOf(host).map((step) => step.split(" --")[0])).toEqual([
      "do what tracee leaves in /tmp/tracee",
      `start ${PROGRAM}`,
      `stop ${PROGRAM}`,
      "undo what tracee leaves in /tmp/tracee",
    ]);
  });
});

describe("its high-value variant", () => {
  test("names each kind once, and says which of them show no arguments", async () => {
    const host = node();
    await highValue.start(host, plainContext(host, { families: ["high-value"] }));
    const policy = parse(host.files.get("/turn/policy.yaml") ?? "") as {
      spec: { rules: { event: string; filters?: string[] }[] };
    };
    const events = policy.spec.rules.map(({ event }) => event);
    expect(events).toEqual(["sched_process_exec", "setuid", "setreuid", "setresuid", "bpf", "setns"]);
    expect(policy.spec.rules[0]?.filters?.[0]).toContain(",/watched/*,");
    expect(gapIn(highValue, highValueScenario, "disk")).toMatchObject({ extent: "some" });
    expect(tracee.coverage.gapFor).toBeUndefined();
  });
});

describe("its variant for changes of files", () => {
  test("has one rule a family, each below the watched directory", async () => {
    const host = node();
    const changes = variantOf(traceeVariants, "tracee@changes");
    await changes.start(host, plainContext(host, { families: ["write", "rename", "delete"] }));
    expect(parse(host.files.get("/turn/policy.yaml") ?? "")).toMatchObject({
      spec: {
        rules: [
          { event: "vfs_write", filters: ["data.pathname=/watched/*"] },
          { event: "security_inode_rename", filters: ["data.old_path=/watched/*"] },
          { event: "security_inode_unlink", filters: ["data.pathname=/watched/*"] },
        ],
      },
    });
  });
});

describe("its output", () => {
  const [exec = "", open = "", connect = ""] = fixture("tracee-0.24.1.jsonl").split("\n");

  test.each([
    ["exec", exec, "TK-0a51-00000001"],
    ["file", open, "TK-0a51/00000001"],
    ["network", connect, "127.16.0.1"],
  ] as const)("carries the token of an event of %s once a line", async (family, line, was) => {
    const host = node();
    const running = await tracee.start(host, plainContext(host));
    expect(tallyWithTokens(running, family, line, was)).toMatchObject({ delivered: 2, duplicates: 0 });
  });
});

describe("its losses", () => {
  const METRICS = "http://127.0.0.1:43366/metrics";
  const lossFrom = async (page: string) => {
    const host = node(HELP["0.24.1"], { pages: { [METRICS]: page } });
    return await (await tracee.start(host, plainContext(host))).lost();
  };

  test("are read from the page of the pinned release", async () => {
    const page = fixture("tracee-0.24.1.metrics");
    expect(await lossFrom(page)).toEqual(value(0));
    expect(await lossFrom(page.replace(/^(tracee_ebpf_lostevents_total) 0$/m, "$1 12"))).toEqual(value(12));
  });

  test.each(["tracee_ebpf_", "tracee_"])("are the counters that start with %s", async (prefix) => {
    const page = ["lostevents_total 4", "write_lostevents_total 2", "network_capture_lostevents_total 1"]
      .map((line) => `${prefix}${line}\n`)
      .join("");
    expect(await lossFrom(page)).toEqual(value(7));
  });

  test("are asked for after something has happened on each CPU, for until then the kernel has not told of them", async () => {
    const host = node();
    const running = await tracee.start(host, plainContext(host));
    host.httpGet = () => {
      host.done.push("asked for the metrics");
      return Promise.resolve(missing("refused"));
    };
    await running.lost();
    expect(host.done.slice(-3).map((step) => step.split(" ").slice(0, 4).join(" "))).toEqual([
      "run taskset -c 0",
      "run taskset -c 1",
      "asked for the metrics",
    ]);
  });

  test("are missing where a counter is", async () => {
    expect(await lossFrom("tracee_ebpf_lostevents_total 4\n")).toEqual(
      missing("its metrics have no tracee_ebpf_write_lostevents_total"),
    );
    expect(await lossFrom("go_goroutines 3\n")).toEqual(
      missing("its metrics have no tracee_ebpf_lostevents_total"),
    );
  });
});
