import { describe, expect, test } from "vitest";
import { agentOf } from "../../../src/count/plan.ts";
import { bootsLeft, longestFirst } from "../../../src/cli/count/schedule.ts";
import type { Block } from "../../../src/domain/plan.ts";

const blockOf = (agent: string, index: number): Block => ({
  index,
  turns: ["baseline", agent, "baseline"].map((id, turn) => ({
    id: `${index}-${turn}`,
    agent: id,
    trials: [],
  })),
});
/** In the order of the plan, as agents are named. */
const BLOCKS = ["quick", "quick", "slow", "slow"].map(blockOf);
const gateMs = (agent: string): number => (agent === "slow" ? 30_000 : 10_000);

describe("boots side by side", () => {
  test("begin with the agent that takes longest, and within an agent with the first, which has the phases", () => {
    expect(longestFirst(BLOCKS, gateMs).map(({ index }) => index)).toEqual([2, 3, 0, 1]);
  });

  test("have no time left that is known before one was done, nor after all were as before", () => {
    const left = bootsLeft(BLOCKS, gateMs, 2);
    expect(left.ms()).toBeUndefined();
    for (const block of BLOCKS) left.done(block, undefined);
    expect(left.ms()).toBe(0);
  });

  test("take what the agent's own took, and as much more than the gate where none was done", () => {
    const left = bootsLeft(BLOCKS, gateMs, 2);
    const [, , slow, other] = BLOCKS as [Block, Block, Block, Block];
    expect(agentOf(slow)).toBe("slow");
    left.done(slow, 60_000);
    // The other slow one as this one, the two quick ones twice their gate's; on two CPUs.
    expect(left.ms()).toBe((60_000 + 2 * 20_000) / 2);
    left.done(other, 80_000);
    expect(left.ms()).toBeCloseTo((2 * 10_000 * (70 / 30)) / 2);
  });

  test("use no more CPUs than there are boots left", () => {
    const left = bootsLeft(BLOCKS.slice(2), gateMs, 8);
    left.done(BLOCKS[2] as Block, 60_000);
    expect(left.ms()).toBe(60_000);
  });
});
