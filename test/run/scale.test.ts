/** A node that is made larger, made of data: what is started and ended in which order, and what is recorded of it. */
import { describe, expect, test } from "vitest";
import { everyTrialIn, trialsIn } from "../../src/domain/plan.ts";
import type { TurnLine } from "../../src/domain/record.ts";
import type { ScalePoint } from "../../src/domain/scale.ts";
import { type Behaviour, fakeRun, type FakeRun } from "./fake-run.ts";

const SIZES: readonly ScalePoint[] = [
  { axis: "processes", at: 0 },
  { axis: "processes", at: 500 },
  { axis: "files", at: 2000 },
];

const sizedRun = (behaviour: Behaviour = {}): FakeRun => fakeRun({ sizes: SIZES, ...behaviour });

const turnsOf = ({ lines }: FakeRun): readonly TurnLine[] =>
  lines.filter((line): line is TurnLine => line.type === "turn");

const livingCrowds = ({ host }: FakeRun): number =>
  host.processes.filter((process) => process.spec.command.endsWith("/crowd") && process.exit() === undefined)
    .length;

describe("the plan", () => {
  const { plan } = sizedRun();
  const sizeOf = ({ scale }: { readonly scale?: ScalePoint }): string => `${scale?.axis} ${scale?.at}`;

  test("holds every size in a block, each with its agents and two baselines of its own", () => {
    const turns = plan.blocks[0]?.turns ?? [];
    const bySize = Map.groupBy(turns, sizeOf);
    expect([...bySize.keys()].sort()).toEqual(["files 2000", "processes 0", "processes 500"]);
    for (const own of bySize.values()) {
      expect(own.map(({ agent }) => agent).sort()).toEqual(["baseline", "baseline", "watcher"]);
      expect(new Set(own.flatMap(({ baseline }) => baseline ?? []))).toEqual(new Set([1, 2]));
    }
  });

  test("holds no trial whose cost is that of the node as it is", () => {
    expect(everyTrialIn(plan)).toHaveLength(9);
    expect(trialsIn(plan)).toEqual([]);
  });
});

describe("a turn on fewer CPUs", () => {
  const CPUSETS = "/sys/fs/cgroup/cpuset";
  const files = {
    "/proc/self/mounts": `cgroup ${CPUSETS} cgroup rw,cpuset 0 0\n`,
    [`${CPUSETS}/cpuset.mems`]: "0\n",
  };
  const onOne = (options: Behaviour["options"] = {}): FakeRun =>
    sizedRun({ sizes: [{ axis: "cpus", at: 1 }], options: { cpus: 4, ...options } });

  const settingsOf = (run: FakeRun): readonly (string | undefined)[] =>
    turnsOf(run).flatMap(({ agent, outcome }) =>
      agent === "watcher" && outcome.kind === "started" ? [outcome.settings["cpus"]] : [],
    );

  test("starts the agent on the last of them, in a cpuset that is gone when the turn is over", async () => {
    const run = onOne({ files });
    await run.run();
    const [watcher] = run.host.processes.filter(({ spec }) => spec.command === "watcher");
    expect(watcher?.spec).toMatchObject({ cpus: [3], cgroup: [`${CPUSETS}/tare-1`] });
    expect(run.host.files.get(`${CPUSETS}/tare-1/cpuset.cpus`)).toBe("3\n");
    expect(run.host.done.filter((entry) => entry.endsWith(`cgroup ${CPUSETS}/tare-1`))).toEqual([
      `do cgroup ${CPUSETS}/tare-1`,
      `undo cgroup ${CPUSETS}/tare-1`,
    ]);
    expect(run.host.done).toContain(`run taskset --all-tasks --cpu-list --pid 3 ${watcher?.pid}`);
    expect(settingsOf(run)).toEqual(["1 of 4 (3), by a cpuset"]);
  });

  test("by its affinity alone where there are no cpusets", async () => {
    const run = onOne();
    await run.run();
    expect(settingsOf(run)).toEqual(["1 of 4 (3), by its affinity alone"]);
  });
});

describe("a turn on a larger node", () => {
  test("gathers the crowd before its agent starts, and ends it after that", async () => {
    const run = sizedRun({ sizes: [{ axis: "processes", at: 500 }] });
    await run.run();
    const course = run.host.done.flatMap(
      (entry) => /^(?:start|stop) (?:\S*\/)?(?:crowd|watcher)\b/.exec(entry) ?? [],
    );
    const each = ["start /tare/build/scenarios/crowd", "stop /tare/build/scenarios/crowd"];
    expect(course).toHaveLength(8);
    const at = course.indexOf("start watcher");
    expect(course.slice(at - 1, at + 3)).toEqual([each[0], "start watcher", "stop watcher", each[1]]);
    const crowds = run.host.processes.filter(({ spec }) => spec.command.endsWith("/crowd"));
    expect(crowds.map(({ spec }) => spec.args)).toEqual([
      ["500", "0"],
      ["500", "0"],
      ["500", "0"],
    ]);
  });

  test("is recorded with its size, and with why its start has no CPU time", async () => {
    const run = sizedRun();
    await run.run();
    expect(turnsOf(run).map(({ scale }) => scale)).toEqual(
      run.plan.blocks[0]?.turns.map(({ scale }) => scale),
    );
    for (const { outcome, agent } of turnsOf(run)) {
      expect([agent, outcome.kind]).toEqual([agent, "started"]);
      expect(outcome).toMatchObject({ startCpuNs: { kind: "missing" } });
      expect(outcome).not.toHaveProperty("loneEventMs");
    }
    expect(
      run
        .trials("watcher")
        .map(({ scale }) => `${scale?.at}`)
        .sort(),
    ).toEqual(["0", "2000", "500"]);
    expect(livingCrowds(run)).toBe(0);
  });

  test("fails where none can be made, with what it said, and the run goes on", async () => {
    const run = sizedRun({ crowdFails: true });
    await run.run();
    const failed = run.lines.flatMap((line) =>
      line.type === "trial" && line.outcome.kind === "failed" ? [line] : [],
    );
    expect(failed.map(({ scale }) => `${scale?.at}`).sort()).toEqual(
      ["2000", "500"].flatMap((size) => [size, size, size]),
    );
    for (const { outcome } of failed)
      expect(outcome).toMatchObject({
        stage: "scale",
        lastLines: ["crowd: fork: Resource temporarily unavailable"],
      });
    expect(run.lines.at(-1)).toMatchObject({ type: "end", reason: "complete" });
  });

  test("leaves no crowd where the run is interrupted", async () => {
    const run: FakeRun = sizedRun({
      sizes: [{ axis: "processes", at: 500 }],
      onTrial: () => {
        expect(livingCrowds(run)).toBe(1);
        run.abort.abort(new Error("Ctrl-C"));
      },
    });
    await expect(run.run()).rejects.toThrow("Ctrl-C");
    expect(livingCrowds(run)).toBe(0);
  });
});
