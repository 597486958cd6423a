/** How far the nodes of a bench are, by the lines of their records. */
import type { Heard } from "../../k8s/collect/collect.ts";
import { formatNumberOf } from "../../report/format.ts";

export interface NodeProgress {
  blocks: number;
  /** Undefined before its record has begun. */
  planned: number | undefined;
  timeBudgetSeconds: number | undefined;
  beganMs: number | undefined;
  isOver: boolean;
}

export const createProgress = (now: () => number, forecastSeconds: number | undefined) => {
  const nodes = new Map<string, NodeProgress>();
  const began = now();
  const of = (node: string): NodeProgress => {
    const known = nodes.get(node) ?? {
      blocks: 0,
      planned: undefined,
      timeBudgetSeconds: undefined,
      beganMs: undefined,
      isOver: false,
    };
    nodes.set(node, known);
    return known;
  };
  return {
    of,
    hear: (node: string, heard: Heard): void => {
      if (heard.kind === "record") for (const text of heard.texts) take(of(node), text, now());
    },
    over: (node: string): void => {
      of(node).isOver = true;
    },
    /** Seconds; undefined where nothing tells. */
    left: (): number | undefined => {
      const each = [...nodes.values()].map((node) => leftOf(node, now()));
      const known = each.filter((seconds) => seconds !== undefined);
      if (known.length === each.length && known.length > 0) return Math.max(...known);
      return forecastSeconds === undefined
        ? undefined
        : Math.max(0, ...known, forecastSeconds - (now() - began) / 1000);
    },
    text: (): string => {
      const all = [...nodes];
      const over = all.filter(([, { isOver }]) => isOver).length;
      return `${over} of ${formatNumberOf(all.length, "node")} done`;
    },
    /** What each of those is at that has begun and not ended. */
    doings: (): string =>
      [...nodes]
        .flatMap(([name, { blocks, planned, isOver }]) =>
          isOver || planned === undefined ? [] : [`${name}: ${blocksText(blocks, planned)}`],
        )
        .join(", "),
  };
};

export const blocksText = (blocks: number, planned: number): string =>
  planned === 0 ? "no blocks planned" : `block ${Math.min(blocks + 1, planned)} of ${planned}`;

/** As far as it matters here; whoever reads the record checks it. */
interface Line {
  readonly type?: string;
  readonly plan?: { readonly blocks?: readonly unknown[]; readonly timeBudgetSeconds?: number };
}

const take = (node: NodeProgress, text: string, now: number): void => {
  const line = JSON.parse(text) as Line;
  if (line.type === "header") {
    node.planned = line.plan?.blocks?.length ?? 0;
    node.timeBudgetSeconds = line.plan?.timeBudgetSeconds;
    node.beganMs = now;
  }
  if (line.type === "block") node.blocks += 1;
};

/** A block takes as long as those before; none begins that would end behind the time budget. */
const leftOf = (
  { blocks, planned, timeBudgetSeconds, beganMs, isOver }: NodeProgress,
  now: number,
): number | undefined => {
  if (isOver) return 0;
  if (planned === undefined || beganMs === undefined || blocks === 0) return undefined;
  const gone = (now - beganMs) / 1000;
  const byBlocks = ((planned - blocks) * gone) / blocks;
  return timeBudgetSeconds === undefined
    ? byBlocks
    : Math.max(0, Math.min(byBlocks, timeBudgetSeconds - gone));
};
