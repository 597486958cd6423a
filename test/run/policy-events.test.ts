/** Of a team's own policy every event that the agent writes is counted, and of no other agent. */
import { expect, test } from "vitest";
import { type Agent, defineAgent } from "../../src/domain/agent.ts";
import { OPERATIONS, WATCHER, fakeRun } from "./fake-run.ts";

const eventsOf = async (agent: Agent, extra = "") => {
  const run = fakeRun({
    agents: [agent],
    onTrial: (_, host) => {
      const path = "/s/tare-1/agent/events";
      host.files.set(path, (host.files.get(path) ?? "") + extra);
    },
  });
  await run.run();
  return run.lines.flatMap((line) =>
    line.type === "trial" && line.agent === agent.id && line.outcome.kind === "measured"
      ? [line.outcome.events]
      : [],
  );
};

const POLICY: Agent = defineAgent({ ...WATCHER, policy: { of: "watcher", part: "rule", rule: "opens" } });

test("those of the window, and none of the sentinels before it", async () => {
  expect(await eventsOf(POLICY)).toEqual([{ kind: "value", value: OPERATIONS }]);
});

test("what was written before the window is none of it", async () => {
  expect(await eventsOf(POLICY, "an earlier one\nand another\n")).toEqual([
    { kind: "value", value: OPERATIONS },
  ]);
});

test("of another agent they are not asked for", async () => {
  expect(await eventsOf(WATCHER)).toEqual([undefined]);
});
