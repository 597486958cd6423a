/**
 * The sensor's speed goals against what it reaches, on one run with whichever peers this node has. Enables audit, so nothing else may own it.
 */
import { SENSOR, type SensorCosts, measureCosts } from "./sensor-cost.ts";
import type { Estimate } from "./bootstrapped.ts";
import { measureFloors } from "./sensor-floor.ts";
import { type Rate, measureLosses, measureMemory, measureRates, measureTax } from "./sensor-loops.ts";
import type { Print } from "./shared.ts";

const FULL = {
  /** With all three peers 8 blocks take 300 s, and an interval 10 blocks. */
  costSeconds: 420,
  floorRounds: 10,
  floorSeconds: 0.3,
  rateRounds: 20,
  lossSeconds: 30,
  memorySeconds: 5,
  taxRounds: 12,
  taxSeconds: 0.3,
};
const QUICK: typeof FULL = {
  costSeconds: 60,
  floorRounds: 2,
  floorSeconds: 0.2,
  rateRounds: 4,
  lossSeconds: 3,
  memorySeconds: 1,
  taxRounds: 2,
  taxSeconds: 0.1,
};
/** A tax that an interval leaves room for up to here counts as not measurable. */
const GOAL = { ofPeer: 0.5, ofFloor: 1.25, memoryMebibytes: 10, tax: 1.05 } as const;
/** Millions of opens that a second of one core makes into events and writes. */
const RATE_GOALS = { json: 3, protobuf: 6 } as const satisfies Record<Rate["format"], number>;

export default {
  id: "sensor",
  title:
    "the eBPF sensor beside its peers and its floor (about 17 minutes; with --quick 3, too few blocks for intervals)",
  run: async (print: Print, { quick }: { readonly quick: boolean }): Promise<void> => {
    const size = quick ? QUICK : FULL;
    const costs = await measureCosts(size.costSeconds);
    printCosts(print, costs);
    const rows = [
      ...costRows(costs),
      ...(await floorRows(print, size)),
      ...(await rateRows(size.rateRounds)),
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
    for (const agent of [SENSOR, ...costs.peers]) {
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
    : [goal, ratio.value.toFixed(2), intervalOf(ratio, 2), String(ratio.blocks), verdictBelow(limit, ratio)];

const aimlessRow = (what: string, ratio: Estimate): Row => [
  what,
  ratio.value.toFixed(2),
  intervalOf(ratio, 2),
  String(ratio.blocks),
  "no goal: an event has fields",
];

const costRows = (costs: SensorCosts): readonly Row[] =>
  costs.scenarios.map((scenario) => {
    const [cheapest] = costs.peers
      .flatMap((peer) => {
        const added = costs.added(peer, scenario);
        return added === undefined ? [] : [{ peer, value: added.value }];
      })
      .sort((a, b) => a.value - b.value);
    if (cheapest === undefined)
      return [`${scenario}: of the cheapest peer`, "-", "-", "-", "no peer runs here"];
    return ratioRow(
      `${scenario}: at most ${GOAL.ofPeer} of ${cheapest.peer}, the cheapest peer`,
      GOAL.ofPeer,
      costs.ratio(SENSOR, cheapest.peer, scenario),
    );
  });

/** In the caller alone, where the programs run, and with the loader, which reads the ring and makes lines. */
const floorRows = async (print: Print, size: typeof FULL): Promise<readonly Row[]> => {
  const rows = await measureFloors(size.floorRounds, size.floorSeconds);
  print("  as fast as one CPU goes: CPU time added to a call, ns");
  for (const { family, state, caller, whole } of rows) {
    const said = (estimate: Estimate): string =>
      `${estimate.value.toFixed(0).padStart(8)} ${intervalOf(estimate, 0).padEnd(18)}`;
    print(`    ${family.padEnd(8)} ${state.padEnd(9)} caller ${said(caller)} with the loader ${said(whole)}`);
  }
  return rows
    .filter(({ state }) => state === "counting" || state === "writing")
    .flatMap(({ family, state, callerOfFloor, wholeOfFloor, callerOfBare, wholeOfBare }) => {
      const goal = `${family}: at most ${GOAL.ofFloor} x the floor, ${state},`;
      const old = `${family}: of a bare submit that reads nothing, ${state},`;
      return [
        ratioRow(`${goal} caller`, GOAL.ofFloor, callerOfFloor),
        ratioRow(`${goal} with the loader`, GOAL.ofFloor, wholeOfFloor),
        aimlessRow(`${old} caller`, callerOfBare),
        aimlessRow(`${old} with the loader`, wholeOfBare),
      ];
    });
};

const rateRows = async (rounds: number): Promise<readonly Row[]> =>
  (await measureRates(rounds)).map(({ format, perSecond: { value, low, high, blocks } }): Row => {
    const goal = RATE_GOALS[format];
    const millions = (rate: number): string => (rate / 1e6).toFixed(1);
    return [
      `file: at least ${goal} million opens/s of one core to ${format}`,
      millions(value),
      low === null || high === null ? "too few rounds" : `[${millions(low)}, ${millions(high)}]`,
      `${blocks} rounds`,
      low === null || high === null
        ? "open: too few rounds"
        : low / 1e6 >= goal
          ? "reached"
          : high / 1e6 < goal
            ? "missed"
            : "open: the interval holds the goal",
    ];
  });

const memoryRows = async (seconds: number): Promise<readonly Row[]> => {
  const { all, rings } = await measureMemory(seconds);
  const goal = `PSS at most ${GOAL.memoryMebibytes} MiB in all, with the families and rings that are the default`;
  return [
    [goal, `${all.toFixed(1)} MiB`, "-", "1", all <= GOAL.memoryMebibytes ? "reached" : "missed"],
    ["of that, the kernel's rings (--ring-bytes)", `${rings.toFixed(1)} MiB`, "-", "1", "no goal"],
  ];
};

const lossRows = async (size: typeof FULL): Promise<readonly Row[]> =>
  (await measureLosses(size.lossSeconds)).map(({ family, perSecond, seen, lost, written }): Row => [
    `${family}: no loss in ${size.lossSeconds} s at ${perSecond.toFixed(0)} calls/s of one CPU, default ring`,
    `${lost} lost`,
    "-",
    String(seen),
    lost === 0 && written === seen ? "reached" : `missed: ${written} of ${seen} written`,
  ]);

const taxRows = async (size: typeof FULL): Promise<readonly Row[]> =>
  (await measureTax(size.taxRounds, size.taxSeconds)).map(({ what, asksNoOther, ratio }): Row => {
    const { low, high } = ratio;
    const verdict =
      low === null || high === null
        ? "open: too few rounds"
        : low > 1
          ? "missed: measurable"
          : high <= GOAL.tax
            ? "reached"
            : "open: the interval is too wide";
    return [
      `getppid with ${what}, x without`,
      ratio.value.toFixed(3),
      intervalOf(ratio, 3),
      `${ratio.blocks} rounds`,
      asksNoOther ? verdict : "no goal: a hook of every call",
    ];
  });
