/** The node, and the agents that were asked for on it. */
import type { HostFingerprint } from "../../../../src/domain/run-header.ts";
import type { AgentView } from "../../../../src/domain/run-view.ts";
import { missing, value } from "../../../../src/domain/units.ts";
import { AGENTS } from "./models.ts";

export const host = (emulated = false): HostFingerprint => ({
  hostname: "bench-01",
  machineIdHash: value("5f3c9a1e77d0"),
  arch: "x86_64",
  kernel: "6.12.48-generic",
  distribution: "Debian GNU/Linux 12 (bookworm)",
  cpuModel: "Example CPU @ 2.90 GHz",
  cpus: 2,
  possibleCpus: value("0-1"),
  memoryBytes: 8_232_660_992,
  pageSize: value(4096),
  virtualisation: emulated ? "qemu" : "kvm",
  emulated,
  cgroup: "v2",
  clocksource: value("kvm-clock"),
  governor: missing("no cpufreq on this machine"),
  mitigations: value("auto"),
  node: "v24.21.0",
  bootId: value("b6a2f1d0"),
});

const NONE = { settings: {}, measuredTrials: 0, unmeasured: [] } as const;

export const statuses = (): readonly AgentView[] => [
  {
    ...NONE,
    id: "baseline",
    role: "baseline",
    title: "Nothing running",
    status: "measured",
    version: null,
    reason: null,
    hint: null,
    observes: [],
    blindSpots: [],
  },
  ...AGENTS.map((agent): AgentView => ({
    ...NONE,
    id: agent.id,
    role: "sensor",
    measuredTrials: 84,
    title: agent.title,
    status: "measured",
    version: agent.id === "sensor" ? "0.1.0" : "1.4.2",
    reason: null,
    hint: null,
    observes: agent.observes,
    blindSpots: agent.id === "opensnoop" ? ["opens through io_uring"] : [],
  })),
  {
    ...NONE,
    id: "tetragon",
    role: "sensor",
    title: "Tetragon",
    status: "skipped",
    version: null,
    reason: "the binary `tetragon` is not on this node",
    hint: "install it from its release page, or run: npm run tare -- setup tetragon",
    observes: ["exec", "file", "network"],
    blindSpots: [],
  },
];
