/** What may be attached by which name, and services that must not be touched, on a node made of data. */
import { describe, expect, test } from "vitest";
import { differences } from "../../src/agents/attached/service.ts";
import { systemdUnit } from "../../src/agents/attached/systemd-unit.ts";
import { findTarget } from "../../src/agents/attached/target.ts";
import FALCO from "../../src/agents/falco.ts";
import { findAttached } from "../../src/session/attached.ts";
import { AGENTS, contextOf, doings, hostOf, node, show } from "./fake-unit.ts";

describe("a target", () => {
  const targetOf = async (target: string, host = hostOf(node())): Promise<unknown> => {
    const { service, known } = await findTarget(host, target, AGENTS);
    return [service.title, known?.id];
  };

  test.each([
    ["auditd", ["the unit auditd.service", "auditd@blocking"]],
    ["auditd.service", ["the unit auditd.service", "auditd@blocking"]],
    ["my-sensor", ["the unit my-sensor.service", undefined]],
    ["collect@edr.service", ["the unit collect@edr.service", undefined]],
    ["docker:falco", ["docker's container falco", undefined]],
    ["podman:auditd", ["podman's container auditd", "auditd@blocking"]],
    ["daemonset:kube-system/auditd", ["the DaemonSet kube-system/auditd", "auditd@blocking"]],
    ["daemonset:agents/my-edr", ["the DaemonSet agents/my-edr", undefined]],
  ])("%s is understood", async (target, found) => {
    expect(await targetOf(target)).toEqual(found);
  });

  test.each([
    ["docker:", /neither a unit nor a container/],
    ["kubectl:pod", /neither a unit nor a container/],
    ["docker:-v", /neither a unit nor a container/],
    ["--now", /neither a unit nor a container/],
    ["daemonset:tetragon", /no DaemonSet can be called that/],
    ["daemonset:kube-system/", /no DaemonSet can be called that/],
    ["a b", /neither a unit nor a container/],
  ])("%s is refused", async (target, message) => {
    await expect(targetOf(target)).rejects.toThrow(message);
  });

  test("by another name of the unit is the agent that it runs, as Falco's package calls it", async () => {
    const agents = new Map(FALCO.variants.map((agent) => [agent.id, agent]));
    const host = hostOf(node({ properties: { Id: "falco-modern-bpf.service" } }));
    const { service, known } = await findTarget(host, "falco.service", agents);
    expect([service.title, known?.id]).toEqual(["the unit falco.service", "falco@everything"]);
  });

  test("that is an agent whose unit the node lacks is refused, with what to name instead", async () => {
    const host = hostOf(node({ properties: { LoadState: "not-found" } }));
    await expect(targetOf("auditd", host)).rejects.toThrow(/none of the units of auditd is on this node/);
  });
});

describe("a service that must not be touched", () => {
  test.each([
    ["not there", { LoadState: "not-found" }, [], /has auditd\.service as "not-found"/],
    ["on its way", { ActiveState: "activating" }, [], /is activating/],
    ["not to be stopped by hand", { CanStop: "no" }, [], /does not let itself be stopped/],
    [
      "started again by a socket",
      { TriggeredBy: "auditd.socket" },
      ["auditd.socket"],
      /started again by auditd\.socket/,
    ],
    [
      "needed by another",
      { RequiredBy: "laurel.service", ConsistsOf: "x.service" },
      ["laurel.service"],
      /would also stop laurel\.service/,
    ],
  ])("because it is %s is refused before anything is done", async (_, properties, others, message) => {
    const host = hostOf(node({ properties, others }));
    const found = findAttached(contextOf(host), ["auditd.service"], AGENTS);
    await expect(found).rejects.toMatchObject({
      kind: "host-unfit",
      message: expect.stringMatching(message) as string,
    });
    expect(doings(host)).toEqual([]);
  });

  test("is not one whose companion stops with it and is brought back by its start; the companion is compared", async () => {
    // As the vendor's units have it: falco-modern-bpf wants falcoctl-artifact-follow, which is a part of it.
    const companion = "falcoctl-artifact-follow.service";
    const properties = { ConsistsOf: companion, Wants: `${companion} network.target` };
    const state = node({ properties, others: [companion] });
    expect(await findAttached(contextOf(hostOf(state)), ["auditd.service"], AGENTS)).toHaveLength(1);
    const unit = systemdUnit("auditd.service");
    const before = await unit.state(hostOf(state));
    expect(before).toMatchObject({
      value: { obstacle: undefined, identity: { enablement: "enabled", [companion]: "active" } },
    });
    const after = await unit.state(hostOf(node({ properties })));
    if (before.kind !== "value" || after.kind !== "value") throw new Error("no state");
    expect(differences("x", before.value, after.value)).toEqual([`x: ${companion} is inactive, was active`]);
  });

  test("is not one that has dependents which do not run", async () => {
    const host = hostOf(node({ properties: { RequiredBy: "laurel.service", TriggeredBy: "auditd.socket" } }));
    expect(await findAttached(contextOf(host), ["auditd"], AGENTS)).toHaveLength(1);
  });

  test("is one that was named already", async () => {
    const named = findAttached(contextOf(hostOf(node())), ["auditd", "auditd.service"], AGENTS);
    await expect(named).rejects.toThrow(/a second time/);
  });

  test("is audit with locked rules", async () => {
    const host = hostOf(node(), {
      answer: (_, args) => ({ stdout: args[0] === "-s" ? "enabled 2\n" : show(node()) }),
    });
    await expect(findAttached(contextOf(host), ["auditd"], AGENTS)).rejects.toThrow(/locked/);
  });
});
