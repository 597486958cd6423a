/** Whether a data sheet says what its agent's counter counts is asked of all agents: a counter without a unit is taken at its word. */
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import type { Agent } from "../../src/domain/agent.ts";
import { loadFolder } from "../../src/host/load-folder.ts";

const agents = await loadFolder<Agent>(join(resolve(import.meta.dirname, "../.."), "src/agents"));

test("these have no counter of losses, and every other agent says what its own counts", () => {
  const without = [...agents.values()].filter(({ lossCounter }) => lossCounter === undefined);
  expect(without.map(({ id }) => id.replace(/^calibration-cost@.*/, "calibration-cost")).sort()).toEqual(
    expect.arrayContaining(["acct", "baseline", "calibration-nothing", "osquery@bpf", "snoopy", "strace"]),
  );
  expect(
    without.filter(({ id }) => /^(?:auditd|laurel|sensor|bpftrace|falco|tetragon|tracee)/.test(id)),
  ).toEqual([]);
});

test("a counter of records has several for some event, and one of events the same family at most as a range", () => {
  for (const { lossCounter } of agents.values()) {
    const ranges = Object.values(lossCounter?.perEvent ?? {});
    for (const [least, most] of ranges) expect(least).toBeLessThanOrEqual(most);
    expect(lossCounter?.unit === "records" ? ranges.length : 1).toBeGreaterThan(0);
  }
});
