/** The command line as a user or a script meets it: the real program, its streams and its exit codes. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { NOBODY, whyNotNobody } from "../support/nobody.ts";
import { type Ended, tare } from "../support/tare-command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

describe("help", () => {
  test("of tare and of every command is shown with exit code 0 and teaches with examples", () => {
    const help = tare(["--help"]);
    expect(help.status).toBe(0);
    expect(help.stdout).toMatch(/^Examples:\n {2}tare /m);
    const [listed = ""] = help.stdout.split("Examples:");
    const commands = [...listed.matchAll(/^ {2}([a-z]+) .*\S/gm)]
      .map(([, name = ""]) => name)
      .filter((name) => name !== "help");
    expect(commands.length).toBeGreaterThan(12);
    for (const command of commands) {
      const { status, stdout } = tare([command, "--help"]);
      expect([command, status]).toEqual([command, 0]);
      expect(stdout).toContain("Usage: tare");
      expect([command, /^Examples?\b.*:\n {2}\S/m.test(stdout)]).toEqual([command, true]);
      expect([command, stdout.split("\n").filter((line) => line.length > 80)]).toEqual([command, []]);
    }
    const run = tare(["run", "--help"]).stdout;
    for (const part of ["Examples:", "--resume", "--budget", "Exit codes:", "smoke", "thorough"])
      expect(run).toContain(part);
  });
});

describe("a usage error has exit code 2, says which value and what next", () => {
  const budget = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const broken = budget(
    "broken.yaml",
    "budgets:\n  - scenario: file-open\n    metric: wal\n    at-most: 5 %\n",
  );

  test.each([
    [["run", "--agents", "sensr"], /unknown agent "sensr"[^]*did you mean "sensor"/],
    [["run", "--quiet", "--agents", "sensr"], /^error: unknown agent "sensr"[^]*\n {2}hint: /],
    [["run", "--scenarios", "file-opne"], /unknown scenario "file-opne"[^]*did you mean "file-open"/],
    [["run", "--scenarios", "knee-exce"], /unknown scenario "knee-exce"[^]*did you mean "knee-exec"/],
    [
      ["run", "--dry-run", "--scenarios", "knee-exec", "--agents", "baseline"],
      /there is no agent to put under load[^]*--agents/,
    ],
    [["run", "--profile", "quik"], /quik/],
    [["run", "--blocks", "0"], /--blocks 0: not a whole number of at least 1/],
    [["run", "--time-budget", "10"], /--time-budget 10: not a duration[^]*10m/],
    [["run", "--seed", "-1"], /--seed -1/],
    [["run", "--files-on", "nfs"], /argument 'nfs' is invalid. Allowed choices are disk, tmpfs/],
    [["run", "--budget", "/no/such/budget.yaml"], /cannot read the budget \/no\/such\/budget\.yaml/],
    [
      ["run", "--budget", broken],
      /broken\.yaml:3: "budgets\[0\]\.metric" cannot be "wal"; did you mean "wall"\?/,
    ],
    [["run", "--resume", "/no/such/run"], /cannot read the record \/no\/such\/run/],
    [["analyse", "/etc/hostname"], /\/etc\/hostname is not a tare record/],
    [["report", "/no/such/record.jsonl"], /cannot read the record/],
    [["agents", "install", "auditdd"], /did you mean "auditd"/],
    [["agents", "install"], /no agent named/],
    [["frobnicate"], /unknown command/],
    [["run", "--frobnicate"], /unknown option/],
  ])("%j", (args, expected) => {
    const ended = tare(args);
    expect(ended.stderr).toMatch(expected);
    expect(ended.stdout).toBe("");
    expect(ended.status).toBe(2);
  });

  test("a folder that cannot be written to", () => {
    mkdirSync(join(folder, "file-in-the-way"), { recursive: true });
    writeFileSync(join(folder, "file-in-the-way/f"), "");
    const ended = tare([
      "run",
      "--allow-foreign",
      "--agents",
      "baseline",
      "--blocks",
      "1",
      "--out",
      join(folder, "file-in-the-way/f/run"),
    ]);
    expect(ended.stderr).toMatch(/cannot write to .*file-in-the-way\/f\/run[^]*--out/);
    expect(ended.status).toBe(2);
  });
});

test("a page that cannot be written is refused before anything is measured", () => {
  const ended = tare(["run", "--agents", "baseline", "--blocks", "1", "--report", folder]);
  expect(ended.stderr).toMatch(/cannot write the page .*: it is a folder[^]*--report/);
  expect(ended.status).toBe(2);
});

describe("a full disk", () => {
  const into = (streams: string): Ended => {
    const by = ["sh", "-c", `exec "$@" ${streams}`, "sh"];
    return tare(["list"], { by });
  };

  test("under standard output is an error of its own, since the result is lost", () => {
    const ended = into(">/dev/full");
    expect(ended.stderr).toMatch(
      /^error: cannot write the result to standard output: ENOSPC[^]*hint: make room/,
    );
    expect(ended.status).toBe(4);
  });

  test("under standard error loses what is said there, and no result", () => {
    const ended = into("2>/dev/full");
    expect(ended.stdout).toContain("file-open");
    expect(ended.status).toBe(0);
  });
});

describe("a dry run", () => {
  test("prints the plan, how long it takes and who is skipped, and starts nothing", () => {
    const ended = tare(["run", "--dry-run", "--seed", "5", "--blocks", "3"]);
    expect(ended.status).toBe(0);
    for (const part of [
      "profile    quick",
      "seed       5",
      "at most 3",
      "minutes:seconds",
      "block 1",
      "baseline",
    ])
      expect(ended.stdout).toContain(part);
  });

  test("of a rising load tells its starts, how long they take, and what ends it", () => {
    const asked = "--scenarios knee-open,burst-open --agents sensor,calibration-rate@1000".split(" ");
    const ended = tare(["run", "--dry-run", ...asked]);
    expect(ended.status).toBe(0);
    for (const part of [
      "blocks     none: no cost is measured",
      "load       4 starts, 4 searches of at most 60 s (docs/load.md)",
      "under load: as fast as the workload goes on one CPU, 12 s and",
      "it ends below 10 % of available memory, 1024 MiB of disk, or above 50 % of the node's tasks, with tare, and after 60 s by a guard",
    ])
      expect(ended.stdout).toContain(part);
  });

  test("of the profile for loads tells the minutes of each part", () => {
    const ended = tare(["run", "--dry-run", "--profile", "load", "--agents", "sensor,calibration-rate@1000"]);
    expect(ended.status).toBe(0);
    for (const part of [
      "scenarios  neighbour-exec, at-rest, process-exec",
      "blocks     at most 12, 72 trials",
      "load       4 starts, 4 searches of at most 60 s (docs/load.md)",
      "watched    at-rest: 2 windows of 30 s",
    ])
      expect(ended.stdout).toContain(part);
    expect(ended.stdout).toMatch(
      /time {7}about \d+:\d\d .*\n +\d+:\d\d 12 blocks, \d+:\d\d under rising load, \d+:\d\d second by second\n/,
    );
  });

  test("tells what it really takes where the time budget is less than that", () => {
    const asked = "--scenarios knee-open --agents calibration-rate@1000 --time-budget 1s".split(" ");
    const ended = tare(["run", "--dry-run", ...asked]);
    expect(ended.stdout).toMatch(/time {7}about 00:54 /);
    expect(ended.stderr).toContain(
      "the time budget is less than what is done in any case: it takes about 00:54",
    );
  });

  test("with --json prints JSON alone, and the same plan for the same seed", () => {
    const asked = ["run", "--dry-run", "--json", "--seed", "5", "--agents", "sensor"];
    const once = tare(asked);
    const parsed = JSON.parse(once.stdout) as {
      plan: { seed: number; blocks: unknown[] };
      agents: unknown[];
      forecastSeconds: number;
    };
    expect(parsed.plan.seed).toBe(5);
    expect(parsed.plan.blocks.length).toBeGreaterThan(1);
    expect(parsed.forecastSeconds).toBeGreaterThan(0);
    expect(tare(asked).stdout).toBe(once.stdout);
  });

  test.each([
    ["left out", [], ["sensor", "example"]],
    ["named alone", ["--agents", "example"], ["example"]],
    ["named beside another", ["--agents", "example,sensor"], ["sensor", "example"]],
  ])("takes an agent of a file that is %s", (_, names, agents) => {
    const file = join(folder, "example.yaml");
    writeFileSync(
      file,
      `id: example
title: an example
observes: [exec]
blind-spots: [all but execs]
overload: drops
start: { command: [sleep, "60"] }
ready: { output: stderr, pattern: ready, seconds: 5 }
events: [{ output: stdout, exec: text }]
stop: { signals: [SIGTERM], grace-seconds: 1 }
`,
    );
    const ended = tare(["run", "--dry-run", "--json", "--agent-file", file, ...names]);
    const { agents: told } = JSON.parse(ended.stdout) as { agents: { id: string }[] };
    expect(told.map(({ id }) => id)).toEqual(expect.arrayContaining(agents));
    expect(told.some(({ id }) => id === "sensor")).toBe(agents.includes("sensor"));
  });

  test("plans what the run itself would find where tracefs is not mounted, and leaves it so", (context) => {
    const own = ["unshare", "--mount", "sh", "-c"];
    const bare = "umount -l /sys/kernel/tracing /sys/kernel/debug/tracing 2>/dev/null;";
    const mounts = [...own, `${bare} mount -t tracefs tracefs /sys/kernel/tracing`] as const;
    const [command, ...args] = mounts;
    if (spawnSync(command, args).status !== 0) return context.skip("tracefs cannot be mounted here");
    const without = [
      ...own,
      `${bare} "$@"; status=$?; grep " tracefs " /proc/mounts >&2; exit $status`,
      "sh",
    ];
    const agents = "bpftrace@everything,opensnoop@libbpf,sensor";
    const ended = tare(["run", "--dry-run", "--agents", agents], { by: without });
    expect(ended.status).toBe(0);
    expect(ended.stderr).not.toContain("tracefs");
  });
});

describe("--json keeps standard output for JSON alone", () => {
  test.each([[["list", "--json"]], [["agents", "--json"]], [["doctor", "--json"]], [["clean", "--json"]]])(
    "%j",
    (args) => {
      const ended = tare(args);
      expect(() => JSON.parse(ended.stdout) as unknown).not.toThrow();
      expect(JSON.parse(ended.stdout)).not.toEqual({});
    },
  );

  test("agents say for each whether it runs here or why not", () => {
    const agents = JSON.parse(tare(["agents", "--json"]).stdout) as {
      id: string;
      status: string;
      version: string | null;
      reason: string | null;
    }[];
    expect(agents.map((agent) => agent.id)).toEqual(
      expect.arrayContaining([
        "baseline",
        "sensor",
        "auditd@blocking",
        "auditd@dropping",
        "laurel",
        "auditd@high-value",
        "auditd@changes",
        "bpftrace@everything",
        "bpftrace@high-value",
        "execsnoop@libbpf",
        "opensnoop@libbpf",
      ]),
    );
    for (const agent of agents)
      expect(agent.status === "available" ? agent.version : agent.reason).toBeTruthy();
  });
});

describe("without root", () => {
  test("doctor says what is missing and exits with 3", (context) => {
    const obstacle = whyNotNobody();
    if (obstacle !== undefined) return context.skip(obstacle);
    const ended = tare(["doctor"], { uid: NOBODY });
    expect(ended.stdout).toMatch(
      /NO +root .*this is uid 65534\n *without it: .*[^]*?\n *fix: run the same command as root/,
    );
    expect(ended.status).toBe(3);
  });

  test("a dry run still offers the baseline and says why the others are skipped", (context) => {
    const obstacle = whyNotNobody();
    if (obstacle !== undefined) return context.skip(obstacle);
    const ended = tare(["run", "--dry-run"], { uid: NOBODY });
    expect(ended.status).toBe(0);
    expect(ended.stdout).toContain("agents     baseline\n");
    expect(ended.stderr).toMatch(/skipped sensor: .*root/);
  });
});
