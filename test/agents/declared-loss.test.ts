/**
 * Tools on a perf buffer are made to lose: their reader is stopped while the workload runs. What they then say of it must
 * account for every event that is missing.
 */
import { describe, expect, test } from "vitest";
import type { PlainFamily } from "../../src/domain/units.ts";
import { createHost } from "../../src/host/host.ts";
import { agentNamed } from "../support/agent-named.ts";
import { ROOT, whyNot, withAgent } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** More than a buffer of 64 pages a CPU holds, on a few CPUs. */
const OPERATIONS = { exec: 6000, file: 8000, network: 8000 } as const satisfies Record<PlainFamily, number>;

describe.each([
  ["execsnoop", agentNamed("execsnoop@libbpf"), "exec"],
  ["opensnoop", agentNamed("opensnoop@libbpf"), "file"],
  ["bpftrace", agentNamed("bpftrace@everything"), "network"],
] as const)("%s with a reader that stands still", (_, agent, family) => {
  const folder = temporaryFolder();

  test("declares what it lost", async (ctx) => {
    const host = createHost({ root: ROOT, journalDirectory: `${folder}/journal` });
    const obstacle = await whyNot(host, agent);
    ctx.skip(obstacle !== undefined, obstacle);
    const { result } = await withAgent(host, agent, folder, async ({ running, trial }) => {
      const pid = running.processes[0]?.pid ?? 0;
      const around = async (window: () => Promise<void>): Promise<void> => {
        host.signal(pid, "SIGSTOP");
        try {
          await window();
        } finally {
          host.signal(pid, "SIGCONT");
        }
      };
      return await trial(family, OPERATIONS[family], { around });
    });
    const lost = result.operations - result.delivered;
    console.info(
      `${agent.id}: ${lost} of ${result.operations} missing, ${result.declared ?? "nothing"} declared`,
    );
    ctx.skip(result.declared === undefined, `${agent.id}: this build has no counter of losses`);
    ctx.skip(lost === 0, `${agent.id}: ${result.operations} operations did not fill its buffers here`);
    // It counts the losses of all processes, this workload's among them.
    expect(result.declared).toBeGreaterThanOrEqual(lost);
  });
});
