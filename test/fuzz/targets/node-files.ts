/** Files of the kernel's and lists of its tools, which another kernel may word otherwise. */
import { ok } from "node:assert/strict";
import { parseRule } from "../../../src/agents/shared/audit-rules.ts";
import { mountIds, parseMarks } from "../../../src/agents/shared/fanotify-marks.ts";
import { parseCpuList } from "../../../src/domain/cpu-list.ts";
import { allowedCpus } from "../../../src/host/cpus.ts";
import { parseCgroupCpu, parseCgroupMounts } from "../../../src/observe/cgroup.ts";
import { parseSchedstat } from "../../../src/observe/cpu.ts";
import { parseMapInfo, parseMappedMaps, parsePss } from "../../../src/observe/memory.ts";
import { parseProcStat, parseRunTime } from "../../../src/observe/node-clock.ts";
import { parseAudit } from "../../../src/observe/node-state.ts";
import { parsePressure } from "../../../src/observe/noise.ts";
import type { Target } from "../engine/target.ts";

const COUNTERS = [parseSchedstat, parseCgroupCpu, parsePss, parseMappedMaps, parseRunTime, parsePressure];

const SEEDS = [
  "cpu  1 2 3 4 5 6 7 8 9 0\ncpu0 1 2 3 4 5 6 7 8 9 0\ncpu1 1 2 3 4 5 6 7 8 9 0\n",
  "version 15\ncpu0 0 0 0 0 0 0 123456 789 10\ncpu1 0 0 0 0 0 0 5 6 7\n",
  "usage_usec 1234\nuser_usec 1\n",
  "12345678\n",
  "some avg10=0.00 avg60=0.00 avg300=0.00 total=12345\nfull total=1\n",
  "7f00-7f10 rw-s 00000000 00:0e 12 anon_inode:bpf-map\nSize: 4 kB\nPss:                 4 kB\n",
  "map_type:\t27\nmap_id:\t5\nmemlock:\t4096\n",
  "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\nc /sys/fs/cgroup/cpu cgroup rw,cpuacct 0 0\n",
  "Cpus_allowed_list:\t0-3,8,10-11\n",
  "0-1,3\n",
  "fanotify mnt_id:1f mflags:0 mask:3b ignored_mask:0\nfanotify ino:1 sdev:2 mflags\n",
  "23 28 0:21 / /sys rw\n",
  "-a always,exit -F arch=b64 -S execve,execveat -F key=a b\n-w /etc/ -p wa -k x\n",
];

const target: Target = {
  found: () => [
    "0-18446744073709551616,3\n",
    "5-2",
    "9".repeat(400),
    "cpu0 0 0 0 0 0 0 -1 2 3\n",
    `usage_usec ${"9".repeat(400)}\n`,
    `some total=${"9".repeat(400)}\n`,
  ],
  seeds: () => SEEDS,
  words: [...SEEDS.flatMap((seed) => seed.split(/(?<=[ \n])/)), "Pss:", "cpu", "0-4294967295", "\n\n", "\t"],
  run: (input) => {
    const text = input.toString();
    for (const parse of COUNTERS) {
      const count = parse(text);
      ok(count === undefined || (Number.isFinite(count) && count >= 0), `${parse.name} says ${count}`);
    }
    parseProcStat(text);
    parseMapInfo(text);
    parseCgroupMounts(text);
    parseAudit(text, text);
    parseCpuList(text);
    allowedCpus(text, text, 2);
    parseMarks(text);
    mountIds(text);
    for (const line of text.split("\n").slice(0, 100)) parseRule(line);
  },
};
export default target;
