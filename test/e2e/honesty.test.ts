/** `tare run --backpressure` and `--agent-file` on the real kernel, as a user starts them. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { MARK } from "../../src/host/process-table.ts";
import type { SummaryJson } from "../../src/report/summary-json.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = temporaryFolder();
const env = { ...process.env, TARE_JOURNAL: join(folder, "tare/journal"), NO_COLOR: "1" };

const tare = (...args: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [join(ROOT, "src/cli/main.ts"), ...args], { encoding: "utf8", env });

/** Why one of the agents cannot run here. */
const whyNot = (file: string, ids: readonly string[]): string | undefined => {
  if (process.getuid?.() !== 0) return "needs root";
  const listed = JSON.parse(tare("agents", "--json", "--agent-file", file).stdout) as {
    id: string;
    status: string;
    reason: string | null;
  }[];
  const missing = listed.find(({ id, status }) => ids.includes(id) && status !== "available");
  return missing === undefined ? undefined : `${missing.id}: ${missing.reason ?? "not available"}`;
};

/** Pids of processes that a tare has started and that are stopped. */
const stopped = (): readonly string[] =>
  readdirSync("/proc").filter((name) => {
    try {
      return (
        /^\d+$/.test(name) &&
        / T /.test(readFileSync(`/proc/${name}/stat`, "latin1").replace(/^.*\)/s, "")) &&
        readFileSync(`/proc/${name}/environ`, "latin1").includes(`${MARK}=`)
      );
    } catch {
      return false;
    }
  });

test("an overflow is forced on the sensor and on a custom agent, both tell what they lost, and nobody stays stopped", (ctx) => {
  const file = join(ROOT, "docs/examples/custom-agent.yaml");
  const obstacle = whyNot(file, ["sensor", "my-bpftrace"]);
  ctx.skip(obstacle !== undefined, obstacle);
  const before = stopped();
  const out = join(folder, "run");
  const flags =
    "--profile smoke --agents sensor --scenarios file-open --blocks 1 --backpressure --allow-foreign".split(
      " ",
    );
  const run = tare(
    "run",
    ...flags,
    "--agent-file",
    file,
    "--out",
    out,
    "--report",
    join(folder, "page.html"),
  );
  expect(run).toMatchObject({ status: 0 });
  const { overflow, ledger } = JSON.parse(readFileSync(join(out, "summary.json"), "utf8")) as SummaryJson;
  expect(ledger.map(({ agent }) => agent).sort()).toEqual(["my-bpftrace", "sensor"]);
  // Beside these, what is outside of each is made to stand still.
  const own = (overflow ?? []).filter(({ outside }) => outside === null);
  expect(own.map(({ agent, promised }) => [agent, promised])).toEqual([
    ["sensor", "drops"],
    ["my-bpftrace", "drops"],
  ]);
  for (const { forced, contradiction } of own) {
    expect(contradiction).toBeNull();
    expect(forced?.behaviour).toBe("drops");
    expect(forced?.delivered).toBeLessThan(forced?.operations ?? 0);
    // A counter for the whole node may tell of more than is missing here, never of less.
    expect(forced?.silentLost?.low).toBe(0);
    expect(forced?.declaredLost?.high).toBeGreaterThan(0);
  }
  expect(readFileSync(join(out, "backpressure.csv"), "utf8").trim().split("\n")).toHaveLength(
    1 + (overflow ?? []).length,
  );
  expect(readFileSync(join(folder, "page.html"), "utf8")).toContain("Forced overflow");
  expect(stopped().filter((pid) => !before.includes(pid))).toEqual([]);
}, 120_000);

/** Forks twice, so that it has another parent, and enters the top of every hierarchy of cgroups. */
const STRAYING = `id: straying
title: tare's sensor, with a helper that leaves
observes: [file]
blind-spots: [everything but opens]
overload: drops
start:
  command:
    - sh
    - -c
    - |
      (setsid sh -c '
        for procs in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do
          [ ! -e "$procs" ] || echo $$ >"$procs" || :
        done
        exec sleep 600' &)
      exec SENSOR --families file --output "{{directory}}/events"
events:
  - output: "{{directory}}/events"
    file: text
stop:
  signals: [SIGTERM]
  grace-seconds: 4
`;

test("an agent whose helper leaves its cgroup has no cost, and is told so", (ctx) => {
  const file = join(folder, "straying.yaml");
  writeFileSync(file, STRAYING.replace("SENSOR", join(ROOT, "build/bpf/tare-sensor")));
  const obstacle = whyNot(file, ["sensor", "straying"]);
  ctx.skip(obstacle !== undefined, obstacle);
  const out = join(folder, "straying");
  const flags = "--profile smoke --agents baseline --scenarios file-open --blocks 1 --allow-foreign".split(
    " ",
  );
  const run = tare("run", ...flags, "--agent-file", file, "--out", out, "--no-report");
  expect(run.stdout.replaceAll(/\s+/g, " ")).toMatch(
    /straying \(pid \d+, sleep\) has left the cgroup \S+, so what it takes is not known/,
  );
  expect(run.status).toBe(5);
  const { estimates } = JSON.parse(readFileSync(join(out, "summary.json"), "utf8")) as SummaryJson;
  expect(estimates.filter(({ agent }) => agent === "straying")).toEqual([]);
}, 120_000);

/** Leaves an event of ftrace on and an instance of tracefs, as what drives ftrace does when it dies early. */
const LEAVING = `id: leaving
title: tare's sensor, after a look by ftrace
observes: [file]
blind-spots: [everything but opens]
overload: drops
start:
  command:
    - sh
    - -c
    - |
      cd "$(awk '$3 == "tracefs" { print $2; exit }' /proc/self/mounts)"
      mkdir instances/tare-test-leaving
      echo sched:sched_process_fork >set_event
      exec SENSOR --families file --output "{{directory}}/events"
events:
  - output: "{{directory}}/events"
    file: text
stop:
  signals: [SIGTERM]
  grace-seconds: 4
`;

/** Puts back what LEAVING leaves. Tracefs is one for the whole kernel, wherever it is mounted. */
const resetFtrace = (): void => {
  const point = join(folder, "tracefs");
  mkdirSync(point, { recursive: true });
  spawnSync("mount", ["-t", "tracefs", "tracefs", point]);
  spawnSync("sh", ["-c", "echo >set_event; rmdir instances/tare-test-leaving"], { cwd: point });
  spawnSync("umount", [point]);
};

test("what an agent leaves on in ftrace is named, and stops the next run", (ctx) => {
  const file = join(folder, "leaving.yaml");
  writeFileSync(file, LEAVING.replace("SENSOR", join(ROOT, "build/bpf/tare-sensor")));
  const obstacle = whyNot(file, ["sensor", "leaving"]);
  ctx.skip(obstacle !== undefined, obstacle);
  const out = join(folder, "leaving");
  const flags = "--profile smoke --scenarios file-open --blocks 1 --no-report".split(" ");
  try {
    tare("run", ...flags, "--agents", "baseline", "--agent-file", file, "--out", out, "--allow-foreign");
    const { warnings } = JSON.parse(readFileSync(join(out, "summary.json"), "utf8")) as SummaryJson;
    expect(JSON.stringify(warnings)).toContain(
      "the ftrace event sched:sched_process_fork is there, and was not",
    );
    expect(JSON.stringify(warnings)).toContain("the instance tare-test-leaving of tracefs is there");
    const next = tare("run", ...flags, "--agents", "sensor", "--out", join(folder, "next"));
    expect(next.status).toBe(3);
    expect(next.stderr).toContain("the ftrace event sched:sched_process_fork");
  } finally {
    resetFtrace();
  }
}, 120_000);
