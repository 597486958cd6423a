/** The status of an agent in the record carries of its data sheet what the analysis compares with what was seen. */
import { expect, test } from "vitest";
import { probeAgents } from "../../src/cli/probe-agents.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { SCENARIO, WATCHER } from "../run/fake-run.ts";
import { FakeHost } from "../support/fake-host.ts";

test("what an agent's data sheet says of overload and blind spots is recorded, measured or not", async () => {
  const context = { host: new FakeHost() } as unknown as CliContext;
  const absent = {
    ...WATCHER,
    id: "absent",
    overload: "blocks",
    probe: () => Promise.resolve({ kind: "unavailable", reason: "not here", hint: "get it" } as const),
  } as const;
  const statuses = await probeAgents(context, [WATCHER, absent], { scenarios: [SCENARIO], filesOn: "disk" });
  expect(statuses).toMatchObject([
    { id: "watcher", status: "measured", overload: "drops", blindSpots: WATCHER.blindSpots },
    { id: "absent", status: "skipped", overload: "blocks", reason: "not here", hint: "get it" },
  ]);
});
