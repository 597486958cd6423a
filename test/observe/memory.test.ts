/** An agent's memory as the kernel tells it; what cannot be read is missing with its reason, never 0. */
import { describe, expect, test } from "vitest";
import { missing, value } from "../../src/domain/units.ts";
import { type AgentCgroup, NO_CGROUP } from "../../src/observe/cgroup.ts";
import { readMemory, watchPeak } from "../../src/observe/memory.ts";
import { FakeHost } from "../support/fake-host.ts";

const FILES = {
  "/proc/12/smaps_rollup": "Rss:  20 kB\nPss:  10 kB\n",
  "/proc/13/smaps_rollup": "Rss:  20 kB\nPss:   2 kB\n",
  "/proc/12/fdinfo/3": "map_type:\t27\nmemlock:\t4096\nmap_id:\t5\n",
  "/proc/12/fdinfo/4": "pos:\t0\n",
  "/proc/13/fdinfo/3": "map_type:\t27\nmemlock:\t4096\nmap_id:\t5\n",
  "/proc/13/fdinfo/9": "map_type:\t1\nmemlock:\t100\nmap_id:\t6\n",
  "/cg/memory.peak": "8192\n",
  "/proc/12/smaps": "7f00-7f01 rw-s 00000000 00:0e 1057   anon_inode:bpf-map\nPss:  4 kB\n",
  "/proc/13/smaps": "",
};
const CGROUP = { ...NO_CGROUP, peakFile: "/cg/memory.peak" };

const memoryOf = async (
  files: Readonly<Record<string, string>>,
  cgroup: AgentCgroup = CGROUP,
  pids: readonly number[] = [12, 13],
) => {
  const host = new FakeHost({ files, setBack: { "/cg/memory.peak": files["/cg/memory.peak"] ?? "" } });
  return await readMemory(host, await watchPeak(host, cgroup), pids);
};

describe("memory", () => {
  test("is the sum of shares, the cgroup's peak, and each map once, whoever holds it", async () => {
    expect(await memoryOf(FILES)).toEqual({
      pssBytes: value(12 * 1024),
      peakBytes: value(8192),
      bpfMapBytes: value(4096 + 100),
      bpfMapMappedBytes: value(4096),
    });
  });

  test("of an agent without processes is missing", async () => {
    expect(await memoryOf(FILES, NO_CGROUP, [])).toEqual({
      pssBytes: missing("no agent process"),
      peakBytes: missing("no memory cgroup with a peak counter"),
      bpfMapBytes: missing("no agent process"),
      bpfMapMappedBytes: missing("no agent process"),
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

test("without BPF maps nothing of them is mapped, and no process is looked through for them", async () => {
  const { "/proc/12/smaps_rollup": rollup } = FILES;
  const files = { "/proc/12/smaps_rollup": rollup, "/proc/12/fdinfo/4": "pos:\t0\n" };
  expect(await memoryOf(files, NO_CGROUP, [12])).toMatchObject({
    bpfMapBytes: value(0),
    bpfMapMappedBytes: value(0),
  });
});

describe("the peak of a trial", () => {
  const peakAfter = async (later: string, setBack?: string) => {
    const host = new FakeHost({
      files: FILES,
      ...(setBack === undefined ? {} : { setBack: { "/cg/memory.peak": setBack } }),
    });
    const peak = await watchPeak(host, CGROUP);
    if (later !== "") host.files.set("/cg/memory.peak", later);
    return await peak.read();
  };

  test("is counted from its beginning where the kernel sets it back", async () => {
    expect(await peakAfter("", "4096\n")).toEqual(value(4096));
    expect(await peakAfter("5000\n", "4096\n")).toEqual(value(5000));
  });

  test("that cannot be set back belongs to it only if it rose in it", async () => {
    expect(await peakAfter("9000\n")).toEqual(value(9000));
    expect(await peakAfter("")).toEqual(
      missing("this kernel does not set the peak back (6.12 does), and it did not rise in the trial"),
    );
  });
});
