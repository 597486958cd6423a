/** Two benches of one cluster: never two on a node, and never more nodes without their agent than is allowed, whoever wants it. */
import { expect, test } from "vitest";
import { describeAway } from "./away.ts";
import { eventually, throughout } from "./eventually.ts";

const LONG = { timeout: 900_000 };
const DONE = { kind: "done", exitCode: 0 };
/** Longer than all that a bench waits for another one. */
const PATIENT = { wishSeconds: 600 };

describeAway("two benches", ["contested", "shared"], ({ beginAway }) => {
  test("one node is for one bench: another is refused, and disturbs nothing", LONG, async () => {
    const away = await beginAway("contested", PATIENT);
    const { setting } = away;
    const second = await away.second({ bench: "contested-2" });
    // What its node pod sees is that the agent is off; it is not off for it.
    second.turn.end();
    expect(await second.bench.outcome()).toEqual({
      kind: "refused",
      why: expect.stringContaining("another bench has the node: contested since "),
    });
    expect(setting.agentRuns(setting.node)).toBe(false);
    away.turn.end();
    await away.back("another bench wants the node, and is refused", "the first one's turn's end");
    expect(await away.outcome()).toEqual(DONE);
  });

  test("no more nodes than allowed are without their agent", LONG, async () => {
    const away = await beginAway("shared", { ...PATIENT, nodes: [{}, {}], maxUnprotected: 1 });
    const { setting } = away;
    const [, other] = setting.kubelets;
    if (other === undefined) throw new Error("there is no second node");
    const second = await away.second({ bench: "shared-2", nodes: setting.benchedNodes.slice(1) });
    await second.bench.says(/as many nodes as may be are without an agent: shared/);
    await throughout(5, async () => {
      expect(setting.agentRuns(other)).toBe(true);
      await Promise.resolve();
    });
    away.turn.end();
    await away.back("another bench waits for the only slot", "the turn's end");
    await eventually("the second bench's turn", async () => {
      if (!second.turn.isBegun) throw new Error(await second.bench.lastWords());
    });
    expect(setting.agentRuns(other)).toBe(false);
    expect(setting.agentRuns(setting.node)).toBe(true);
    second.turn.end();
    expect(await second.bench.outcome()).toEqual(DONE);
    expect(await away.outcome()).toEqual(DONE);
  });
});
