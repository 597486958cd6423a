/** An agent's memory as the kernel tells it; what cannot be read is missing with its reason, never 0. */
import { describe, expect, test } from "vitest";
import { missing, value } from "../../src/domain/units.ts";
import { type AgentCgroup, NO_CGROUP } from "../../src/observe/cgroup.ts";
import { readMemory } from "../../src/observe/memory.ts";
import { FakeHost } from "../support/fake-host.ts";

const FILES = {
  "/proc/12/smaps_rollup": "Rss:  20 kB\nPss:  10 kB\n",
  "/proc/13/smaps_rollup": "Rss:  20 kB\nPss:   2 kB\n",
  "/proc/12/fdinfo/3": "map_type:\t27\nmemlock:\t4096\nmap_id:\t5\n",
  "/proc/12/fdinfo/4": "pos:\t0\n",
  "/proc/13/fdinfo/3": "map_type:\t27\nmemlock:\t4096\nmap_id:\t5\n",
  "/proc/13/fdinfo/9": "map_type:\t1\nmemlock:\t100\nmap_id:\t6\n",
  "/cg/memory.peak": "8192\n",
};
const CGROUP = { ...NO_CGROUP, peakFile: "/cg/memory.peak" };

const memoryOf = async (
  files: Readonly<Record<string, string>>,
  cgroup: AgentCgroup = CGROUP,
  pids: readonly number[] = [12, 13],
) => await readMemory(new FakeHost({ files }), cgroup, pids);

describe("memory", () => {
  test("is the sum of shares, the cgroup's peak, and each map once, whoever holds it", async () => {
    expect(await memoryOf(FILES)).toEqual({
      pssBytes: value(12 * 1024),
      peakBytes: value(8192),
      bpfMapBytes: value(4096 + 100),
    });
  });

  test("of an agent without processes is missing", async () => {
    expect(await memoryOf(FILES, NO_CGROUP, [])).toEqual({
      pssBytes: missing("no agent process"),
      peakBytes: missing("no memory cgroup with a peak counter"),
      bpfMapBytes: missing("no agent process"),
    });
  });

  test("that one process hides is missing as a whole", async () => {
    const { "/proc/13/smaps_rollup": _, ...rest } = FILES;
    expect((await memoryOf(rest)).pssBytes).toMatchObject({ kind: "missing" });
    expect((await memoryOf({ ...FILES, "/proc/13/smaps_rollup": "" })).pssBytes).toEqual(
      missing("/proc/13/smaps_rollup has no Pss line"),
    );
  });

  test("whose peak is no number is missing", async () => {
    expect((await memoryOf({ ...FILES, "/cg/memory.peak": "max\n" })).peakBytes).toEqual(
      missing("/cg/memory.peak: unexpected content"),
    );
    expect((await memoryOf({}, CGROUP)).peakBytes).toMatchObject({ kind: "missing" });
  });
});
