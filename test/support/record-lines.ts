/** Small, valid record lines for tests of the record room. */
import type { RecordLine } from "../../src/domain/record.ts";
import { type Header, type HostFingerprint, METHOD, RECORD_SCHEMA } from "../../src/domain/run-header.ts";
import { missing, value } from "../../src/domain/units.ts";

export const HOST: HostFingerprint = {
  hostname: "node1",
  machineIdHash: value("0123456789abcdef"),
  arch: "x86_64",
  kernel: "6.1.0-test",
  distribution: "Debian GNU/Linux 12",
  cpuModel: "Test CPU",
  cpus: 2,
  possibleCpus: value("0-1"),
  memoryBytes: 2 ** 33,
  pageSize: value(4096),
  virtualisation: "none found",
  emulated: false,
  cgroup: "v2",
  clocksource: value("tsc"),
  governor: missing("no cpufreq"),
  mitigations: value("none needed"),
  node: "v24.0.0",
  bootId: value("b"),
};

export const HEADER: Header = {
  type: "header",
  schema: RECORD_SCHEMA,
  method: METHOD,
  tool: { name: "tare", version: "0.1.0", commit: missing("test") },
  run: "test-run",
  startedAt: "2026-01-01T00:00:00.000Z",
  command: ["tare", "run"],
  plan: {
    seed: 1,
    profile: "quick",
    agents: ["baseline"],
    scenarios: ["file-open"],
    blocks: [],
    filesOn: "disk",
    stop: "fixed",
    timeBudgetSeconds: undefined,
    budgets: [],
    budgetSource: "none",
  },
  host: HOST,
  agents: [],
  notMeasurable: [],
};

export const blockLine = (block: number): RecordLine => ({ type: "block", block, durationMs: 1000 + block });
