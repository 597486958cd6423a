/** What a driver prints, one object of JSON a line, and what is read from its snapshots. */
import { DriverDrained, DriverPrepared, DriverResult } from "../../../src/domain/driver.ts";
import { checkedJson } from "../../../src/domain/schema.ts";
import { missing } from "../../../src/domain/units.ts";
import { type CpuFiles, readDrainCpu, readWindowCpu } from "../../../src/observe/cpu.ts";
import { othersCores, readNoise } from "../../../src/observe/noise.ts";
import { changeJsonLine } from "../engine/json.ts";
import type { Target } from "../engine/target.ts";

const STAT = "cpu  1 2 3 4 5 6 7 8\ncpu0 1 2 3 4 5 6 7 8\n";

const HISTOGRAM = {
  significantDigits: 3,
  minNs: 100,
  maxNs: 900,
  buckets: [
    [100, 5],
    [900, 1],
  ],
};

const RESULT = {
  protocol: 2,
  scenario: "file-open",
  trial: "ab12",
  mode: "closed",
  startNs: 1000,
  endNs: 101_000_000,
  operations: [
    {
      operation: "open",
      count: 6,
      errors: 0,
      timedEvery: 1,
      batches: [
        {
          operations: 6,
          wallNs: 1000,
          cpuNs: 900,
          userNs: 400,
          systemNs: 500,
          voluntarySwitches: 0,
          involuntarySwitches: 1,
          paceNs: 5,
          paceCpuNs: 50,
        },
      ],
      service: HISTOGRAM,
      response: null,
    },
  ],
  control: { spinNs: [5, 5], syscallNs: [6, 6] },
  snapshots: [
    { path: "/proc/stat", before: STAT, after: STAT.replaceAll("1 2 3 4", "5 2 3 8") },
    { path: "/agent/cpu.stat", before: "usage_usec 1\n", after: "usage_usec 5\n" },
    { path: "/proc/1/schedstat", error: "ENOENT" },
    { path: "/proc/pressure/cpu", before: "some total=1\n", after: "some total=2\n" },
  ],
  maxRssKib: 1000,
};

const LINES = [
  { driver: "prepared", workers: [12, 13] },
  RESULT,
  {
    driver: "drained",
    snapshots: [
      { path: "/proc/stat", text: STAT },
      { path: "/x", error: "gone" },
    ],
  },
];

const FILES: CpuFiles = {
  clock: { clock: "ticks", path: "/proc/stat" },
  helpers: [{ name: "kauditd", path: "/proc/1/schedstat" }],
  harness: ["/proc/2/schedstat"],
  all: ["/proc/stat"],
  agentCgroup: "/agent/cpu.stat",
  agentTasks: [],
};

const target: Target = {
  seeds: () => LINES.map((line) => JSON.stringify(line)),
  words: ['"value"', "null", "[]", "{}", "1e999", "-", '"before":', "usage_usec ", "cpu0 ", "\\n"],
  change: changeJsonLine,
  run: (input) => {
    const text = input.toString();
    checkedJson(DriverPrepared, text, "the line");
    checkedJson(DriverDrained, text, "the line");
    const read = checkedJson(DriverResult, text, "the line");
    if (read.kind === "fault") return;
    const { startNs, endNs, snapshots } = read.content;
    const cpu = readWindowCpu(snapshots, FILES, endNs - startNs);
    readNoise(read.content, missing("none"), othersCores(read.content, cpu));
    readDrainCpu(snapshots, FILES);
  },
};
export default target;
