/**
 * The sensor's speed goals against what it reaches, on one run with whichever rivals this node has. Enables audit, so nothing else may own it.
 */
import { measureCosts } from "./sensor-cost.ts";
import type { SensorCosts } from "./sensor-cost.ts";
import type { Estimate } from "./bootstrapped.ts";
import { measureLosses, measureMemory, measureTax } from "./sensor-loops.ts";
import { COUNTING, FLOOR, SENSOR } from "./sensor-rivals.ts";

type Print = (line: string) => void;

const FULL = { costSeconds: 400, lossSeconds: 30, memorySeconds: 5, taxRounds: 10, taxSeconds: 0.3 } as const;
const QUICK = { costSeconds: 60, lossSeconds: 3, memorySeconds: 1, taxRounds: 2, taxSeconds: 0.1 } as const;
const GOAL = { ofRival: 0.5, ofFloor: 1.5, memoryMebibytes: 8 } as const;

export default {
  id: "sensor",
  title:
    "the eBPF sensor beside its rivals and its floor (about 9 minutes; with --quick 2, too few blocks for intervals)",
  run: async (print: Print, { quick }: { readonly quick: boolean }): Promise<void> => {
    const size = quick ? QUICK : FULL;
    const costs = await measureCosts(size.costSeconds);
    printCosts(print, costs);
    const rows = [
      ...costRows(costs),
      ...(await memoryRows(size.memorySeconds)),
      ...(await lossRows(size)),
      ...(await taxRows(size)),
    ];
    print("");
    for (const row of [["goal", "reached", "95 %", "n", "verdict"], ...rows])
      print(`  ${row.map((cell, column) => cell.padEnd(WIDTHS[column] ?? 0)).join(" ")}`.trimEnd());
  },
};

type Row = readonly [goal: string, reached: string, interval: string, n: string, verdict: string];
const WIDTHS = [66, 10, 16, 12];

const intervalOf = ({ low, high }: Estimate, digits: number): string =>
  low === null || high === null ? "too few blocks" : `[${low.toFixed(digits)}, ${high.toFixed(digits)}]`;

const printCosts = (print: Print, costs: SensorCosts): void => {
  for (const reason of costs.absent) print(`  not here: ${reason}`);
  for (const problem of costs.problems) print(`  problem: ${problem}`);
  for (const scenario of costs.scenarios) {
    print(`  ${scenario}: system CPU time added to an operation, ns`);
    for (const agent of [FLOOR, COUNTING, SENSOR, ...costs.rivals]) {
      const added = costs.added(agent, scenario);
      const delivered = costs.delivered(agent, scenario);
      const events =
        delivered === undefined ? "events not counted" : `${delivered.events} of ${delivered.of} events`;
      const said =
        added === undefined
          ? "not measured"
          : `${added.value.toFixed(0).padStart(8)} ${intervalOf(added, 0).padEnd(18)} ${added.blocks} blocks, ${events}`;
      print(`    ${agent.padEnd(20)} ${said}`);
    }
  }
};

/** Reached when the whole interval is on the good side, missed when none of it is. */
const verdictBelow = (goal: number, { low, high }: Estimate): string => {
  if (low === null || high === null) return "open: too few blocks";
  if (high <= goal) return "reached";
  return low > goal ? "missed" : "open: the interval holds the goal";
};

const ratioRow = (goal: string, limit: number, ratio: Estimate | undefined): Row =>
  ratio === undefined
    ? [goal, "-", "-", "-", "not measured"]
    : [
        goal,
        ratio.value.toFixed(2),
        intervalOf(ratio, 2),
        `${ratio.blocks} blocks`,
        verdictBelow(limit, ratio),
      ];

const costRows = (costs: SensorCosts): readonly Row[] =>
  costs.scenarios.flatMap((scenario) => {
    const [cheapest] = costs.rivals
      .flatMap((rival) => {
        const added = costs.added(rival, scenario);
        return added === undefined ? [] : [{ rival, value: added.value }];
      })
      .sort((a, b) => a.value - b.value);
    return [
      cheapest === undefined
        ? ([`${scenario}: of the cheapest rival`, "-", "-", "-", "no rival runs here"] as const)
        : ratioRow(
            `${scenario}: at most ${GOAL.ofRival} of ${cheapest.rival}, the cheapest rival`,
            GOAL.ofRival,
            costs.ratio(SENSOR, cheapest.rival, scenario),
          ),
      ratioRow(
        `${scenario}: at most ${GOAL.ofFloor} x the floor, counting only`,
        GOAL.ofFloor,
        costs.ratio(COUNTING, FLOOR, scenario),
      ),
      ratioRow(
        `${scenario}: at most ${GOAL.ofFloor} x the floor, writing JSON Lines`,
        GOAL.ofFloor,
        costs.ratio(SENSOR, FLOOR, scenario),
      ),
    ];
  });

const memoryRows = async (seconds: number): Promise<readonly Row[]> => {
  const { all, rings } = await measureMemory(seconds);
  const own = all - rings;
  const goal = `PSS under ${GOAL.memoryMebibytes} MiB, all families, without the kernel's rings that it maps`;
  const ringsAre = `the same with its ${rings.toFixed(1)} MiB of rings (--ring-bytes)`;
  return [
    [goal, `${own.toFixed(1)} MiB`, "-", "1", own < GOAL.memoryMebibytes ? "reached" : "missed"],
    [ringsAre, `${all.toFixed(1)} MiB`, "-", "1", "no goal: what bounds the kernel's memory"],
  ];
};

const lossRows = async (size: typeof FULL | typeof QUICK): Promise<readonly Row[]> =>
  (await measureLosses(size.lossSeconds)).map(({ family, perSecond, seen, lost, written }): Row => [
    `${family}: no loss in ${size.lossSeconds} s at ${perSecond.toFixed(0)} calls/s of one CPU, 8 MiB ring`,
    `${lost} lost`,
    "-",
    String(seen),
    lost === 0 && written === seen ? "reached" : `missed: ${written} of ${seen} written`,
  ]);

const taxRows = async (size: typeof FULL | typeof QUICK): Promise<readonly Row[]> =>
  (await measureTax(size.taxRounds, size.taxSeconds)).map(({ what, asksNoOther, ratio }): Row => {
    const { low, high } = ratio;
    const measurable = low === null || high === null ? undefined : low > 1 || high < 1;
    const verdict =
      measurable === undefined ? "open: too few rounds" : measurable ? "missed: measurable" : "reached";
    return [
      `getppid with ${what}, x without`,
      ratio.value.toFixed(3),
      intervalOf(ratio, 3),
      `${ratio.blocks} rounds`,
      asksNoOther ? verdict : "no goal: a hook of every call",
    ];
  });
