/** Whatever fails of a cluster while an agent is away from its node: it ends Ready, and the record is kept. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { describeAway } from "./away.ts";
import type { Part } from "./control-plane.ts";
import { eventually } from "./eventually.ts";
import { PATHS } from "./paths.ts";
import { stopwatch } from "./told.ts";

const NAMES = ["silent", "gone", "unheard", "halted", "unscheduled", "unmade", "rolled"] as const;
const LONG = { timeout: 900_000 };
const DONE = { kind: "done", exitCode: 0 };

describeAway("a cluster that fails under a bench", NAMES, ({ plane, beginAway }) => {
  test("the kubelet dies and comes back", LONG, async () => {
    const away = await beginAway("silent");
    const { node } = away.setting;
    await node.die();
    await away.bench.says(/the kubelet has not answered/);
    await node.restart();
    await away.back("kubelet dead for two minutes", "its start");
    expect(await away.outcome()).toMatchObject({ kind: "done" });
  });

  test("the node is gone", LONG, async () => {
    const away = await beginAway("gone");
    const { node, admin } = away.setting;
    const seconds = stopwatch();
    await node.fail();
    await admin.delete(PATHS.nodes(node.name));
    expect(await away.outcome()).toEqual({ kind: "node-gone" });
    await away.nothingLeft();
    away.toldOf({
      what: `node gone (nothing left after ${seconds()} s)`,
      since: "that",
      agentReadySeconds: null,
    });
  });

  const withoutPart = async (part: Part, meanwhile: () => Promise<void>): Promise<void> => {
    await plane().killPart(part);
    try {
      await meanwhile();
    } finally {
      await plane().startPart(part);
    }
  };

  test("the API server is away for longer than the hold", LONG, async () => {
    const away = await beginAway("unheard", { holdSeconds: 30 });
    await withoutPart("kube-apiserver", async () => {
      await sleep(60_000);
    });
    await away.back("API server away for a minute, hold of 30 s", "its return");
    expect(await away.outcome()).toMatchObject({ kind: "done" });
  });

  test("the API server stands still, and its connections stay open", LONG, async () => {
    const away = await beginAway("halted");
    plane().halt("kube-apiserver");
    try {
      await sleep(25_000);
    } finally {
      plane().resume("kube-apiserver");
    }
    away.turn.end();
    await away.back("API server stands still for 25 s, connections open", "its return");
    expect(await away.outcome()).toMatchObject({ kind: "done" });
  });

  test("the scheduler is away when the agent is to come back", LONG, async () => {
    const away = await beginAway("unscheduled");
    await withoutPart("kube-scheduler", async () => {
      away.turn.end();
      await eventually("the hold gone", async () => {
        if ((await away.bench.pods("hold")).length > 0) throw new Error("it is there");
      });
    });
    await away.back("scheduler away when the hold goes", "its return");
    expect(await away.outcome()).toEqual(DONE);
  });

  test("the controller manager is away when the agent is to come back", LONG, async () => {
    const away = await beginAway("unmade");
    await withoutPart("kube-controller-manager", async () => {
      away.turn.end();
      await eventually("the agent without a pod", async () => {
        if ((await away.setting.agentPods(away.setting.node.name)).length > 0) throw new Error("it has one");
      });
    });
    await away.back("controller manager away when the hold goes", "its return");
    expect(await away.outcome()).toEqual(DONE);
  });

  test("the agent's owner rolls it out anew", LONG, async () => {
    const away = await beginAway("rolled");
    const { admin } = away.setting;
    await admin.patch(PATHS.daemonSets("rolled", "agent"), {
      spec: { template: { metadata: { annotations: { "tare.test/changed": "yes" } } } },
    });
    await away.bench.says(/the agent has changed/);
    await away.back("agent rolled out anew by its owner", "that was seen");
    expect(await away.outcome()).toMatchObject({ kind: "done" });
  });
});
