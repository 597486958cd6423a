/** Workload, agent and harness stay on the CPUs that tare was given, whatever their numbers. */
import { describe, expect, test } from "vitest";
import { nudgeEachCpu } from "../../src/agents/shared/perf-loss.ts";
import { createPlace, LEFT_THERE, moveHarness } from "../../src/run/cpu-placement.ts";
import { workloadCpu } from "../../src/run/drive.ts";
import { FakeHost } from "../support/fake-host.ts";

const moves = (host: FakeHost): readonly string[] =>
  host.done.flatMap((step) => /--cpu-list --pid (\S+ \d+)$/.exec(step)?.[1] ?? []);

describe.each([
  ["four of a large node's", [4, 5, 6, 7], 7, "4,5,6"],
  ["every second one", [0, 2, 4, 6], 6, "0,2,4"],
  ["the isolated ones left out", [0, 1, 9], 9, "0,1"],
])("on %s CPUs", (_, cpus, workload, others) => {
  test("the workload has the last, the agent and the harness the others", async () => {
    const host = new FakeHost({ cpus });
    expect(workloadCpu(host)).toBe(workload);
    const place = createPlace(host);
    await place([50], "pinned");
    await place([50], "free");
    const putBack = await moveHarness(host, 9);
    await putBack();
    const all = cpus.join(",");
    expect(moves(host)).toEqual([`${others} 50`, `${all} 50`, `${others} 9`, `${all} 9`]);
  });

  test("what makes a perf buffer tell its losses runs on each of them", async () => {
    const host = new FakeHost({ cpus });
    await nudgeEachCpu(host);
    expect(host.done.map((step) => Number(step.split(" ")[3]))).toEqual(cpus);
  });
});

describe("an agent in a container of its own", () => {
  const host = (allowed: string): FakeHost =>
    new FakeHost({
      cpus: [4, 5, 6, 7],
      files: { "/proc/50/status": `Name:\tagent\nCpus_allowed_list:\t${allowed}\n` },
    });

  test("keeps the CPUs that are not tare's, but for the workload's", async () => {
    const node = host("0-3,7");
    const place = createPlace(node);
    await place([50], "pinned");
    await place([50], "free");
    expect(moves(node)).toEqual(["0,1,2,3,4,5,6 50", "0,1,2,3,4,5,6,7 50"]);
  });

  test("that is to be left alone is not moved at all", async () => {
    const node = host("0-3");
    await LEFT_THERE([50], "pinned");
    expect(moves(node)).toEqual([]);
  });
});

test("with one CPU alone, all share it", async () => {
  const host = new FakeHost({ cpus: [3] });
  expect(workloadCpu(host)).toBe(3);
  await createPlace(host)([50], "pinned");
  expect(moves(host)).toEqual(["3 50"]);
});
