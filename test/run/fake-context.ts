/** What a run on a node made of data is conducted with, and what it says meanwhile. */
import type { Agent } from "../../src/domain/agent.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import type { Scenario } from "../../src/domain/scenario.ts";
import { missing } from "../../src/domain/units.ts";
import type { NodeState } from "../../src/observe/node-state.ts";
import type { RunContext, RunEvent } from "../../src/run/context.ts";
import { OPEN_GATE } from "../../src/run/noise-gate.ts";
import { createRetryIds } from "../../src/run/retry-id.ts";
import type { FakeHost } from "../support/fake-host.ts";
import { UNSET_KERNEL } from "../support/kernel-state.ts";

const CLEAN: NodeState = {
  bpf: missing("not asked"),
  audit: missing("not asked"),
  preload: "",
  mounts: [],
  mountOptions: {},
  left: [],
  kernel: UNSET_KERNEL,
};

export const fakeContext = (
  host: FakeHost,
  plan: Plan,
  agents: readonly Agent[],
  scenarios: readonly Scenario[],
  more: Partial<RunContext> = {},
) => {
  const lines: RecordLine[] = [];
  const events: RunEvent[] = [];
  const abort = new AbortController();
  const context: RunContext = {
    host,
    plan,
    agents: new Map(agents.map((agent) => [agent.id, agent])),
    scenarios: new Map(scenarios.map((scenario) => [scenario.id, scenario])),
    name: "tare-1",
    effects: host.effects.scope("run"),
    scratch: "/s/tare-1",
    watchedDirectory: "/s/tare-1/f",
    disks: ["/s/tare-1"],
    before: CLEAN,
    guardAudit: false,
    harnessPid: 1,
    noiseGate: OPEN_GATE,
    retryId: createRetryIds(),
    signal: abort.signal,
    append: (line) => {
      lines.push(line);
      return Promise.resolve();
    },
    emit: (event) => {
      events.push(event);
    },
    ...more,
  };
  return { context, lines, events, abort };
};
