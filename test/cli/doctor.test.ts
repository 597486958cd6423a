/** What runs on the node already is named by the agent that it is, with the way to measure it. */
import { expect, test } from "vitest";
import { attachableAmong } from "../../src/cli/commands/doctor.ts";
import { loadFolder } from "../../src/host/load-folder.ts";
import type { Agent } from "../../src/domain/agent.ts";
import { join } from "node:path";
import { ROOT } from "../support/agent-session.ts";

test("holders of BPF programs are agents that --attach knows, or are none", async () => {
  const agents = await loadFolder<Agent>(join(ROOT, "src/agents"));
  const names = ["tetragon", "falco", "osqueryd", "systemd", "my-probe", "falco"];
  expect(attachableAmong(names, agents).toSorted()).toEqual(["falco", "osquery", "tetragon"]);
  expect(attachableAmong([], agents)).toEqual([]);
});
