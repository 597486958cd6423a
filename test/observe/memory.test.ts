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

  test("has the maps that its programs use and no process has open, and those in maps of maps", async () => {
    const files = {
      "/proc/12/fdinfo/3": "pos:\t0\nlink_type:\ttracing\nlink_id:\t8\nprog_id:\t70\n",
      "/proc/12/fdinfo/4": "map_type:\t2\nmemlock:\t100\nmap_id:\t6\n",
      "/proc/12/smaps_rollup": "Pss:  10 kB\n",
      "/proc/12/smaps": "",
    };
    const answers: Readonly<Record<string, unknown>> = {
      "prog show": [
        { id: 70, type: "tracing", map_ids: [6, 7] },
        { id: 71, type: "kprobe", map_ids: [9] },
      ],
      "map show": [
        { id: 6, type: "array", bytes_memlock: 100 },
        { id: 7, type: "array_of_maps", bytes_memlock: 16 },
        { id: 0x01_68_64, type: "ringbuf", bytes_memlock: 8_434_000 },
        { id: 9, type: "ringbuf", bytes_memlock: 1 },
      ],
      "map dump id 7": [{ key: ["0x00", "0x00", "0x00", "0x00"], value: ["0x64", "0x68", "0x01", "0x00"] }],
    };
    const host = new FakeHost({
      files,
      programs: { bpftool: "/usr/sbin/bpftool" },
      answer: (_, args) => ({ stdout: JSON.stringify(answers[args.slice(1).join(" ")]) }),
    });
    const { bpfMapBytes } = await readMemory(host, await watchPeak(host, NO_CGROUP), [12]);
    expect(bpfMapBytes).toEqual(value(100 + 16 + 8_434_000));
  });

  const HELD = {
    programs: { "/proc/12/fdinfo/3": "pos:\t0\nprog_id:\t70\n" },
    "a map of maps": { "/proc/12/fdinfo/4": "map_type:\t12\nmemlock:\t100\nmap_id:\t6\n" },
  };
  const BPFTOOL = { bpftool: "/x" };
  const PROGRAM = '[{"id":70,"map_ids":[6]}]';
  test.each([
    ["it is not there", {}, () => ({}), "bpftool is not installed"],
    [
      "it is a wrapper without one of this kernel",
      BPFTOOL,
      () => ({ exitCode: 2, stderr: "WARNING: bpftool not found for kernel 6.8\n" }),
      "bpftool prog show: WARNING: bpftool not found for kernel 6.8",
    ],
    [
      "it may list programs alone",
      BPFTOOL,
      (_: string, args: readonly string[]) =>
        args.includes("prog") ? { stdout: PROGRAM } : { exitCode: 255, stdout: '{"error":"no"}' },
      'bpftool map show: {"error":"no"}',
    ],
    [
      "it cannot look into a map",
      BPFTOOL,
      (_: string, args: readonly string[]) =>
        args.includes("prog")
          ? { stdout: PROGRAM }
          : args.includes("show")
            ? { stdout: '[{"id":6,"type":"hash_of_maps","bytes_memlock":100}]' }
            : { exitCode: 255, stderr: "refused" },
      "bpftool map dump id 6: refused",
    ],
  ] as const)(
    "of maps is missing, and not that of the open ones alone, where bpftool: %s",
    async (_, programs, answer, why) => {
      for (const files of Object.values(HELD)) {
        const host = new FakeHost({ files, programs, answer });
        const { bpfMapBytes } = await readMemory(host, await watchPeak(host, NO_CGROUP), [12]);
        expect(bpfMapBytes).toEqual(missing(`maps that no process holds open are not known: ${why}`));
      }
    },
  );

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
      missing("/proc/PID/smaps_rollup has no Pss line"),
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

  test("that a mount keeps from being set back is not blamed on the kernel", async () => {
    const host = new FakeHost({ files: FILES, setBack: { "/cg/memory.peak": "4096\n" }, isReadOnly: true });
    const peak = await watchPeak(host, CGROUP);
    expect(await peak.read()).toEqual(
      missing(
        "control groups are mounted read-only here, so that the peak is not set back, and it did not rise in the trial",
      ),
    );
  });

  test("that cannot be set back belongs to it only if it rose in it", async () => {
    expect(await peakAfter("9000\n")).toEqual(value(9000));
    expect(await peakAfter("")).toEqual(
      missing("this kernel does not set the peak back (6.12 does), and it did not rise in the trial"),
    );
  });
});
