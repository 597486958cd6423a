/** In which order the boots of a count are done, and how long what is left of them takes. */
import type { Block } from "../../domain/plan.ts";
import { agentOf } from "../../count/plan.ts";

/** Of the gate's boot of an agent, milliseconds. */
export type GateMs = (agent: string) => number;

/** An agent's first boot has the phases too, and is the longest of its own: then no CPU waits for it at the end. */
export const longestFirst = (blocks: readonly Block[], gateMs: GateMs): readonly Block[] =>
  blocks.toSorted((a, b) => gateMs(agentOf(b)) - gateMs(agentOf(a)) || a.index - b.index);

export interface BootsLeft {
  /** `ms`: undefined where the boot had been done before, and took no time. */
  done(block: Block, ms: number | undefined): void;
  /** Milliseconds, with so many boots side by side; undefined before one was done. */
  ms(): number | undefined;
}

/**
 * At the pace of the boots that are done: an agent's own where there are some, else as much slower than its gate's
 * boot as those of the others were than theirs.
 */
export const bootsLeft = (blocks: readonly Block[], gateMs: GateMs, jobs: number): BootsLeft => {
  const left = new Set(blocks);
  const took = new Map<string, number[]>();
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    done: (block, ms) => {
      left.delete(block);
      if (ms !== undefined) took.set(agentOf(block), [...(took.get(agentOf(block)) ?? []), ms]);
    },
    ms: () => {
      if (took.size === 0) return left.size === 0 ? 0 : undefined;
      const slower = mean([...took].map(([agent, own]) => mean(own) / gateMs(agent)));
      const each = [...left].map((block) => {
        const own = took.get(agentOf(block));
        return own === undefined ? gateMs(agentOf(block)) * slower : mean(own);
      });
      return each.reduce((sum, ms) => sum + ms, 0) / Math.min(jobs, Math.max(1, left.size));
    },
  };
};
