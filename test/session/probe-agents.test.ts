/** What the record's header says of each agent before anything is started. */
import { expect, test } from "vitest";
import { probeAgents } from "../../src/session/probe-agents.ts";
import { agentNamed } from "../support/agent-named.ts";
import { FakeHost } from "../support/fake-host.ts";
import { SCENARIO } from "../run/fake-run.ts";

const host = new FakeHost({ programs: { fatrace: "/usr/bin/fatrace" } });
const statusOn = async (filesOn: "disk" | "tmpfs") =>
  (await probeAgents({ host }, [agentNamed("fatrace")], { scenarios: [SCENARIO], filesOn }))[0];

test("a status tells what the agent does not see of the run's workloads by design", async () => {
  expect(await statusOn("tmpfs")).toMatchObject({
    id: "fatrace",
    status: "measured",
    blindTo: [{ scenario: "file-open", extent: "all" }],
  });
  expect(await statusOn("disk")).toMatchObject({ blindTo: [{ scenario: "file-open", extent: "some" }] });
});

test("one that sees every event has nothing to tell, and one that cannot run says why", async () => {
  const [status] = await probeAgents({ host }, [agentNamed("opensnoop@libbpf")], {
    scenarios: [SCENARIO],
    filesOn: "disk",
  });
  expect(status).not.toHaveProperty("blindTo");
  expect(status).toMatchObject({
    status: "skipped",
    reason: "opensnoop is not installed",
    hint: "run: tare agents install opensnoop",
  });
});

test("a status tells what the agent is in a run, and what a calibration agent injects", async () => {
  const statuses = await probeAgents(
    { host },
    [
      "baseline",
      "fatrace",
      "calibration-cost@budget",
      "calibration-loss@open-100",
      "calibration-nothing",
    ].map((id) => agentNamed(id)),
    { scenarios: [SCENARIO], filesOn: "disk" },
  );
  expect(statuses.map(({ role, injects }) => [role, injects])).toEqual([
    ["baseline", undefined],
    ["sensor", undefined],
    ["calibration", { kind: "cost", doseNs: { exec: 50_000, file: 5000, network: 10_000 } }],
    ["calibration", { kind: "loss", every: 100 }],
    ["calibration", { kind: "nothing" }],
  ]);
});

test("a status tells what the agent's counter counts of each scenario, and whether the user named it", async () => {
  const [auditd, sensor, strace] = await probeAgents(
    { host },
    ["auditd@dropping", "sensor", "strace"].map((id) => agentNamed(id)),
    { scenarios: [SCENARIO], filesOn: "disk" },
    new Set(["sensor"]),
  );
  expect(auditd?.lossCounter).toEqual({
    unit: "records",
    scope: "node",
    perEvent: { "file-open": [1, 5] },
    span: "window",
  });
  expect(sensor).toMatchObject({ lossCounter: { unit: "events", perEvent: {} }, named: true });
  expect(strace).not.toHaveProperty("lossCounter");
  expect(strace).not.toHaveProperty("named");
});
